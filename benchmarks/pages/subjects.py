"""Who is compared. One line adds a subject; one entry of `commands` adds a server."""

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.edge import GRANIAN, UVICORN

SITE, BARE, DJANGO = "perfsite", "bare", "django"
NODE = ("express", "express-object", "fastify", "fastify-object")
PATH = "/api/conversations/{conversation}/messages"
OWN = "n=0"  # at the end of a path: the load puts a number of its own in each request, so that none is joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A way to be asked for the page; a conditional one is asked with the ETag it gave."""

    name: str
    server: str
    path: str = PATH
    is_conditional: bool = False


BYTES = Subject(name="the bytes alone: uvicorn", server=BARE)
NAIVE = Subject(name="Django, naive: granian WSGI", server=DJANGO, path="/uncached/{conversation}")
CACHED = Subject(name="Django, cache_page on django-redis", server=DJANGO, path="/cached/{conversation}")
SUBJECTS = (
    BYTES,
    NAIVE,
    CACHED,
    Subject(name="perfsite, from memory", server=SITE),
    Subject(name="perfsite, from memory, 304", server=SITE, is_conditional=True),
    Subject(name="perfsite, uncached", server=SITE, path=f"{PATH}?{OWN}"),
    Subject(name="perfsite, uncached, 304", server=SITE, path=f"{PATH}?{OWN}", is_conditional=True),
    Subject(name="Express 5 and bentocache, objects", server="express-object"),
    Subject(name="Express 5 and bentocache, text", server="express"),
    Subject(name="Fastify 5 and bentocache, objects", server="fastify-object"),
    Subject(name="Fastify 5 and bentocache, text", server="fastify"),
)


def commands(node: Path | None) -> dict[str, tuple[str, ...]]:
    """Return how each server is started, its port not yet said; those of Node only where it is."""
    found = {
        BARE: (*UVICORN, "--lifespan=off", "benchmarks.pages.bare:application"),
        DJANGO: (*GRANIAN, "--log-level=warning", "benchmarks.pages.naive.wsgi:application"),
        SITE: (sys.executable, "manage.py", "serve"),
    }
    if node is not None:
        found |= {name: ("node", str(node / "server.mjs"), name) for name in NODE}
    return found
