"""Every dependency as staff see it: what was ordered, and how its breaker stands in each process."""

from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from apps.resilience.pipeline.pipeline import Pipeline
from apps.resilience.pipeline.policy import PipelinePolicy
from apps.resilience.pipeline.registry import pipeline, pipelines
from apps.resilience.sharing.current import is_attached, new_store
from apps.resilience.sharing.report import StoreError

HERE = "this process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A breaker in one process."""

    origin: str
    view: dict[str, Any]

    @property
    def failure_percent(self) -> float:
        """The share of failures in its window."""
        return float(100 * self.view["window_failures"] / (self.view["window_calls"] or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A dependency: its policy, its breaker everywhere, and the rest of this process's pipeline."""

    name: str
    title: str
    policy: PipelinePolicy
    processes: tuple[Process, ...]
    pipeline: Pipeline
    has_faults: bool

    @property
    def state(self) -> str:
        """The state most worth knowing: any that rejects calls before one that does not."""
        states = {process.view["state"] for process in self.processes}
        order = ("forced-open", "open", "half-open", "disabled", "metrics-only")
        return next((state for state in order if state in states), "closed")


def standings() -> list[Standing]:
    """Return all dependencies by name. Asks Redis once for each, where there is one; blocks for it."""
    return [standing(one.name) for one in pipelines()]


def standing(name: str) -> Standing:
    """Return one dependency; raise UnknownPipelineError. Without an answer of the store, this process alone."""
    found = pipeline(name)
    found.obey()
    return Standing(
        name=name,
        title=found.handle.title.removeprefix("Pipeline: "),
        policy=found.handle.current,
        processes=_processes(found),
        pipeline=found,
        has_faults=found.parts.chaos.is_on,
    )


def is_alone() -> bool:
    """Return whether the fleet's store should answer and does not: each process decides alone."""
    return is_attached() is False


def _processes(found: Pipeline) -> tuple[Process, ...]:
    views: dict[str, dict[str, Any]] = {}
    if settings.REDIS_URL:
        store = new_store(settings.REDIS_URL)
        try:
            views = store.processes(found.name)
        except StoreError:
            views = {}  # said by `is_alone`; this process's own view follows
        finally:
            store.close()
    views = views or {HERE: asdict(found.breaker.view())}
    return tuple(Process(origin=origin, view=view) for origin, view in sorted(views.items()))
