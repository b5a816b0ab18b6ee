"""What may be said over the live socket."""

import json

import pytest

from apps.monitoring.charts import chart as declared
from apps.monitoring.charts.chart import declare
from apps.monitoring.live.limits import CHARTS_MAX
from apps.monitoring.live.requests import Request, RequestError, requested
from tests.monitoring.live.said import chart


@pytest.fixture(autouse=True)
def _one_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "_charts", {})
    declare(chart("one"))


def test_what_has_the_right_form_is_taken() -> None:
    assert requested('{"type":"watch","charts":["one","one"]}') == Request(kind="watch", charts=("one",))
    assert requested('{"type":"pause"}') == Request(kind="pause")
    assert requested('{"type":"resume","charts":7}') == Request(kind="resume")


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (None, "not JSON"),
        ("{", "not JSON"),
        ("[]", "type: must be one of watch, pause, resume"),
        ('{"type":["watch"]}', "type: must be"),
        ('{"type":"watch"}', f"charts: must be a list of {CHARTS_MAX} names"),
        ('{"type":"watch","charts":[1]}', "charts: must be a list"),
        (json.dumps({"type": "watch", "charts": ["one"] * (CHARTS_MAX + 1)}), "charts: must be a list"),
        ('{"type":"watch","charts":["two"]}', "charts: there is no chart 'two'"),
    ],
)
def test_what_has_not_is_refused_with_the_name_of_the_field(frame: str | None, why: str) -> None:
    with pytest.raises(RequestError, match=why):
        requested(frame)
