"""Django's own way to sign in; who a session belongs to is read through the cache."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from apps.chat.identity import user_of


class Backend(ModelBackend):
    """Password, permissions and `is_active` are Django's."""

    def get_user(self, user_id: Any) -> Any:
        """Return the user who may sign in, or None. No query for one that was read lately."""
        user = user_of(int(user_id))
        return user if user is not None and self.user_can_authenticate(user) else None
