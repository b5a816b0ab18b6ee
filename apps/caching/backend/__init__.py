"""Django's cache framework on the cache's own levels: `apps.caching.backend.LevelledCache` in `CACHES`."""

from apps.caching.backend.cache import LevelledCache

__all__ = ["LevelledCache"]
