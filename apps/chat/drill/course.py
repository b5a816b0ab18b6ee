"""The course of a drill: a while as always, a while amid the failure, then until all is well again."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from django.conf import settings

from apps.backplane.primary import fail_over
from apps.chat.drill.breakage import breaking
from apps.chat.drill.crew import Member, crew
from apps.chat.drill.record import Figures, Record
from apps.chat.drill.scene import Scene
from apps.chat.drill.visitor import Visitor
from apps.tuning.actor import SYSTEM

USUAL_SECONDS = 3.0  # before, and after, at most
LOOK_SECONDS = 0.1
STORM_AT_ONCE = 25  # reloads of each visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What users saw, in its three parts, and what was still wrong at the end."""

    parts: dict[str, Figures]
    record: Record
    complaints: list[str]


class Course:
    """One drill on one site."""

    def __init__(self, scene: Scene, *, url: str, users: int, seconds: float, patience_seconds: float) -> None:
        self._scene, self._url, self._users, self._seconds = scene, url, users, seconds
        self._patience_seconds = patience_seconds
        self._record, self._over, self._quiet = Record(), Event(), Event()

    def run(self, *, reason: str) -> Outcome:
        """Run it; blocks for its whole length. What was made to fail works again afterwards, whatever happens."""
        record, marks = self._record, list[float]()
        with crew(self._users, has_assistant=self._scene.has_questions) as members, self._visited(members) as visitors:
            marks.append(record.clock())
            self._over.wait(min(USUAL_SECONDS, self._seconds))
            marks.append(record.clock())
            with ExitStack() as broken:
                if self._scene.is_failover:
                    fail_over(settings.REDIS_URL)
                if self._scene.broken:
                    broken.enter_context(breaking(self._scene, seconds=self._seconds, actor=SYSTEM, reason=reason))
                self._meanwhile(visitors)
            marks.append(record.clock())
            self._over.wait(min(USUAL_SECONDS, self._seconds))
            self._quiet.set()
            self._wait(lambda: not record.is_degraded and not record.unanswered)
            marks.append(record.clock())
        parts = zip(("before", "during", "after"), marks, marks[1:], strict=False)
        figures = {name: record.figures(begin, end) for name, begin, end in parts}
        return Outcome(parts=figures, record=record, complaints=complaints(figures, record))

    @contextmanager
    def _visited(self, members: list[Member]) -> Iterator[list[Visitor]]:
        """Have everybody use the site until the end of the block."""
        questions = self._scene.has_questions
        visitors = [Visitor(one, self._url, self._record, has_questions=questions) for one in members]
        threads = [Thread(target=one.visit, args=(self._over, self._quiet), daemon=True) for one in visitors]
        threads += [Thread(target=one.listen, args=(self._over,), daemon=True) for one in visitors]
        for thread in threads:
            thread.start()
        try:
            yield visitors
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _meanwhile(self, visitors: list[Visitor]) -> None:
        if not self._scene.is_storm:
            self._over.wait(self._seconds)
            return
        with ThreadPoolExecutor(len(visitors) * STORM_AT_ONCE) as crowd:
            for one in visitors * STORM_AT_ONCE:
                crowd.submit(one.read)

    def _wait(self, is_well: Callable[[], bool]) -> None:
        until = self._record.clock() + self._patience_seconds
        while not is_well() and self._record.clock() < until:
            self._over.wait(LOOK_SECONDS)


def complaints(parts: dict[str, Figures], record: Record) -> list[str]:
    """Return in words what should not have been; nothing when all held."""
    lost = sum(part.requests - part.answered for part in parts.values())
    return [
        *([f"{lost} requests got no answer, or an error."] if lost else []),
        *(["The site was still degraded at the end."] if record.is_degraded else []),
        *([f"{record.unanswered} questions to the assistant were not answered."] if record.unanswered else []),
    ]
