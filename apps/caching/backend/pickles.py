"""Objects of any kind: imported only by a cache whose OPTIONS ask for it, after a value has been authenticated."""

import pickle
from typing import Any


def packed(value: Any) -> bytes:
    """Return the value's bytes; raise TypeError or PicklingError for what cannot be had back."""
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def unpacked(data: bytes) -> Any:
    """Return the value. The bytes must be known to be ours: they can do anything."""
    return pickle.loads(data)  # noqa: S301  (the frame around it was checked by our keys before)
