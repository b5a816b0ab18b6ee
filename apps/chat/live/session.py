"""Who is at the other end of a socket: Django's session cookie, its user, and the page's origin."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http.request import validate_host
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import is_same_domain

from apps.chat.models import User

Scope = Mapping[str, Any]
IDENTITY_FIELDS = ("pk", "username", "password")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A signed-in user."""

    user_id: int
    name: str


def digest_of(session_key: str) -> str:
    """Return a name for a session that is of no use to whoever reads it on the bus."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


def session_key_of(scope: Scope) -> str:
    """Return the key in the session's cookie, empty without one."""
    cookies: SimpleCookie = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                cookies.load(value.decode("latin-1"))
            except CookieError:
                return ""
    found = cookies.get(settings.SESSION_COOKIE_NAME)
    return found.value if found else ""


def is_origin_allowed(scope: Scope) -> bool:
    """Return whether the page that opened the socket is ours, by the rules of Django's CSRF check.

    Only browsers send an Origin, and they always do; whoever is no browser cannot be misled into lending its cookies.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get(b"origin")
    if origin is None:
        return True
    host = headers.get(b"host", "")
    scheme = "https" if scope.get("scheme") in {"wss", "https"} else "http"
    if is_host_allowed(host) and origin == f"{scheme}://{host}":
        return True
    return origin in settings.CSRF_TRUSTED_ORIGINS or is_below_trusted(origin)


def is_host_allowed(host: str) -> bool:
    """Return whether ALLOWED_HOSTS has the host, whatever its port."""
    name = urlsplit(f"//{host}").hostname or ""
    return validate_host(f"[{name}]" if ":" in name else name, settings.ALLOWED_HOSTS)


def is_below_trusted(origin: str) -> bool:
    """Return whether the origin is a subdomain that CSRF_TRUSTED_ORIGINS allows, as in https://*.chat.example."""
    parts = urlsplit(origin)
    trusted = [urlsplit(one) for one in settings.CSRF_TRUSTED_ORIGINS if "*" in one]
    return any(one.scheme == parts.scheme and is_same_domain(parts.netloc, one.netloc.lstrip("*")) for one in trusted)


def identities(session_keys: Collection[str]) -> dict[str, Identity]:
    """Return who the sessions belong to; those that ended, expired or lost their user are missing. Two queries."""
    opened = {key: data for key, data in opened_sessions(session_keys).items() if is_backend_known(data)}
    users = active_users({str(data[SESSION_KEY]) for data in opened.values()})
    found = {}
    for key, data in opened.items():
        user = users.get(str(data[SESSION_KEY]))
        if user is not None and is_hash_right(user, str(data.get(HASH_SESSION_KEY, ""))):
            found[key] = Identity(user_id=user.pk, name=user.get_username())
    return found


def opened_sessions(session_keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the data of sessions that somebody is signed in with. One query."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    rows = store.get_model_class().objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    sessions = {row.session_key: store().decode(row.session_data) for row in rows}
    return {key: data for key, data in sessions.items() if SESSION_KEY in data}


def active_users(keys: Collection[str]) -> dict[str, User]:
    """Return the users who may sign in, by their id as text. One query."""
    rows = User.objects.filter(pk__in=keys, is_active=True).only(*IDENTITY_FIELDS)
    return {str(user.pk): user for user in rows}


def is_backend_known(data: Mapping[str, Any]) -> bool:
    """Return whether the backend that signed the user in is still one of ours."""
    return data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS


def is_hash_right(user: User, given: str) -> bool:
    """Return whether the session was made with the user's present password, under any key that still counts."""
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(given, one) for one in hashes)
