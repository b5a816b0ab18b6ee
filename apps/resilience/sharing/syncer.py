"""The thread that keeps this process's breakers and the fleet's state together. Calls never wait for it."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from threading import Event, Thread

from apps.backplane.bus import Bus
from apps.resilience.breaker.breaker import Breaker
from apps.resilience.sharing.member import Member
from apps.resilience.sharing.report import Store, StoreError

logger = logging.getLogger(__name__)
TOPIC = "resilience.breakers"
INTERVAL_SECONDS = 1.0
LEAST_SECONDS = 0.02  # between two exchanges, however many calls ask
FAILED_SECONDS = 0.5
STOP_SECONDS = 2.0


class Syncer:
    """Exchanges with the store when something happened here, when the bus says so, and each second anyway."""

    def __init__(
        self,
        store: Store,
        breakers: Callable[[], Iterable[Breaker]],
        *,
        origin: str,
        bus: Bus | None = None,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self._store, self._breakers, self._origin, self._bus = store, breakers, origin, bus
        self._interval_seconds = interval_seconds
        self._members: dict[str, Member] = {}
        self._wake, self._stopping = Event(), Event()
        self._thread = Thread(target=self._run, name="breakers", daemon=True)
        self._unsubscribe: Callable[[], None] = lambda: None
        self.is_attached = False  # whether the store answered the last time
        self._is_told = False

    def start(self) -> None:
        """Begin; the breakers that exist now and later take part."""
        if self._bus is not None:
            self._unsubscribe = self._bus.subscribe(TOPIC, lambda _: self.wake(), lambda _: self.wake())
        self._thread.start()

    def stop(self) -> None:
        """End the thread; the breakers go on alone. Blocks for two seconds at most."""
        self._unsubscribe()
        self._stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        for member in self._members.values():
            member.breaker.on_event = None
            member.breaker.drive(lambda machine, _: machine.leave())

    def wake(self) -> None:
        """Exchange soon. Does not block."""
        self._wake.set()

    def step(self) -> None:
        """Exchange once. A store that fails is told once, and asked again at the next step."""
        members = self._taking_part()
        reports = [member.breaker.drive(member.report) for member in members]
        try:
            rulings = self._store.exchange(reports)
        except StoreError as error:
            self._lost(members, error)
            return
        self.is_attached, self._is_told = True, False
        for member, ruling in zip(members, rulings, strict=True):
            member.breaker.drive(partial(member.obey, ruling=ruling))
            if ruling.is_new and self._bus is not None:
                self._bus.publish(TOPIC, ruling.name)

    def _taking_part(self) -> list[Member]:
        for breaker in self._breakers():
            if breaker.name not in self._members:
                self._members[breaker.name] = Member(breaker, origin=self._origin)
                breaker.on_event = self.wake
        return list(self._members.values())

    def _lost(self, members: list[Member], error: StoreError) -> None:
        if not self._is_told:
            logger.warning("The breakers have no store: %s. Each process decides alone.", error)
        self.is_attached, self._is_told = False, True
        for member in members:
            member.breaker.drive(lambda machine, _: machine.leave())
        self._stopping.wait(FAILED_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self.step()
            except Exception:  # a fault here must not end the sharing for good; it is logged with its trace
                logger.exception("the breakers could not be shared this time")
            self._stopping.wait(LEAST_SECONDS)
            self._wake.wait(self._interval_seconds)
