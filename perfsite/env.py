"""The environment as typed values: a wrong one stops the start and names its variable."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ON = frozenset({"1", "on", "true", "yes"})
OFF = frozenset({"0", "off", "false", "no"})
WEB = frozenset({"http", "https"})


class Environment:
    """Reads variables from a mapping; an empty value counts as not set."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str = "") -> str:
        """Return the variable as it stands, or the default."""
        return self._variables.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a switch; raise ImproperlyConfigured for a word that is neither on nor off."""
        value = self.text(name).lower()
        if value in ON:
            return True
        if value in OFF:
            return False
        if value:
            raise invalid(name, value, "on or off")
        return default

    def integer(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        """Return a whole number within its bounds; raise ImproperlyConfigured otherwise."""
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,18}", value) or not minimum <= int(value) <= maximum:
            raise invalid(name, value, f"a whole number from {minimum} to {maximum}")
        return int(value)

    def items(
        self,
        name: str,
        default: tuple[str, ...] = (),
        *,
        valid: Callable[[str], bool] = bool,
        expected: str = "",
        is_secret: bool = False,
    ) -> list[str]:
        """Return a comma-separated list without its blanks; raise ImproperlyConfigured for a wrong item.

        A wrong secret is not shown.
        """
        found = [item.strip() for item in self.text(name).split(",") if item.strip()]
        for item in found:
            if not valid(item):
                raise invalid(name, "***" if is_secret else item, expected)
        return found or list(default)

    def url(self, name: str, *, schemes: tuple[str, ...], default: str = "") -> SplitResult | None:
        """Return a parsed URL, None when not set; raise ImproperlyConfigured for a wrong scheme, port or host."""
        value = self.text(name, default)
        if not value:
            return None
        try:
            parts = urlsplit(value)
            parts.port  # noqa: B018  (the property raises for a port that is no number)
        except ValueError:
            raise invalid(name, hidden(value), "a URL") from None
        if parts.scheme not in schemes:
            raise invalid(name, hidden(value), f"a URL that begins with {' or '.join(f'{s}:' for s in schemes)}")
        if parts.scheme in WEB and not parts.hostname:
            raise invalid(name, hidden(value), "a URL with a host")
        return parts

    def contradiction(self, first: str, *others: str) -> None:
        """Raise ImproperlyConfigured when `first` is set together with any of the others."""
        for other in others:
            if self.text(first) and self.text(other):
                raise ImproperlyConfigured(f"{first} and {other} are both set and say the same thing twice: keep one.")

    def requires(self, name: str, other: str) -> None:
        """Raise ImproperlyConfigured when `name` is set; it is of no use without the other."""
        if self.text(name):
            raise ImproperlyConfigured(f"{name} is set without {other}.")


def invalid(name: str, value: str, expected: str) -> ImproperlyConfigured:
    """Return the error that names the variable, the value and what was expected."""
    return ImproperlyConfigured(f"{name}: {value!r} is not {expected}.")


def hidden(url: str) -> str:
    """Return a URL fit for an error message: whatever could be a password is left out."""
    head, separator, tail = url.rpartition("@")
    return f"{head.split('://')[0]}://***@{tail}" if separator else url


def credential(value: str | None) -> str:
    """Return a user name or password of a URL, percent-decoded."""
    return unquote(value or "")


def is_network(text: str) -> bool:
    """Return whether the text is an IP address or a network."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def is_origin(text: str) -> bool:
    """Return whether the text is a scheme and a host, as browsers send them."""
    return re.fullmatch(r"https?://[^/?#@\s]+", text) is not None


def is_host(text: str) -> bool:
    """Return whether the text is a host as ALLOWED_HOSTS takes it: a name, an address, a leading dot, or * for any."""
    return re.fullmatch(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9a-fA-F:.]+\]", text) is not None
