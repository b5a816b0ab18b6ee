"""The C library's memory. It would have eight arenas for each processor: every thread keeps free what others lack."""

import ctypes

M_ARENA_MAX, ARENAS = -8, 2


def bound() -> bool:
    """Have this process use two arenas; return whether its C library can. To be called before threads are started."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(M_ARENA_MAX, ARENAS) == 1
