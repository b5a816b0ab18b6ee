"""Which Redis a URL means: one server, or whichever the Sentinels say is the primary now.

`redis+sentinel://:password@host:26379,host:26379/name/0`: a list of Sentinels, the name they know the primary by, and
a database. `rediss+sentinel` encrypts the way to the primary and to the Sentinels.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

SENTINEL = "+sentinel"
SENTINEL_PORT = 26379
Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Where to connect: `url` is of one server, or has the primary's name for a host where there are Sentinels."""

    url: str
    sentinels: tuple[Address, ...] = ()

    @property
    def is_encrypted(self) -> bool:
        """Whether connections are."""
        return self.url.startswith("rediss:")

    @property
    def primary(self) -> str:
        """What the Sentinels call the primary."""
        return urlsplit(self.url).hostname or ""


def topology_of(url: str) -> Topology:
    """Return what a REDIS_URL means; raise ValueError where it names no Sentinel or no primary."""
    scheme, _, rest = url.partition("://")
    if not scheme.endswith(SENTINEL):
        return Topology(url=url)
    place, query = rest.partition("?")[::2]
    authority, _, path = place.partition("/")
    login, _, hosts = authority.rpartition("@")
    name, _, database = path.partition("/")
    if not (hosts and name):
        raise ValueError(f"{SENTINEL.lstrip('+')} URLs name hosts and a primary.")
    made = f"{scheme.removesuffix(SENTINEL)}://{login + '@' if login else ''}{name}/{database or 0}"
    return Topology(
        url=f"{made}?{query}" if query else made, sentinels=tuple(address_of(one) for one in hosts.split(","))
    )


def address_of(text: str) -> Address:
    """Return host and port, as in `[::1]:26379` or `sentinel-1`; raise ValueError for a port that is none."""
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(f"{text!r} is no host.")
    return parts.hostname, parts.port or SENTINEL_PORT
