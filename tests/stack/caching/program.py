"""Four processes of the project that read and write shared rows: python -m tests.stack.caching.program FOLDER SEED.

The first process only forks the others, as a task worker does, and a successor for each that is killed. They note what
they read and wrote in files; SIGUSR1 has one die between its next commit and what follows it, SIGUSR2 moves its clock.
COHERENCE_FENCE=off has them keep loads under the stamps of after the load, as caches without a fence do.
"""

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

PROCESSES, READERS, LOOKS = 4, 2, 8
HAS_FENCE = os.environ.get("COHERENCE_FENCE") != "off"
_real_time = time.time
_shift = [0.0]
time.time = lambda: _real_time() + _shift[0]  # before anybody takes a copy

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
import django  # noqa: E402

django.setup()

from django.db import DatabaseError, transaction  # noqa: E402
from django.db.models import F  # noqa: E402

from apps.backplane.current import bus  # noqa: E402
from apps.backplane.envelope import Envelope  # noqa: E402
from apps.caching import current  # noqa: E402
from apps.caching.exceptions import UnavailableError  # noqa: E402
from apps.caching.finding import Finding  # noqa: E402
from apps.caching.namespace import Namespace  # noqa: E402
from apps.caching.reading import Reading  # noqa: E402
from apps.caching.stores.redis_store import RedisStore  # noqa: E402
from apps.caching.tag import tags  # noqa: E402
from apps.chat.families import CONVERSATION  # noqa: E402
from apps.chat.models import Conversation, User  # noqa: E402
from apps.chat.services.history import history_page  # noqa: E402
from apps.chat.services.messages import send_message  # noqa: E402
from apps.deduplication.exceptions import FlightError  # noqa: E402
from apps.resilience.exceptions import ResilienceError  # noqa: E402
from perfsite.celery import begin_services_in_child  # noqa: E402

ROWS = Namespace("coherence.row", title="Rows", value=int, version=1, tags=lambda key: (CONVERSATION.of(key[0]),))
PING = "coherence.ping"
OUTAGES = (DatabaseError, FlightError, ResilienceError, OSError)


class Standing:
    """Why a process does not trust Redis, in the place of the store's own field: each loss is noted as it goes on.

    A machine that is overloaded makes Redis time out without anybody having broken it.
    """

    def __init__(self, note: Callable[..., None]) -> None:
        self._note, self._why, self._since = note, "", 0.0

    def __get__(self, store: RedisStore | None, kind: type[RedisStore] | None = None) -> str:
        return self._why

    def __set__(self, store: RedisStore, why: str) -> None:
        if why and not self._why:
            self._since = time.monotonic()
        was, self._why = self._why, why
        if was or why:
            self.tell()

    def tell(self) -> None:
        """Note that the loss lasted until now."""
        self._note("L", self._since, time.monotonic())


