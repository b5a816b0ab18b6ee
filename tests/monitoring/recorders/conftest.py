"""Rules for a test, and a recorder that listens for one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from apps.monitoring.recorders.recorder import Recorder
from apps.tuning.handle import Handle
from tests.tuning.obeying import obeying

Ruled = Callable[..., None]
Listening = Callable[[Any], Any]


@pytest.fixture
def ruled() -> Iterator[Ruled]:
    """Let a policy say something else for the test: `ruled(QUERIES, sample_percent=10)`."""
    with ExitStack() as stack:

        def change(handle: Handle[Any], **values: Any) -> None:
            stack.enter_context(obeying(handle, **values))

        yield change


@pytest.fixture
def listening() -> Iterator[Listening]:
    """Have a recorder listen until the test ends, and return it."""
    with ExitStack() as stack:

        def begun(recorder: Recorder[Any]) -> Recorder[Any]:
            recorder.listen()
            stack.callback(recorder.deafen)
            return recorder

        yield begun
