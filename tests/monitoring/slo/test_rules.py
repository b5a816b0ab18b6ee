"""The rules for Prometheus: as committed, as promtool reads them, and every alarm raised when it should, not else."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.monitoring.slo.burn import Burn, burns_of, name_of
from apps.monitoring.slo.definitions import DUPLICATES, OBJECTIVES
from apps.monitoring.slo.objective import Objective
from apps.monitoring.slo.rules import rules_file
from tests.project.variables import PROJECT
from tests.servers.prometheus import promtool

FOLDER = PROJECT / "docker" / "prometheus"
COMMITTED = FOLDER / "rules.yml"
STEPS = 5  # samples in the shortest window
EACH_STEP = 100_000
ANSWERS, READS = "http_answer_duration_seconds", "cache_requests_total"
GOOD_AND_BAD = {
    "availability": (f'{ANSWERS}_count{{outcome="ok"}}', f'{ANSWERS}_count{{outcome="failed"}}'),
    "hit_rate": (f'{READS}{{result="hit"}}', f'{READS}{{result="miss"}}'),
}
OF_ALL = {  # below the bound, and all of them
    "cached_latency": ('source="cache",outcome="ok"', "0.1"),
    "uncached_latency": ('source="application",outcome="ok"', "0.5"),
}
CASES = [(objective, burn) for objective in OBJECTIVES for burn in burns_of(objective)]
NAMES = [f"{objective.name}-{name_of(burn.long_seconds)}" for objective, burn in CASES]


def test_the_committed_rules_are_those_of_the_definitions() -> None:
    printed = StringIO()
    call_command("prometheus_rules", stdout=printed)
    assert printed.getvalue() == rules_file() == COMMITTED.read_text()


def test_promtool_finds_nothing_wrong_with_the_rules() -> None:
    checked = promtool("check", "rules", "--lint-fatal", str(COMMITTED))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_promtool_finds_nothing_wrong_with_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(COMMITTED.read_text())
    (tmp_path / "token").write_text("secret")
    text = (FOLDER / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(text.replace("/run/secrets/metrics_token", str(tmp_path / "token")))
    checked = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def growing(name: str, share: float) -> dict[str, str]:
    """Return a counter that grows evenly."""
    return {"series": name, "values": f"0+{EACH_STEP * share:g}x1000"}


def traffic(objective: Objective, bad: float) -> list[dict[str, str]]:
    """Return what Prometheus scrapes of a site where this share is bad."""
    if pair := GOOD_AND_BAD.get(objective.name):
        return [growing(pair[0], 1 - bad), growing(pair[1], bad)]
    labels, bound = OF_ALL[objective.name]
    return [
        growing(f"{ANSWERS}_count{{{labels}}}", 1),
        growing(f'{ANSWERS}_bucket{{{labels},le="{bound}"}}', 1 - bad),
    ]


def alarm_of(objective: Objective, *, severity: str, window: str, ending: str = "Burns") -> str:
    name = "".join(word.capitalize() for word in objective.name.split("_")) + ending
    labels = {"alertname": name, "objective": objective.name, "severity": severity, "window": window}
    return "ALERTS{alertstate='firing'," + ",".join(f"{key}='{value}'" for key, value in labels.items()) + "}"


def at(seconds: int, alarm: str, *, is_raised: bool) -> dict[str, Any]:
    """Return what promtool is to find at a moment."""
    samples = [{"labels": "{}", "value": 1}] if is_raised else []
    return {"expr": f"sum({alarm})", "eval_time": f"{seconds}s", "exp_samples": samples}


def judge(folder: Path, step: int, *tests: dict[str, Any]) -> None:
    """Have promtool judge; its file is YAML, which JSON is too."""
    text = json.dumps({"rule_files": [str(COMMITTED)], "evaluation_interval": f"{step}s", "tests": tests})
    (folder / "tests.yml").write_text(text)
    judged = promtool("test", "rules", str(folder / "tests.yml"))
    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.parametrize(("objective", "burn"), CASES, ids=NAMES)
def test_an_alarm_is_raised_above_its_speed_and_not_below(tmp_path: Path, objective: Objective, burn: Burn) -> None:
    step, end = burn.short_seconds // STEPS, burn.long_seconds + burn.short_seconds
    alarm = alarm_of(objective, severity=burn.severity, window=name_of(burn.long_seconds))
    tests = [
        {
            "interval": f"{step}s",
            "input_series": traffic(objective, burn.factor * objective.budget * factor),
            "promql_expr_test": [at(end, alarm, is_raised=factor > 1)],
        }
        for factor in (0.9, 1.05)
    ]
    judge(tmp_path, burn.short_seconds, *tests)
    assert tests[0]["promql_expr_test"] != tests[1]["promql_expr_test"]


def test_an_alarm_ends_soon_after_its_cause(tmp_path: Path) -> None:
    objective, burn = CASES[0]
    alarm = alarm_of(objective, severity=burn.severity, window=name_of(burn.long_seconds))
    good, bad = GOOD_AND_BAD[objective.name]
    lasting = {
        "interval": "1m",
        "input_series": [
            {"series": good, "values": "0+90x60 5490+100x60"},
            {"series": bad, "values": "0+10x60 600+0x60"},
        ],
        "promql_expr_test": [at(3_600, alarm, is_raised=True), at(3_960, alarm, is_raised=False)],
    }
    judge(tmp_path, 60, lasting)
    assert burn.short_seconds < 360


@pytest.mark.parametrize("found", [0, 1])
def test_one_duplicate_is_enough(tmp_path: Path, found: int) -> None:
    alarm = alarm_of(DUPLICATES, severity="page", window="1h", ending="Found")
    name = "deduplication_duplicate_executions_total"
    one = {
        "interval": "1m",
        "input_series": [{"series": name, "values": f"0x10 {found}x100"}],
        "promql_expr_test": [at(600, alarm, is_raised=False), at(1_200, alarm, is_raised=bool(found))],
    }
    judge(tmp_path, 60, one)
    assert not burns_of(DUPLICATES)


@pytest.mark.parametrize("is_up", [0, 1])
def test_a_site_that_does_not_answer_for_a_minute_is_told(tmp_path: Path, is_up: int) -> None:
    alarm = "ALERTS{alertname='SiteDown',alertstate='firing',instance='web:8000'}"
    one = {
        "interval": "30s",
        "input_series": [{"series": 'up{job="perfsite",instance="web:8000"}', "values": f"1x4 {is_up}x10"}],
        "promql_expr_test": [at(150, alarm, is_raised=False), at(300, alarm, is_raised=not is_up)],
    }
    judge(tmp_path, 30, one)
    assert alarm


def test_without_traffic_there_is_no_alarm(tmp_path: Path) -> None:
    idle = {
        "interval": "1m",
        "input_series": [one for objective in OBJECTIVES if objective.budget for one in still(objective)],
        "promql_expr_test": [{"expr": "ALERTS", "eval_time": "90m", "exp_samples": []}],
    }
    judge(tmp_path, 300, idle)
    assert idle["input_series"]


def still(objective: Objective) -> list[dict[str, str]]:
    return [{"series": one["series"], "values": "5x100"} for one in traffic(objective, 0.5)]
