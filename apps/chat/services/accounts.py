"""Who can sign in: sign-up with the site's password rules."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.chat.exceptions import ConflictError, ForbiddenError, InvalidError
from apps.chat.models import User
from apps.chat.policy import chat


def sign_up(*, username: str, password: str) -> int:
    """Create a user and return its id; raise ForbiddenError when sign-up is off, InvalidError or ConflictError.

    Blocks for the password hash (about 0.2 s of CPU).
    """
    if not chat.current.has_sign_up:
        raise ForbiddenError("Sign-up is closed here; ask the staff for an account.")
    user = User(username=User.normalize_username(username))
    _check(user, password)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise ConflictError("username: this name is taken.") from None
    return int(user.pk)


def _check(user: User, password: str) -> None:
    try:
        user.clean_fields(exclude={"password"})
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidError(field, " ".join(messages)) from None
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidError("password", " ".join(error.messages)) from None
