"""The ledger finds every gap and lets nothing through twice, in whatever way messages are lost, doubled or late."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from apps.backplane.envelope import HEARTBEAT, Envelope
from apps.backplane.ledger import Ledger, Verdict

SILENCE = 10.0


class Sender:
    """A model of a process that numbers its messages, and of the wire behind it."""

    def __init__(self, origin: str) -> None:
        self.origin, self.epoch, self.sequence = origin, 0, 0
        self.wire: list[tuple[Envelope, bool]] = []
        self.has_loss = False

    def send(self, *, is_lost: bool, copies: int) -> None:
        self.sequence += 1
        envelope = Envelope("t", self.origin, self.epoch, self.sequence, (self.epoch, self.sequence))
        if is_lost:
            self.has_loss = True
        else:
            self.wire += [(envelope, copy == 0) for copy in range(copies)]

    def beat(self) -> None:
        self.wire.append((Envelope(HEARTBEAT, self.origin, self.epoch, self.sequence), False))

    def give_up(self) -> None:
        self.epoch, self.sequence = self.epoch + 1, 0
        self.has_loss = True


class LedgerMachine(RuleBasedStateMachine):
    """Senders lose, double and give up; the receiver must hear of every loss by the next thing it receives."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(silence_seconds=SILENCE)
        self.senders = [Sender("a"), Sender("b")]
        self.delivered: list[tuple[str, object]] = []
        self.now = 0.0

    @rule(index=st.integers(0, 1), is_lost=st.booleans(), copies=st.integers(1, 3))
    def send(self, index: int, is_lost: bool, copies: int) -> None:
        self.senders[index].send(is_lost=is_lost, copies=copies)

    @rule(index=st.integers(0, 1))
    def beat(self, index: int) -> None:
        self.senders[index].beat()

    @rule(index=st.integers(0, 1))
    def give_up(self, index: int) -> None:
        self.senders[index].give_up()

    @precondition(lambda self: any(sender.wire for sender in self.senders))
    @rule(data=st.data())
    def receive(self, data: st.DataObject) -> None:
        sender = data.draw(st.sampled_from([sender for sender in self.senders if sender.wire]))
        envelope, _ = sender.wire.pop(0)
        self.now += 1
        verdict = self.ledger.receive(envelope, self.now)
        if verdict is not Verdict.DROP and envelope.topic != HEARTBEAT:
            self.delivered.append((envelope.origin, envelope.payload))
        if verdict is Verdict.LOST:
            assert sender.has_loss

    @rule(index=st.integers(0, 1))
    def after_the_wire_is_empty_a_heartbeat_settles_the_account(self, index: int) -> None:
        sender = self.senders[index]
        sender.beat()
        verdicts = [self.ledger.receive(envelope, self.now) for envelope, _ in sender.wire]
        self.delivered += [
            (envelope.origin, envelope.payload)
            for (envelope, _), verdict in zip(sender.wire, verdicts, strict=True)
            if verdict is not Verdict.DROP and envelope.topic != HEARTBEAT
        ]
        sender.wire.clear()
        last = Envelope(HEARTBEAT, sender.origin, sender.epoch, sender.sequence)
        assert self.ledger.receive(last, self.now) is Verdict.DROP

    @invariant()
    def nothing_is_delivered_twice_or_out_of_order(self) -> None:
        for sender in self.senders:
            heard = [payload for origin, payload in self.delivered if origin == sender.origin]
            assert heard == sorted(set(heard))


LedgerMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestLedger = LedgerMachine.TestCase


def message(sequence: int, *, epoch: int = 0, topic: str = "t") -> Envelope:
    return Envelope(topic, "a", epoch, sequence)


def test_the_first_message_ever_follows_on_nothing() -> None:
    assert Ledger(silence_seconds=1).receive(message(1), 0) is Verdict.DELIVER


def test_whoever_comes_in_midway_is_told_that_something_went_before() -> None:
    assert Ledger(silence_seconds=1).receive(message(7), 0) is Verdict.LOST
    assert Ledger(silence_seconds=1).receive(message(7, topic=HEARTBEAT), 0) is Verdict.LOST
    assert Ledger(silence_seconds=1).receive(message(0, topic=HEARTBEAT), 0) is Verdict.DROP


def test_a_heartbeat_tells_of_a_lost_last_message() -> None:
    ledger = Ledger(silence_seconds=1)
    ledger.receive(message(1), 0)
    assert ledger.receive(message(1, topic=HEARTBEAT), 0) is Verdict.DROP
    assert ledger.receive(message(2, topic=HEARTBEAT), 0) is Verdict.LOST
    assert ledger.receive(message(3), 0) is Verdict.DELIVER


def test_a_new_epoch_is_a_loss_and_an_old_one_is_late() -> None:
    ledger = Ledger(silence_seconds=1)
    ledger.receive(message(5), 0)
    assert ledger.receive(message(1, epoch=1), 0) is Verdict.LOST
    assert ledger.receive(message(6), 0) is Verdict.DROP


def test_the_silent_are_forgotten_and_start_over() -> None:
    ledger = Ledger(silence_seconds=SILENCE)
    ledger.receive(message(1), 0)
    assert ledger.forget_silent(SILENCE) == []
    assert ledger.peers() == ["a"]
    assert ledger.forget_silent(SILENCE + 1) == ["a"]
    assert ledger.peers() == []
    assert ledger.receive(message(3), SILENCE + 2) is Verdict.LOST
