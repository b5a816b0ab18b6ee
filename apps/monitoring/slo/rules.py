"""The promises as rules for Prometheus: what it records, and when it raises an alarm."""

from collections.abc import Iterable, Iterator

from apps.monitoring.measuring.metric import Kind
from apps.monitoring.slo.burn import BURNS, PAGE, Burn, burns_of, name_of
from apps.monitoring.slo.definitions import OBJECTIVES
from apps.monitoring.slo.objective import Count, Objective

Rule = dict[str, str | dict[str, str]]
JOB = "perfsite"
HEAD = "# Made by `manage.py prometheus_rules` from apps/monitoring/slo/definitions.py. Do not change it here.\n"
WINDOWS = sorted({seconds for burn in BURNS for seconds in (burn.long_seconds, burn.short_seconds)})
ANY_SECONDS = 3_600  # how long one that must never happen is told


def rules_file() -> str:
    """Return the rules as YAML."""
    groups = {"perfsite": [down()], "perfsite-objectives": [*recordings(), *alarms()]}
    return HEAD + "groups:\n" + "".join(_group(name, rules) for name, rules in groups.items())


def recordings() -> Iterator[Rule]:
    """Return what is recorded: the share that was bad, of each promise, over each window."""
    for objective in OBJECTIVES:
        for seconds in WINDOWS if objective.budget else (ANY_SECONDS,):
            yield {
                "record": recorded(seconds),
                "expr": bad_share(objective, name_of(seconds)),
                "labels": {"objective": objective.name},
            }


def alarms() -> Iterator[Rule]:
    """Return the alarms of all promises."""
    for objective in OBJECTIVES:
        yield from (_alarm(objective, burn) for burn in burns_of(objective))
        if objective.bad and not objective.budget:
            yield _alarm_of_any(objective, objective.bad)


def down() -> Rule:
    """Return the alarm that the site itself cannot raise."""
    return {
        "alert": "SiteDown",
        "expr": f'up{{job="{JOB}"}} == 0',
        "for": "1m",
        "labels": {"severity": PAGE},
        "annotations": {"summary": "{{ $labels.instance }} does not answer."},
    }


def recorded(seconds: int) -> str:
    """Return the name under which the bad share over a window is recorded."""
    return f"objective:bad_share:rate{name_of(seconds)}"


def bad_share(objective: Objective, window: str) -> str:
    """Return the expression of the share that was bad; without traffic it has no value."""
    total = f"({rate(objective.total, window)} > 0)"
    if objective.good:
        return f"1 - {rate(objective.good, window)} / {total}"
    assert objective.bad  # noqa: S101  (an objective has one of them)
    return f"{rate(objective.bad, window)} / {total}"


def rate(count: Count, window: str) -> str:
    """Return the expression of how often something happens in a second."""
    return f"sum(rate({selector(count)}[{window}]))"


def selector(count: Count) -> str:
    """Return the series that are counted."""
    name, chosen = count.metric.name, [_matcher(label, values) for label, values in count.where.items()]
    if count.below is not None:
        name, chosen = f"{name}_bucket", [*chosen, f'le="{float(count.below)!r}"']
    elif count.metric.kind is Kind.DISTRIBUTION:
        name = f"{name}_count"
    return f"{name}{{{','.join(chosen)}}}" if chosen else name


def _matcher(label: str, values: tuple[str, ...]) -> str:
    return f'{label}="{values[0]}"' if len(values) == 1 else f'{label}=~"{"|".join(values)}"'


def _alarm(objective: Objective, burn: Burn) -> Rule:
    threshold = f"{burn.factor * objective.budget:.6g}"
    chosen = f'{{objective="{objective.name}"}} > {threshold}'
    return {
        "alert": f"{_camel(objective.name)}Burns",
        "expr": f"{recorded(burn.long_seconds)}{chosen} and {recorded(burn.short_seconds)}{chosen}",
        "labels": {
            "objective": objective.name,
            "severity": burn.severity,
            "window": name_of(burn.long_seconds),
        },
        "annotations": {
            "summary": f"{objective.title}: {objective.share:.10g} is promised.",
            "description": "{{ $value | humanizePercentage }} did not in the last "
            f"{name_of(burn.long_seconds)}: at this speed a budget of 30 days lasts {30 / burn.factor:.2g} days.",
        },
    }


def _alarm_of_any(objective: Objective, bad: Count) -> Rule:
    window = name_of(ANY_SECONDS)
    return {
        "alert": f"{_camel(objective.name)}Found",
        "expr": f"sum(increase({selector(bad)}[{window}])) > 0",
        "labels": {"objective": objective.name, "severity": PAGE, "window": window},
        "annotations": {
            "summary": f"{objective.title}: without exception.",
            "description": f"There were exceptions in the last {window}.",
        },
    }


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _group(name: str, rules: Iterable[Rule]) -> str:
    lines = [f"  - name: {name}", "    interval: 30s", "    rules:"]
    for rule in rules:
        first, *others = [line for key, value in rule.items() for line in _lines(key, value)]
        lines += [f"      - {first}", *(f"        {line}" for line in others)]
    return "\n".join(lines) + "\n"


def _lines(key: str, value: str | dict[str, str]) -> Iterator[str]:
    if isinstance(value, dict):
        yield f"{key}:"
        yield from (f"  {name}: {_quoted(text)}" for name, text in value.items())
    else:
        yield f"{key}: {_quoted(value)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
