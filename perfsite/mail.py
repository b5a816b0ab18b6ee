"""Where alerts go: the mail server from EMAIL_URL, the webhook from its URL and key."""

import base64
import re
from typing import Any
from urllib.parse import SplitResult, unquote

from perfsite.env import Environment, credential, hidden, invalid

PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
SECONDS = 10
KEY_LEAST_BYTES = 24  # the specification's


def mail_url(env: Environment) -> SplitResult | None:
    """Return the mail server's URL, None without one; raise ImproperlyConfigured for one without a host."""
    url = env.url("EMAIL_URL", schemes=tuple(PORTS))
    if url is not None and (not url.hostname or url.path not in {"", "/"} or url.query or url.fragment):
        raise invalid("EMAIL_URL", hidden(url.geturl()), "a URL as in smtp+tls://user:password@mail.example:587")
    if url is None:
        env.requires("ALERT_RECIPIENTS", "EMAIL_URL")
    return url


def mail_settings(url: SplitResult | None) -> dict[str, Any]:
    """Return Django's settings for it; none without a server."""
    if url is None:
        return {}
    return {
        "EMAIL_HOST": unquote(url.hostname or ""),
        "EMAIL_PORT": url.port or PORTS[url.scheme],
        "EMAIL_HOST_USER": credential(url.username),
        "EMAIL_HOST_PASSWORD": credential(url.password),
        "EMAIL_USE_TLS": url.scheme == "smtp+tls",
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_TIMEOUT": SECONDS,
    }


def webhook(env: Environment) -> tuple[str, str]:
    """Return URL and key, empty without; raise ImproperlyConfigured where one of them is missing or wrong."""
    url, key = env.url("ALERT_WEBHOOK_URL", schemes=("http", "https")), env.text("ALERT_WEBHOOK_KEY")
    if url is None:
        env.requires("ALERT_WEBHOOK_KEY", "ALERT_WEBHOOK_URL")
        return "", ""
    if not is_key(key.removeprefix("whsec_")):
        raise invalid("ALERT_WEBHOOK_KEY", "***", f"{KEY_LEAST_BYTES} bytes or more in base64, needed by the webhook")
    return url.geturl(), key


def is_key(text: str) -> bool:
    """Return whether the text is base64 of enough bytes."""
    try:
        return len(base64.b64decode(text, validate=True)) >= KEY_LEAST_BYTES
    except ValueError:
        return False


def is_address(text: str) -> bool:
    """Return whether the text looks like a mail address."""
    return re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+", text) is not None
