"""traceparent by the standard: what is taken, and what is ignored."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.monitoring.tracing.header import caller_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(("flags", "is_flagged"), [("00", False), ("01", True), ("02", False), ("03", True)])
def test_a_right_header_names_trace_span_and_flag(flags: str, is_flagged: bool) -> None:
    caller = caller_of(f"00-{TRACE}-{SPAN}-{flags}".encode())
    assert caller == (TRACE, int(SPAN, 16), is_flagged)


def test_a_later_version_may_say_more() -> None:
    assert caller_of(f"01-{TRACE}-{SPAN}-01-more".encode()) == (TRACE, int(SPAN, 16), True)


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f" 00-{TRACE}-{SPAN}-01",
    ],
)
def test_what_the_standard_forbids_is_ignored(value: str) -> None:
    assert caller_of(value.encode()) is None


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_are_an_error(value: bytes) -> None:
    found = caller_of(value)
    assert found is None or len(found.trace_id) == 32
