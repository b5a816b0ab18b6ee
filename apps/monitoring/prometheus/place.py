"""The place of this process on the shelf: its figures of the last second, for all who are asked."""

import logging
import os
from collections.abc import Callable

from apps.monitoring.measuring.sheet import Sheet
from apps.monitoring.prometheus.coarse import Coarse
from apps.monitoring.prometheus.shelf import Shelf
from apps.monitoring.worker import Worker

logger = logging.getLogger(__name__)
KIND = "metrics_file"


class Place:
    """Takes a sheet every second and keeps it as a file. What the disk does not take is counted, by `drop`.

    `latest` is what was taken last, on the disk or not. The name tells a process from another that had its number.
    """

    def __init__(self, shelf: Shelf, worker: Worker, drop: Callable[[str, int], None]) -> None:
        self.shelf, self.name = shelf, f"{worker.name}:{worker.started:.3f}"
        self.latest: Sheet | None = None
        self._drop, self._lock = drop, -1
        self._unreadable, self._coarse = 0, Coarse()
        self._is_failing = False

    def take(self, sheet: Sheet) -> None:
        """Write the sheet; in the keeper's thread. What others are told is never newer than the file."""
        lines = self._coarse.lines(sheet.lines)
        sheet = Sheet(worker=sheet.worker, started=sheet.started, at=sheet.at, lines=lines)
        try:
            self._begin()
            self.shelf.write(self.name, sheet.packed())
            self._is_failing = False
        except OSError as error:
            self._fail(error)
        self.latest = sheet
        self._tell_unreadable()

    def close(self) -> None:
        """Have the process count as ended."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _begin(self) -> None:
        if self._lock < 0:
            self._lock = self.shelf.hold(self.name)
            self.shelf.fold()

    def _fail(self, error: OSError) -> None:
        self._drop(KIND, 1)
        if not self._is_failing:
            logger.warning("The figures for Prometheus cannot be kept: %s", error)
        self._is_failing = True

    def _tell_unreadable(self) -> None:
        if missed := self.shelf.unreadable - self._unreadable:
            self._unreadable += missed
            self._drop(KIND, missed)
