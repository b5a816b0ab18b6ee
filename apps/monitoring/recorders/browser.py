"""Browsers: how pages felt, by page and in all."""

from typing import get_args

from apps.monitoring.browser.beacon import Beacon, Cause, Timing, Vitals
from apps.monitoring.browser.rating import BOUNDS, RATINGS, rating
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter, distribution
from apps.monitoring.policy.browser import BROWSER
from apps.monitoring.recorders.recorder import Recorder
from apps.monitoring.routes import route_of

VITALS = distribution(
    "web_vitals_seconds", "Web vitals as browsers measured them, without layout shift.", "name", "rating"
)
SHIFT = distribution(
    "web_vitals_layout_shift",
    "Cumulative layout shift as browsers measured it.",
    "rating",
    bounds=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)
PAGES = distribution("page_vitals", "Web vitals by page.", "route", "name", is_exported=False)
TIMINGS = distribution(
    "chat_timing_seconds", "What people wait for in the chat, from click to screen.", "name"
)  # fmt: skip
AVOIDED = counter("browser_requests_avoided_total", "Requests browsers did not send, by what spared them.", "cause")
THOUSAND = 1_000


class BrowserRecorder(Recorder[Beacon]):
    """Told by the view that takes beacons."""

    name = "browser"
    policy = BROWSER
    limit = 5_000

    def fold(self, board: Board, samples: list[Beacon]) -> None:
        """Count what the pages told."""
        weight = round(100 / self.rules.sample_percent)
        for beacon in samples:
            if self.rules.is_ignored(beacon.path):
                continue
            self._fold_vitals(board, beacon, weight)
            for name, times in beacon.timings.items():
                for milliseconds in times:
                    board.observe(TIMINGS, (name,), milliseconds / THOUSAND, weight)
            for cause, number in beacon.avoided.items():
                board.add(AVOIDED, (cause,), number * weight)

    def _fold_vitals(self, board: Board, beacon: Beacon, weight: int) -> None:
        route = route_of(beacon.path)
        for name, value in seconds_of(beacon.vitals).items():
            metric, labels = (SHIFT, ()) if name == "CLS" else (VITALS, (name,))
            board.observe(metric, (*labels, rating(name, value)), value, weight)
            board.observe(PAGES, (route, name), value, weight)

    def read(self, board: Board) -> None:
        """Have the series that can be there, before anything is told."""
        for judged in RATINGS:
            board.histogram(SHIFT, (judged,))
            for name in BOUNDS.keys() - {"CLS"}:
                board.histogram(VITALS, (name, judged))
        for timing in get_args(Timing):
            board.histogram(TIMINGS, (timing,))
        for cause in get_args(Cause):
            board.add(AVOIDED, (cause,), 0)


def seconds_of(vitals: Vitals) -> dict[str, float]:
    """Return what was measured, by name: times in seconds, the shift as it is."""
    measured = {name: getattr(vitals, name) for name in BOUNDS}
    return {name: value if name == "CLS" else value / THOUSAND for name, value in measured.items() if value is not None}
