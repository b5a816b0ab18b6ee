"""What waits to be told is numbered, bounded, and its loss never hidden."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.backplane.backoff import Backoff
from apps.backplane.envelope import HEARTBEAT, Envelope, EnvelopeError, decoded, encoded
from apps.backplane.outgoing import Outgoing


def added(outgoing: Outgoing, *payloads: object) -> list[Envelope]:
    with outgoing.lock:
        return [outgoing.add("t", payload) for payload in payloads]


def test_messages_leave_in_order_with_their_numbers() -> None:
    outgoing = Outgoing("me")
    added(outgoing, "a", "b", "c")
    taken = [decoded(data) for data in outgoing.take(most=2, wait_seconds=0)]
    assert [(envelope.sequence, envelope.payload) for envelope in taken] == [(1, "a"), (2, "b")]
    assert len(outgoing.take(most=5, wait_seconds=0)) == 1
    assert outgoing.take(most=5, wait_seconds=0) == []


def test_over_the_bound_everything_queued_is_given_up_in_a_new_epoch() -> None:
    outgoing = Outgoing("me", queue_max=2)
    envelopes = added(outgoing, 1, 2, 3)
    assert [(envelope.epoch, envelope.sequence) for envelope in envelopes] == [(0, 1), (0, 2), (1, 1)]
    assert [decoded(data).payload for data in outgoing.take(most=9, wait_seconds=0)] == [3]
    assert outgoing.dropped == 2


def test_a_heartbeat_repeats_the_last_number_once_the_queue_is_empty() -> None:
    outgoing = Outgoing("me")
    added(outgoing, 1, 2)
    assert outgoing.heartbeat() == b""
    outgoing.take(most=9, wait_seconds=0)
    assert decoded(outgoing.heartbeat()) == Envelope(HEARTBEAT, "me", 0, 2)


def test_what_json_cannot_carry_is_refused_and_takes_no_number() -> None:
    outgoing = Outgoing("me")
    with pytest.raises(TypeError):
        added(outgoing, object())
    assert added(outgoing, "next")[0].sequence == 1


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(payload=json, epoch=st.integers(0, 2**40), sequence=st.integers(0, 2**40))
def test_the_wire_carries_everything_back(payload: object, epoch: int, sequence: int) -> None:
    envelope = Envelope("topic", "me", epoch, sequence, payload)
    assert decoded(encoded(envelope)) == envelope


@given(data=st.binary(max_size=60))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        decoded(data)


@pytest.mark.parametrize(
    "data", [b'["t","o",0]', b'[1,"o",0,0,0]', b'["t",2,0,0,0]', b'["t","o","0",0,0]', b"{}", b"null"]
)
def test_other_json_is_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        decoded(data)


def test_waits_grow_to_a_limit_and_start_over() -> None:
    backoff = Backoff(first_seconds=1, limit_seconds=4)
    assert not backoff.has_failed
    waits = [max(Backoff.failed(backoff) for _ in range(1)) for _ in range(40)]
    assert all(0 <= wait <= 4 for wait in waits)
    assert waits[0] <= 1
    assert backoff.has_failed
    backoff.succeeded()
    assert backoff.failed() <= 1
