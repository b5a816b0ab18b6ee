"""The token in forms. A finished page has a placeholder where it belongs, and each reader is given one of their own.

The placeholder is random: what people write never happens to be one, so no message can have a token put into it.
"""

import os
import secrets
import string
from functools import lru_cache
from hashlib import blake2b

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token

ALPHABET = string.ascii_letters + string.digits  # the alphabet and the form are those of Django's middleware
SECRET_CHARACTERS, TOKEN_CHARACTERS = 32, 64
RANDOM_BYTES, FAIR = 96, 248  # bytes from 248 on would make some letters likelier
_place = {character: place for place, character in enumerate(ALPHABET)}
_letter_of_byte = {byte: byte % len(ALPHABET) for byte in range(FAIR)}


def form_token(request: HttpRequest) -> str:
    """Return what a form is to hold: a placeholder of the token's length, where the reader has a cookie to match it.

    Without one it is a real token, and the answer sets the cookie.
    """
    if not secret_of(request):
        return get_token(request)
    found: str = request.META.setdefault("FORM_PLACEHOLDER", secrets.token_hex(TOKEN_CHARACTERS // 2))
    return found


def placeholder_of(request: HttpRequest) -> bytes:
    """Return the placeholder that was given out for the request, empty for none."""
    return str(request.META.get("FORM_PLACEHOLDER", "")).encode()


def secret_of(request: HttpRequest) -> str:
    """Return the secret in the reader's cookie, empty where it is about to be set anew."""
    return "" if request.META.get("CSRF_COOKIE_NEEDS_UPDATE") else usable(request.META.get("CSRF_COOKIE") or "")


def usable(cookie: str) -> str:
    """Return the cookie's value if it is a secret as the middleware makes them, else nothing."""
    is_plain = cookie.isascii() and cookie.isalnum() and len(cookie) == SECRET_CHARACTERS
    return cookie if is_plain else ""


def masked(secret: str) -> str:
    """Return the secret as a form carries it: different each time, as the middleware's own."""
    mask = [_letter_of_byte[byte] for byte in os.urandom(RANDOM_BYTES) if byte < FAIR][:SECRET_CHARACTERS]
    while len(mask) < SECRET_CHARACTERS:
        mask.append(secrets.randbelow(len(ALPHABET)))
    hidden = [ALPHABET[(_place[one] + by) % len(ALPHABET)] for one, by in zip(secret, mask, strict=True)]
    return "".join([*(ALPHABET[by] for by in mask), *hidden])


def personal_etag(etag: bytes, secret: str) -> bytes:
    """Return a weak ETag that is good for as long as tokens of this secret are."""
    return b'W/%b-%b"' % (etag.removeprefix(b"W/")[:-1], _name(secret, settings.SECRET_KEY))


@lru_cache(maxsize=4096)
def _name(secret: str, key: str) -> bytes:
    return blake2b(secret.encode(), key=key.encode()[:64], digest_size=6).hexdigest().encode()
