"""Policies for tests: values that hold for a while, as if staff had set them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from apps.tuning.handle import Handle, State


@contextmanager
def obeying(handle: Handle[Any], **values: Any) -> Iterator[None]:
    """Let the values hold in this process without a revision; contradictory ones are refused as staff's would be."""
    before = handle.state
    handle.swap(State(policy=replace(handle.current, **values)))
    try:
        yield
    finally:
        handle.swap(before)
