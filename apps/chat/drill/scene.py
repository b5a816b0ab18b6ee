"""The drills there are: what is made to fail, and what a site must have for that to mean anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings

from apps.backplane.topology import topology_of
from apps.resilience.chaos import Fault
from apps.resilience.pipeline import pipelines

SLOW_SECONDS = 3.0
NO_ENDPOINT = (
    "This site's assistant answers in its own process: it has no endpoint that could fail. Start `manage.py "
    "fake_assistant`, and the site and the drill with the ASSISTANT_BASE_URL that it prints."
)
NO_REDIS = "This site runs without Redis (REDIS_URL): there is nothing to lose."
NO_SENTINEL = "This site's Redis has no Sentinels (REDIS_SENTINEL_HOSTS): there is nobody to fail over to."
NO_CHAOS = "CHAOS_ENABLED is off: start the site, and the drill, with CHAOS_ENABLED=on."


class DrillError(Exception):
    """The drill cannot be run; the text says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One drill. `dependency` is the name of a pipeline, or how the names of several begin."""

    told: str
    dependency: str = ""
    knobs: Mapping[str, object] = field(default_factory=dict)
    has_questions: bool = False
    is_storm: bool = False
    is_failover: bool = False

    @property
    def broken(self) -> list[str]:
        """The names of the pipelines whose calls are made to fail."""
        return [one.name for one in pipelines() if self.dependency and one.name.startswith(self.dependency)]


FAILING = {"fault": Fault.ERROR, "fault_percent": 100.0, "fault_user": ""}
SLOW = {**FAILING, "fault": Fault.LATENCY, "fault_seconds": SLOW_SECONDS}
SCENES = {
    "redis-down": Scene(told="every command to Redis fails", dependency="redis_", knobs=FAILING),
    "redis-failover": Scene(told="another Redis becomes the primary", is_failover=True),
    "assistant-slow": Scene(
        told=f"the assistant's endpoint takes {SLOW_SECONDS:g} s longer",
        dependency="assistant",
        knobs=SLOW,
        has_questions=True,
    ),
    "assistant-down": Scene(
        told="the assistant's endpoint cannot be reached", dependency="assistant", knobs=FAILING, has_questions=True
    ),
    "refresh-storm": Scene(told="everybody reloads the same page at the same time", is_storm=True),
    "bus-loss": Scene(told="the servers do not hear each other", dependency="redis_bus", knobs=FAILING),
}
NAMES = tuple(SCENES)


def scene_of(name: str) -> Scene:
    """Return the drill of a name; raise DrillError where this site has not what it takes."""
    scene = SCENES[name]
    if (scene.is_failover or scene.dependency.startswith("redis")) and not settings.REDIS_URL:
        raise DrillError(NO_REDIS)
    if scene.is_failover and not topology_of(settings.REDIS_URL).sentinels:
        raise DrillError(NO_SENTINEL)
    if scene.has_questions and not settings.ASSISTANT_BASE_URL:
        raise DrillError(NO_ENDPOINT)
    if scene.broken and not settings.CHAOS_ENABLED:
        raise DrillError(NO_CHAOS)
    return scene
