"""What lives other than those of now would bring: the draft, and the charts it is marked in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms

from apps.backplane.current import bus
from apps.caching.namespace import CONFIRM_SECONDS, Namespace
from apps.caching.policy import CachePolicy
from apps.caching.prediction.curve import Forecast
from apps.caching.prediction.exceptions import SnapshotError
from apps.caching.prediction.replay import Shares, what_if
from apps.caching.prediction.stack import Ttls
from apps.caching.watching.plot import Plot
from apps.caching.watching.survey import Survey, recordings
from apps.tuning.admin.form import KnobField
from apps.tuning.declaration import fields_of, values_of
from apps.tuning.exceptions import PolicyError

LIVES = ("l1_seconds", "l2_seconds", "l3_seconds")


class DraftForm(forms.Form):
    """The lives of the levels, checked as when they are saved, and never saved."""

    def __init__(self, policy: CachePolicy, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.draft, values = policy, values_of(policy)
        for field in fields_of(type(policy)):
            if field.name in LIVES:
                self.fields[field.name] = KnobField(field, values[field.name])

    def clean(self) -> dict[str, Any]:
        """Make the draft; say which field contradicts which."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.draft = replace(self.draft, **cleaned)
            except PolicyError as error:
                self.add_error(error.field if error.field in self.fields else None, error.reason)
        return cleaned


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One set of lives, and what it would bring; the shares only where levels were played."""

    name: str
    forecast: Forecast
    shares: Shares | None

    @property
    def percents(self) -> list[float]:
        """The share of L1, L2, L3 and loads."""
        shares = self.shares
        return [100 * share for share in (shares.l1, shares.l2, shares.l3, shares.loaded)] if shares else []

    @property
    def hit_percent(self) -> float:
        """The share of reads answered without a load by one cache with the life of the value."""
        return 100 * self.forecast.hit_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Rows for now and the draft, and three charts."""

    rows: list[Row]
    plots: list[Plot]


def predicted(survey: Survey, namespace: Namespace[Any], form: DraftForm) -> Prediction | None:
    """Return what the lives of now, and of a valid draft, would bring; None where too little is known yet."""
    try:
        curve = survey.curve(namespace.name)
    except SnapshotError:  # while a new version is rolled out, two count in different ways
        return None
    if curve is None:
        return None
    policies = {"Now": namespace.policy.current}
    if form.is_bound and form.is_valid():
        policies["Draft"] = form.draft
    played = recordings(bus(), namespace.name) if form.is_bound else []
    rows = [
        Row(name=name, forecast=curve.at(policy.l3_seconds), shares=what_if(played, ttls_of(policy), curve))
        for name, policy in policies.items()
    ]
    return Prediction(rows=rows, plots=_plots(curve.forecasts(), {row.name: row.forecast for row in rows}))


def ttls_of(policy: CachePolicy) -> Ttls:
    """Return the lives as levels answer by them: a session's copy is looked at every few seconds."""
    l2_seconds = min(policy.l2_seconds, CONFIRM_SECONDS, policy.l3_seconds)
    return Ttls(
        l1_seconds=min(policy.l1_seconds, policy.l3_seconds), l2_seconds=l2_seconds, l3_seconds=policy.l3_seconds
    )


def _plots(forecasts: tuple[Forecast, ...], marked: dict[str, Forecast]) -> list[Plot]:
    def plot(title: str, unit: str, field: str, scale: float, top: float = 0.0) -> Plot:
        def point(one: Forecast) -> tuple[float, float]:
            return one.ttl_seconds, scale * getattr(one, field)

        marks = {name: point(one) for name, one in marked.items()}
        return Plot(title=title, unit=unit, points=[point(one) for one in forecasts], marks=marks, top=top)

    return [
        plot("Hit rate", "%", "hit_rate", 100.0, top=100.0),
        plot("Loads per second", "", "loads_per_second", 1.0),
        plot("Mean age", "s", "mean_age_seconds", 1.0),
    ]
