"""Request keys: one name for all requests that must get the same answer, whichever way each is written."""

from apps.deduplication.keys.body import Body
from apps.deduplication.keys.request import django_key, scope_key

__all__ = ("Body", "django_key", "scope_key")
