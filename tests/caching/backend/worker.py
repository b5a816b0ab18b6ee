"""A process of its own that uses the default cache: python -m tests.caching.backend.worker count|read KEY …"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
django.setup()

from django.core.cache import cache  # noqa: E402  (needs the settings)


def count(key: str, times: str) -> None:
    """Add one so many times, and say how often this process was the first to add the key `first`."""
    print("ready", flush=True)
    sys.stdin.readline()
    print(int(cache.add("first", os.getpid(), timeout=60)))
    for _ in range(int(times)):
        cache.incr(key)


def read(key: str) -> None:
    """Print the value again whenever asked to."""
    for _ in iter(sys.stdin.readline, ""):
        print(cache.get(key), flush=True)


if __name__ == "__main__":
    {"count": count, "read": read}[sys.argv[1]](*sys.argv[2:])
