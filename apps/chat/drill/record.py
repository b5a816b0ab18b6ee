"""What the visitors of a drill saw, put together; filled from their threads."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock

SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One request. Without a status it got no answer."""

    at: float
    seconds: float
    status: int

    @property
    def is_answered(self) -> bool:
        """Whether the visitor got what a site in health gives: an answer that is no error of the server."""
        return 0 < self.status < SERVER_ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What happened in a part of the drill."""

    seconds: float
    requests: int
    answered: int
    slowest_seconds: float
    degraded_seconds: float


class Record:
    """Requests, the time in which anybody was told that something is degraded, questions, and words that were read."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self._lock = clock, Lock()
        self._samples: list[Sample] = []
        self._told: set[str] = set()
        self._spans: list[tuple[float, float]] = []
        self._since = 0.0
        self._asked: dict[int, float] = {}
        self.questions, self.waits = 0, list[float]()
        self.words: Counter[str] = Counter()

    def note(self, sample: Sample) -> None:
        """Take a request."""
        with self._lock:
            self._samples.append(sample)

    def tell(self, who: str, *, is_degraded: bool) -> None:
        """Take what somebody is told now; it holds until they are told something else."""
        with self._lock:
            was, now = bool(self._told), self.clock()
            (self._told.add if is_degraded else self._told.discard)(who)
            if self._told and not was:
                self._since = now
            elif was and not self._told:
                self._spans.append((self._since, now))

    def read(self, words: str) -> None:
        """Take a sentence that somebody read."""
        with self._lock:
            self.words[words] += 1

    def asked(self, conversation: int) -> None:
        """Take a question to the assistant."""
        with self._lock:
            self.questions += 1
            self._asked[conversation] = self.clock()

    def replied(self, conversation: int) -> None:
        """Take the answer."""
        with self._lock:
            if (since := self._asked.pop(conversation, None)) is not None:
                self.waits.append(self.clock() - since)

    @property
    def is_degraded(self) -> bool:
        """Whether anybody is being told so."""
        return bool(self._told)

    @property
    def unanswered(self) -> int:
        """How many questions have no answer yet."""
        return len(self._asked)

    def figures(self, begin: float, end: float) -> Figures:
        """Return what was seen between two moments of the clock."""
        with self._lock:
            samples = [sample for sample in self._samples if begin <= sample.at < end]
            spans = [*self._spans, *([(self._since, end)] if self._told else [])]
        return Figures(
            seconds=end - begin,
            requests=len(samples),
            answered=sum(sample.is_answered for sample in samples),
            slowest_seconds=max((sample.seconds for sample in samples), default=0.0),
            degraded_seconds=overlap(spans, begin, end),
        )


def overlap(spans: Iterable[tuple[float, float]], begin: float, end: float) -> float:
    """Return how much of the time between two moments the spans cover; they do not overlap each other."""
    return sum(max(0.0, min(end, stop) - max(begin, start)) for start, stop in spans)
