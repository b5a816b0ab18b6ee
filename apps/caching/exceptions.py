"""What can go wrong in the cache, by what the caller can do about it."""


class CachingError(Exception):
    """The base of all."""


class UnavailableError(CachingError):
    """The shared store does not answer, or may not be trusted yet: go on without it."""


class EntryError(CachingError, ValueError):
    """The bytes are no entry of ours for this place: forged, moved, of an old version, by a key that is gone."""


class DeclarationError(CachingError):
    """A namespace or a family of tags was declared in a way that could not hold."""
