"""The bus between processes, over Redis publish and subscribe."""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from threading import Event, Thread
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from apps.backplane.backoff import Backoff
from apps.backplane.bus import BusStatus, Deliver, Loss, Lost, Unsubscribe
from apps.backplane.dispatch import Dispatch
from apps.backplane.envelope import HEARTBEAT, EnvelopeError, decoded
from apps.backplane.ledger import Ledger, Verdict
from apps.backplane.origin import new_origin
from apps.backplane.outgoing import Outgoing

logger = logging.getLogger(__name__)
CHANNEL = "perfsite:bus"
BATCH_MESSAGES = 500
MISSED_HEARTBEATS = 3


class SharedBus:
    """Two threads on Redis, one that tells and one that listens, and the thread of the subscribers.

    Own messages go to the own subscribers directly, so that the process stays in step with itself when Redis is gone.
    """

    def __init__(self, connect: Callable[[], Redis], *, heartbeat_seconds: float = 1.0) -> None:
        self._connect = connect
        self._heartbeat_seconds = heartbeat_seconds
        self._outgoing = Outgoing(new_origin())
        self._ledger = Ledger(silence_seconds=10 * heartbeat_seconds)
        self._dispatch = Dispatch()
        self._stopping = Event()
        self._threads: list[Thread] = []
        self._echoed_at = 0.0
        self._is_listening = False
        self._malformed = 0

    def publish(self, topic: str, payload: Any) -> None:
        """Queue the payload for the own subscribers and for the others."""
        with self._outgoing.lock:
            envelope = self._outgoing.add(topic, payload)
            self._dispatch.put(envelope)

    def subscribe(self, topic: str, deliver: Deliver, lost: Lost) -> Unsubscribe:
        """Hear a topic from now on."""
        return self._dispatch.subscribe(topic, deliver, lost)

    def status(self) -> BusStatus:
        """Return the counters; connected means that an own heartbeat came back lately."""
        return BusStatus(
            origin=self._outgoing.origin,
            is_shared=True,
            is_connected=self._is_listening and self._has_echo(),
            peers=tuple(self._ledger.peers()),
            published=self._outgoing.published,
            delivered=self._dispatch.delivered,
            dropped=self._outgoing.dropped + self._dispatch.dropped + self._malformed,
            losses=self._dispatch.losses,
        )

    def start(self) -> None:
        """Start the three threads; idempotent."""
        if self._threads:
            return
        self._dispatch.start("bus")
        self._threads = [
            Thread(target=self._run, args=(self._tell,), name="bus-tell", daemon=True),
            Thread(target=self._run, args=(self._listen,), name="bus-listen", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Tell what is queued, then end the threads; blocks for a second or two at most."""
        self._stopping.set()
        with self._outgoing.lock:
            self._outgoing.lock.notify_all()
        for thread in self._threads:
            thread.join(timeout=1)
        self._dispatch.stop()

    def finish(self) -> None:
        """Tell what is queued before the process ends; blocks for a second at most."""
        self._stopping.set()
        with self._outgoing.lock:
            self._outgoing.lock.notify_all()
        for thread in self._threads[:1]:
            thread.join(timeout=1)

    def _run(self, work: Callable[[Redis, Backoff], None]) -> None:
        """Do the work until the end; a failure of Redis is waited out, longer each time."""
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                with closing(self._connect()) as client:
                    work(client, backoff)
            except (RedisError, OSError) as error:
                if not backoff.has_failed and not self._stopping.is_set():
                    logger.warning("The bus has no Redis: %s. Other processes follow through the database.", error)
                self._stopping.wait(backoff.failed())

    def _tell(self, client: Redis, backoff: Backoff) -> None:
        while True:
            data = self._outgoing.take(most=BATCH_MESSAGES, wait_seconds=self._heartbeat_seconds)
            if self._stopping.is_set() and not data:
                return
            self._send(client, data or [self._outgoing.heartbeat()])
            backoff.succeeded()

    def _send(self, client: Redis, data: list[bytes]) -> None:
        try:
            with client.pipeline(transaction=False) as pipe:
                for message in filter(None, data):
                    pipe.publish(CHANNEL, message)
                pipe.execute()
        except (RedisError, OSError):
            with self._outgoing.lock:
                self._outgoing.give_up(taken=len(data))
            raise

    def _listen(self, client: Redis, backoff: Backoff) -> None:
        with closing(client.pubsub(ignore_subscribe_messages=True)) as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(CHANNEL)
            pubsub.get_message(timeout=self._heartbeat_seconds)
            self._joined()
            backoff.succeeded()
            try:
                while not self._stopping.is_set():
                    self._hear(pubsub.get_message(timeout=self._heartbeat_seconds))
            finally:
                self._is_listening = False
                if not self._stopping.is_set():
                    self._dispatch.put(Loss(reason="the connection to Redis was lost"))

    def _joined(self) -> None:
        self._ledger.clear()
        self._echoed_at = time.monotonic()
        self._is_listening = True
        self._dispatch.put(Loss(reason="joined the bus"))

    def _hear(self, message: Any) -> None:
        now = time.monotonic()
        if message is not None and message["type"] == "message":
            self._receive(message["data"], now)
        if not self._has_echo():
            raise ConnectionError("no heartbeat came back")
        self._ledger.forget_silent(now)

    def _receive(self, data: bytes, now: float) -> None:
        try:
            envelope = decoded(data)
        except EnvelopeError:
            self._malformed += 1
            return
        if envelope.origin == self._outgoing.origin:
            self._echoed_at = now
            return
        verdict = self._ledger.receive(envelope, now)
        if verdict is Verdict.LOST:
            self._dispatch.put(Loss(reason=f"messages of {envelope.origin} are missing"))
        if verdict is not Verdict.DROP and envelope.topic != HEARTBEAT:
            self._dispatch.put(envelope)

    def _has_echo(self) -> bool:
        return time.monotonic() - self._echoed_at < MISSED_HEARTBEATS * self._heartbeat_seconds
