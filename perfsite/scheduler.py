"""The embedded default's scheduler: Celery's own, beside the task worker inside the web process.

Each process of one server has a task worker of its own where there is no broker; a schedule they need once. Whoever
holds the lock on a file in the data directory keeps it; the kernel gives the lock up with its process.
"""

import fcntl
import logging
from pathlib import Path
from threading import Event, Thread
from typing import IO

from celery.beat import Scheduler as Schedule
from celery.beat import Service as Beat
from django.conf import settings

from perfsite.celery import app

logger = logging.getLogger(__name__)
LOCK = "scheduler.lock"
TURN_SECONDS = 1
AGAIN_SECONDS = 5.0
STOP_SECONDS = 2.0


class Scheduler:
    """Lives with the server. In memory: what is due follows from the intervals and the start."""

    def __init__(self) -> None:
        self._stopping = Event()
        self._thread = Thread()
        self._beat = Beat(app, max_interval=TURN_SECONDS, scheduler_cls=Schedule)

    def start(self) -> None:
        """Begin, or wait until whoever keeps the schedule ends; does not block."""
        self._stopping.clear()
        self._thread = Thread(target=self._run, name="scheduler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; blocks for two seconds at most."""
        self._stopping.set()
        self._beat.stop()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        with (Path(settings.DATA_DIR) / LOCK).open("w") as file:
            while not is_locked(file):
                if self._stopping.wait(AGAIN_SECONDS):
                    return
            self._beat.start()


def is_locked(file: IO[str]) -> bool:
    """Return whether the lock is this process's now. Does not block."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # this file system has none: whoever waits tries again
        logger.warning("No lock can be had, so nothing is begun on schedule: %s", error)
        return False
    return True
