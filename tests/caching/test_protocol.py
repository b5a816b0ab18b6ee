"""Readers, writers, crashes, a store that forgets and a bus that is cut: no read is older than it may be.

A virtual clock; two processes with memories of their own over one store. The steps of a read are those of
apps/caching/reading.py, taken one by one, so that anything may happen between them.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from apps.caching.fence import Fence
from apps.caching.namespace import CONFIRM_SECONDS
from apps.caching.stores.store import Answer, Lease, Place
from apps.caching.tag import Fences, Tag, Tags, is_unmoved
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
    fence: Fence


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
        fence, answer = self.asked(process)
        if answer is not None and len(process.loading) < 3:
            process.loading.append(Loading(self.value, fence))

    def asked(self, process: Process) -> tuple[Fence, Answer | None]:
        """Take the fence, then ask the store; no answer where a tag is held."""
        fence = Fence()
        is_free = fence.take(process.tags.of(PLACE.tags))
        [answer] = self.store.read([PLACE])
        return fence, answer if fence.hear(answer.stamps) and is_free else None

    @precondition(lambda self: any(process.loading for process in self.processes))
    @rule(number=PROCESSES, which=st.integers(0, 2))
    def end_load(self, number: int, which: int) -> None:
        process = self.processes[number]
        if which < len(process.loading):
            made = process.loading.pop(which)
            if not self.is_fenced:
                self.stamp_anew(made, process)
            stamps, versions = made.fence.stamps or (), made.fence.versions or ()
            data = made.value.to_bytes(4) + b"".join(stamps)
            is_kept = self.store.fill(PLACE, stamps, lambda: data, seconds=3_600)
            if is_kept and made.fence.stands():
                process.copy = Copy(made.value, versions, stamps, self.store.now)

    def stamp_anew(self, made: Loading, process: Process) -> None:
        """Take the stamps at the fill, as caches do that mark what is invalidated during a load as new."""
        fence, answer = self.asked(process)
        if answer is not None:
            made.fence = fence

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
        fence, answer = self.asked(process)
        if answer is None:
            return None
        assert answer.stamps is not None
        versions, copy = fence.versions or (), process.copy
        if copy is not None and is_unmoved(copy.fences) and fence.covers(copy.stamps):
            process.copy = Copy(copy.value, versions, copy.stamps, self.store.now)
            return copy.value
        if answer.data is None or answer.data[4:] != b"".join(answer.stamps):
            return None
        value = int.from_bytes(answer.data[:4])
        process.copy = Copy(value, versions, answer.stamps, self.store.now)
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


def test_no_read_is_older_than_it_may_be() -> None:
    found = run_state_machine_as_test(Site, settings=LIMITS)
    assert found is None


def overtaken(site: Site) -> None:
    """Let a write of one process overtake a load of the other, then read."""
    site.begin_load(0)
    for step in (site.begin_commit, site.commit, site.release):
        step(1)
    site.end_load(0, 0)
    site.read(0)


def test_what_a_write_has_overtaken_is_not_kept() -> None:
    site = Site()
    overtaken(site)
    assert site.processes[0].copy is None


def test_without_the_fence_it_is_kept_and_found_to_be_old() -> None:
    with pytest.raises(AssertionError, match=r"^\(0, 1\)"):
        overtaken(Unfenced())
