"""The policies of alerts, one for each rule, and the ways by which they are told."""

from dataclasses import field, fields, make_dataclass
from typing import Any

from apps.resilience.pipeline.registry import declare_dependency
from apps.tuning.declaration import Policy, policy
from apps.tuning.handle import Handle
from apps.tuning.knob import Knob, knob
from apps.tuning.registry import declare

NEXT = "At the next look, within 15 seconds."


@policy
class AlertPolicy(Policy):
    """When a rule counts as broken, and who is told how often."""

    is_enabled: bool = knob(default=True, effect=NEXT, help="Whether anybody looks at the rule.")
    for_seconds: float = knob(
        60.0, unit="seconds", minimum=0, maximum=86_400, effect=NEXT,
        help="How long it has to be broken before anybody is told, and kept before it is over.",
    )  # fmt: skip
    repeat_seconds: float = knob(
        14_400.0, unit="seconds", minimum=0, maximum=604_800, effect=NEXT,
        help="How often is told again what lasts and nobody has acknowledged. 0: never.",
    )  # fmt: skip
    recipients: str = knob(
        "", maximum=1_000, effect="From the next message.",
        help="Who gets mail of it, with commas between. Empty: those of ALERT_RECIPIENTS.",
    )  # fmt: skip


def declare_rule(name: str, *, title: str, threshold: float, told: Knob, for_seconds: float) -> Handle[Any]:
    """Declare a rule's policy, `alert_NAME`: the knobs of all, and its own threshold."""
    lasting = next(one.metadata for one in fields(AlertPolicy) if one.name == "for_seconds")
    own: Any = knob(
        threshold, unit=told.unit, minimum=told.minimum, maximum=told.maximum, effect=told.effect, help=told.help
    )
    kind = make_dataclass(
        f"{name.title().replace('_', '')}AlertPolicy",
        [("threshold", float, own), ("for_seconds", float, field(default=for_seconds, metadata=lasting))],
        bases=(AlertPolicy,),
        namespace={"__doc__": f"When it is told: {title}."},
        frozen=True,
        slots=True,
        kw_only=True,
    )
    kind.__module__ = AlertPolicy.__module__
    return declare(kind, name=f"alert_{name}", title=f"Alert: {title}")


def bound(help: str, *, unit: str, maximum: float) -> Knob:  # noqa: A002  (as a knob's own)
    """Return what a rule says of its threshold."""
    return Knob(unit=unit, minimum=0, maximum=maximum, group="General", help=help, effect=NEXT)


BREAKERS = declare_rule(
    "breakers", title="a breaker is open", threshold=1, for_seconds=15,
    told=bound("In how many processes.", unit="processes", maximum=10_000),
)  # fmt: skip
QUEUES = declare_rule(
    "queues", title="tasks pile up", threshold=100, for_seconds=60,
    told=bound("How many tasks wait in a queue.", unit="tasks", maximum=10_000_000),
)  # fmt: skip
MEMORY = declare_rule(
    "memory", title="memory runs out", threshold=90, for_seconds=300,
    told=bound("How much of a machine's memory is in use.", unit="%", maximum=100),
)  # fmt: skip
FRESHNESS = declare_rule(
    "freshness", title="something older than it may be was in a cache", threshold=1, for_seconds=0,
    told=bound("How many the auditors found in ten minutes.", unit="findings", maximum=1_000_000),
)  # fmt: skip
DUPLICATES = declare_rule(
    "duplicates", title="identical work ran twice", threshold=1, for_seconds=0,
    told=bound("How many the auditors found in ten minutes.", unit="findings", maximum=1_000_000),
)  # fmt: skip
ERRORS = declare_rule(
    "errors", title="requests fail", threshold=1, for_seconds=60,
    told=bound("The share of the requests of five minutes that ended in an error of the server.", unit="%",
               maximum=100),
)  # fmt: skip
HEALTH_CHECKS = declare_rule(
    "health", title="a check of health does not pass", threshold=1, for_seconds=60,
    told=bound("1: what warns is told, too. 2: what fails alone.", unit="", maximum=2),
)  # fmt: skip
OBJECTIVES = declare_rule(
    "objectives", title="a promise is in danger", threshold=1, for_seconds=0,
    told=bound("How fast its budget burns, in parts of the speed at which Prometheus raises an alarm.", unit="",
               maximum=1_000),
)  # fmt: skip

smtp = declare_dependency(
    "smtp", title="the mail server", deadline_seconds=20.0, attempt_seconds=15.0, slow_seconds=10.0, attempts=1,
    places_at_start=4,
)  # fmt: skip
alert_webhook = declare_dependency(
    "alert_webhook", title="the webhook of alerts", deadline_seconds=15.0, attempt_seconds=10.0, slow_seconds=5.0,
    attempts=1, places_at_start=4,
)  # fmt: skip
