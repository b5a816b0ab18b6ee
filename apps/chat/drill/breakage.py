"""What fails on purpose, by the policies of the pipelines: no process is touched, and it ends by itself."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from apps.chat.drill.scene import Scene
from apps.resilience.pipeline import pipeline
from apps.resilience.pipeline.policy import MOMENT
from apps.resilience.pipeline.registry import SUFFIX
from apps.tuning.actor import Actor
from apps.tuning.current import refresh
from apps.tuning.services.changes import change_policy

KNOBS = ("fault", "fault_percent", "fault_seconds", "fault_until", "fault_user")


@contextmanager
def breaking(scene: Scene, *, seconds: float, actor: Actor, reason: str) -> Iterator[None]:
    """Have the calls of the scene's pipelines fail inside the block; afterwards as it was, whatever happens.

    Should this process be killed, it ends by itself within two minutes of the time it was to last.
    """
    until = datetime.now(UTC) + timedelta(minutes=math.ceil(seconds / 60) + 1)
    knobs = {**scene.knobs, "fault_until": until.strftime(MOMENT)}
    refresh()
    before = {name: {knob: getattr(pipeline(name).handle.current, knob) for knob in KNOBS} for name in scene.broken}
    try:
        for name in before:
            change_policy(name=name + SUFFIX, changes=knobs, actor=actor, reason=reason)
        yield
    finally:
        for name, values in before.items():
            change_policy(name=name + SUFFIX, changes=values, actor=actor, reason=f"{reason}: the end")