class Life:
    """One process from its fork to its end."""

    def __init__(self, folder: Path, index: int, number: int, seed: str) -> None:
        self._index, self._health = index, folder / f"{index}.health"
        self._log = os.open(folder / f"{index}-{number}.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        self._random = random.Random(f"{seed}-{index}-{number}")
        self._heard = dict.fromkeys(range(PROCESSES), 0.0)
        self._is_dying = False
        RedisStore.lost = self._standing = Standing(self.note)  # type: ignore[assignment]

    def run(self) -> None:
        """Read and write until killed."""
        signal.signal(signal.SIGUSR1, lambda *_: setattr(self, "_is_dying", True))
        signal.signal(signal.SIGUSR2, self._jump)
        begin_services_in_child()
        bus().subscribe(PING, self._hear, lambda _: None)
        rows = list(Conversation.objects.order_by("pk").values_list("pk", flat=True))
        user_id = User.objects.get(username="ann").pk
        for work in [self._read] * READERS + [self._write]:
            chance = random.Random(self._random.random())
            threading.Thread(target=self._forever, args=(work, chance, rows, user_id), daemon=True).start()
        while True:
            bus().publish(PING, [self._index, time.monotonic()])
            self._report()
            time.sleep(0.1)

    def note(self, *words: object) -> None:
        """Write a line that outlives this process."""
        os.write(self._log, (" ".join(map(str, words)) + "\n").encode())

    def end_if_due(self) -> None:
        """Die as processes do whose machine is switched off."""
        if self._is_dying:
            os.kill(os.getpid(), signal.SIGKILL)

    def _jump(self, *_: object) -> None:
        _shift[0] = self._random.uniform(-7_200, 7_200)

    def _hear(self, envelope: Envelope) -> None:
        index, sent = envelope.payload
        self._heard[index] = sent
        if index != self._index:
            self.note("P", sent, time.monotonic())

    def _report(self) -> None:
        """Say who this is and until when all is known to be well: what was sent by then was heard, Redis is trusted."""
        store = current.store()
        is_lost = isinstance(store, RedisStore) and store.lost
        well = 0.0 if is_lost else min(self._heard.values())
        if is_lost:
            self._standing.tell()
        new = self._health.with_suffix(".new")
        new.write_text(f"{os.getpid()} {well}")
        new.replace(self._health)

    def _forever(
        self, work: Callable[[random.Random, int, int], None], chance: Any, rows: list[int], user: int
    ) -> None:
        while True:
            try:
                work(chance, chance.choice(rows), user)
            except OUTAGES as error:
                self.note("E", work.__name__, type(error).__name__, str(error).replace("\n", " ")[:100])

    def _read(self, chance: random.Random, row: int, user: int) -> None:
        """Read a row a few times in a row, as one does who looks whether there is something new."""
        for _ in range(chance.randint(1, LOOKS)):
            self._look(chance, row, user)
        if chance.random() < 0.2:
            time.sleep(chance.random() * 0.005)

    def _look(self, chance: random.Random, row: int, user: int) -> None:
        start = time.monotonic()
        if chance.random() < 0.2:
            version, level = history_page(user_id=user, conversation_id=row).last_event, "page"
        else:
            session = chance.choice((None, None, "one", "two"))
            outcome = ROWS.outcome((row,), lambda: self._loaded(row, chance), session=session)
            version, level = outcome.value, outcome.level
        self.note("R", row, version, start, time.monotonic(), level)

    def _loaded(self, row: int, chance: random.Random) -> int:
        version = Conversation.objects.values_list("last_event", flat=True).get(pk=row)
        if chance.random() < (0.2 if HAS_FENCE else 0.8):
            time.sleep(chance.random() * 0.05)  # the loader that an invalidation overtakes
        return version

    def _write(self, chance: random.Random, row: int, user: int) -> None:
        """Write, and read it. Without a fence write twice, over the loads that follow the first, and let that stand."""
        for _ in range(1 if HAS_FENCE else 2):
            start = time.monotonic()
            if chance.random() < 0.8:
                version = send_message(user_id=user, conversation_id=row, text="hello").event
            else:
                version = unnamed(row)
            self.note("W", row, version, start, time.monotonic())
        self._read(chance, row, user)
        time.sleep(chance.random() * (0.1 if HAS_FENCE else 1.0))


def unnamed(row: int) -> int:
    """Write without naming a tag, as somebody does who has never heard of them; return the version."""
    with transaction.atomic():
        Conversation.objects.filter(pk=row).update(last_event=F("last_event") + 1)
        return Conversation.objects.values_list("last_event", flat=True).get(pk=row)


def without_fence() -> None:
    """Take the comparison out: what was loaded is kept as if it had been read just now."""
    recorded = Reading._recorded

    def fenceless(self: Finding, *args: Any, **kwargs: Any) -> Any:
        with suppress(UnavailableError):  # what is kept without a store is kept as ever
            [answer] = current.store().read([self.place], with_entries=False)
            self.fence.hear(answer.stamps)
            self.fence.take(tags.of(self.place.tags))
        return recorded(self, *args, **kwargs)  # type: ignore[arg-type]

    Reading._recorded = fenceless  # type: ignore[assignment,method-assign]


def born(folder: Path, index: int, number: int, seed: str) -> int:
    """Fork one of the processes; return its process id."""
    if pid := os.fork():
        return pid
    life = Life(folder, index, number, seed)
    release = RedisStore.release

    def ending(self: RedisStore, lease: Any) -> None:
        life.end_if_due()
        release(self, lease)

    RedisStore.release = ending  # type: ignore[method-assign]
    try:
        life.run()
    finally:
        os._exit(1)


def main() -> None:
    """Keep four alive."""
    folder, seed = Path(sys.argv[1]), sys.argv[2]
    if not HAS_FENCE:
        without_fence()
    alive = {born(folder, index, 0, seed): (index, 0) for index in range(PROCESSES)}
    while True:
        pid, _ = os.wait()
        index, number = alive.pop(pid)
        alive[born(folder, index, number + 1, seed)] = index, number + 1


if __name__ == "__main__":
    main()
