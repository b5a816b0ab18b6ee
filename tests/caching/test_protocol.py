"""Readers, writers, crashes, a store that forgets and a bus that is cut: no read is older than it may be.

A virtual clock; two processes with memories of their own over one store. The steps of a read are those of
apps/caching/reading.py, taken one by one, so that anything may happen between them.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from apps.caching.namespace import CONFIRM_SECONDS
from apps.caching.stores.store import Lease, Place
from apps.caching.tag import Fences, Tag, Tags, captured, is_unmoved
from tests.caching.model import Model

PLACE = Place("digest", ("tag",))
BOUND_SECONDS = 5.0
PROCESSES = st.sampled_from([0, 1])


@dataclass
class Copy:
    """What a process has in memory."""

    value: int
    fences: Fences
    stamps: tuple[bytes, ...]
    looked_at: float


@dataclass
class Loading:
    """A load under way: the value is read when it begins, and offered when it ends."""

    value: int
    fences: Fences
    stamps: tuple[bytes, ...]


@dataclass
class Writing:
    """A transaction before or after its commit."""

    held: tuple[Tag, ...]
    lease: Lease
    is_committed: bool = False


@dataclass
class Process:
    """One process: its tags, its memory, what is under way."""

    tags: Tags = field(default_factory=Tags)
    copy: Copy | None = None
    loading: list[Loading] = field(default_factory=list)
    writing: Writing | None = None
    own: int = 0  # the newest value this process has committed


class Site(RuleBasedStateMachine):
    """Everything that can happen, in any order."""

    is_fenced = True

    def __init__(self) -> None:
        super().__init__()
        self.store = Model(is_fenced=self.is_fenced)
        self.processes = [Process(), Process()]
        self.value, self.commits = 0, [(0.0, 0)]
        self.is_cut, self.disturbed_at = False, -BOUND_SECONDS

    @rule(number=PROCESSES)
    def begin_load(self, number: int) -> None:
        process = self.processes[number]
        fences = captured(process.tags.of(PLACE.tags))
        [answer] = self.store.read([PLACE])
        if fences is not None and answer.stamps is not None and len(process.loading) < 3:
            process.loading.append(Loading(self.value, fences, answer.stamps))

    @precondition(lambda self: any(process.loading for process in self.processes))
    @rule(number=PROCESSES, which=st.integers(0, 2))
    def end_load(self, number: int, which: int) -> None:
        process = self.processes[number]
        if which < len(process.loading):
            made = process.loading.pop(which)
            if not self.is_fenced:
                self.stamp_anew(made, process)
            data = made.value.to_bytes(4) + b"".join(made.stamps)
            is_kept = self.store.fill(PLACE, made.stamps, lambda: data, seconds=3_600)
            if is_kept and is_unmoved(made.fences):
                process.copy = Copy(made.value, made.fences, made.stamps, self.store.now)

    def stamp_anew(self, made: Loading, process: Process) -> None:
        """Take the stamps at the fill, as caches do that mark what is invalidated during a load as new."""
        [answer] = self.store.read([PLACE])
        made.stamps = answer.stamps or made.stamps
        made.fences = captured(process.tags.of(PLACE.tags)) or made.fences

    @rule(number=PROCESSES)
    def read(self, number: int) -> None:
        process = self.processes[number]
        found = self.near(process)
        if found is None:
            found = self.shared(process)
        if found is not None:
            assert found >= self.required(process), (found, self.required(process))

    def near(self, process: Process) -> int | None:
        copy = process.copy
        if copy is None or not is_unmoved(copy.fences) or self.store.now - copy.looked_at >= CONFIRM_SECONDS:
            return None
        return copy.value

    def shared(self, process: Process) -> int | None:
        fences = captured(process.tags.of(PLACE.tags))
        [answer] = self.store.read([PLACE])
        if fences is None or answer.stamps is None:
            return None
        copy = process.copy
        if copy is not None and is_unmoved(copy.fences) and copy.stamps == answer.stamps:
            process.copy = Copy(copy.value, fences, copy.stamps, self.store.now)
            return copy.value
        if answer.data is None or answer.data[4:] != b"".join(answer.stamps):
            return None
        value = int.from_bytes(answer.data[:4])
        process.copy = Copy(value, fences, answer.stamps, self.store.now)
        return value

    def required(self, process: Process) -> int:
        """Return the oldest value a read that begins now may have."""
        is_calm = not self.is_cut and self.store.now - self.disturbed_at >= BOUND_SECONDS
        told = [each for each in self.processes if each.writing is not None and each.writing.is_committed]
        if is_calm and not told:
            return self.value
        past = max(value for at, value in self.commits if at <= self.store.now - BOUND_SECONDS or at == 0.0)
        return max(past, process.own)

    @rule(number=PROCESSES)
    def begin_commit(self, number: int) -> None:
        process = self.processes[number]
        if process.writing is None:
            process.writing = Writing(process.tags.hold(PLACE.tags), self.store.hold(PLACE.tags, None))

    @precondition(lambda self: any(process.writing for process in self.processes))
    @rule(number=PROCESSES)
    def commit(self, number: int) -> None:
        process = self.processes[number]
        if process.writing is not None and not process.writing.is_committed:
            self.value += 1
            process.own, process.writing.is_committed = self.value, True
            self.commits.append((self.store.now, self.value))

    @precondition(lambda self: any(process.writing for process in self.processes))
    @rule(number=PROCESSES)
    def release(self, number: int) -> None:
        process = self.processes[number]
        if process.writing is not None:
            self.store.release(process.writing.lease)
            process.tags.release(process.writing.held)
            process.writing = None
            if not self.is_cut:
                self.processes[1 - number].tags.bump(PLACE.tags)

    @rule(number=PROCESSES)
    def crash(self, number: int) -> None:
        self.processes[number] = Process()
        self.disturbed_at = self.store.now

    @precondition(lambda self: not any(process.writing for process in self.processes))
    @rule()
    def flush(self) -> None:
        self.store.flush()

    @rule()
    def cut_bus(self) -> None:
        self.is_cut = True

    @rule()
    def join_bus(self) -> None:
        if self.is_cut:
            self.is_cut = False
            for process in self.processes:
                process.tags.bump_all()

    @rule(seconds=st.sampled_from([0.1, 1.0, 3.0, 5.0]))
    def wait(self, seconds: float) -> None:
        if not any(process.writing for process in self.processes):
            self.store.now += seconds


class Unfenced(Site):
    """The same without holds, and with fences taken at the fill instead of before the load."""

    is_fenced = False


LIMITS = settings(max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
SEARCH = settings(LIMITS, max_examples=1_000, phases=[Phase.generate], print_blob=False, derandomize=True)


def test_no_read_is_older_than_it_may_be() -> None:
    found = run_state_machine_as_test(Site, settings=LIMITS)
    assert found is None


def test_without_the_fence_old_values_are_found() -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Unfenced, settings=SEARCH)
