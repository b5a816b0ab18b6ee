"""The form of a policy, made from its fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.tuning.declaration import Field
from apps.tuning.difference import shown
from apps.tuning.exceptions import PolicyError
from apps.tuning.kinds import Choice, Line, Number, Switch, Whole
from apps.tuning.overview import Standing
from apps.tuning.reason import REASON_MAX_CHARACTERS

VALUE = "value_"  # before a field's name: a policy may have a field named reason


class KnobField(forms.Field):
    """Takes what the knob takes and refuses in its words."""

    def __init__(self, field: Field, current: Any) -> None:
        super().__init__(
            required=False, label=field.label, widget=widget_of(field), initial=current, help_text=field.knob.help
        )
        self.knob = field

    def clean(self, value: Any) -> Any:
        """Return the typed value as the policy holds it."""
        try:
            return self.knob.checked(value) if isinstance(value, bool) else self.knob.parsed(value or "")
        except PolicyError as error:
            raise ValidationError(error.reason) from None


class ReasonForm(forms.Form):
    """Why; what every change asks for."""

    reason = forms.CharField(
        max_length=REASON_MAX_CHARACTERS,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="For those who read the history and the audit log.",
        error_messages={"required": "Say why: it is kept in the history and the audit log."},
    )

    def refuse(self, error: PolicyError) -> None:
        """Show a refusal beside the field it names."""
        name = error.field if error.field in self.fields else f"{VALUE}{error.field}"
        self.add_error(*((name, error.reason) if name in self.fields else (None, str(error))))


class PolicyForm(ReasonForm):
    """All knobs of a policy, and the revision they were shown at."""

    based_on = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, standing: Standing, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"based_on": standing.state.number})
        self.standing = standing
        for field in standing.handle.fields:
            self.fields[VALUE + field.name] = KnobField(field, standing.values[field.name])

    def clean(self) -> dict[str, Any]:
        """Hold the values against each other as well, so that all that is wrong is said at once."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not any(name.startswith(VALUE) for name in self.errors):
            try:
                self.standing.handle.kind(**self.values())
            except PolicyError as error:
                self.refuse(error)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return the typed values by the names of the policy's fields."""
        return {name.removeprefix(VALUE): self.cleaned_data[name] for name in self.fields if name.startswith(VALUE)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A knob on the page: its input, and what stands beside it."""

    input: forms.BoundField
    name: str
    unit: str
    bounds: str
    effect: str
    default: str
    current: str
    is_changed: bool
    is_switch: bool


def grouped(form: PolicyForm, standing: Standing) -> Iterator[tuple[str, list[Row]]]:
    """Yield the groups of knobs in the order of their declaration."""
    fields = standing.handle.fields
    order = list(dict.fromkeys(field.knob.group for field in fields))
    ordered = sorted(fields, key=lambda field: order.index(field.knob.group))
    for group, members in groupby(ordered, key=lambda field: field.knob.group):
        yield group, [_row(form, field, standing.values[field.name]) for field in members]


def bounds_of(field: Field) -> str:
    """Return what a knob takes, in words; empty where the input itself says so."""
    kind = field.kind
    if isinstance(kind, Whole | Number):
        return f"{kind.minimum:,} to {kind.maximum:,}{f' {kind.unit}' if kind.unit else ''}"
    return f"up to {kind.maximum:,} characters" if isinstance(kind, Line) else ""


def widget_of(field: Field) -> forms.Widget:
    """Return the input for a field's type."""
    kind = field.kind
    described = {"aria-describedby": f"about_{field.name}"}
    if isinstance(kind, Switch):
        made: forms.Widget = UnfoldBooleanSwitchWidget(attrs=described)
    elif isinstance(kind, Choice):
        made = UnfoldAdminSelectWidget(attrs=described, choices=[(word, word) for word in kind.options])
    elif isinstance(kind, Line):
        made = UnfoldAdminTextInputWidget(attrs={**described, "maxlength": kind.maximum, "autocomplete": "off"})
    else:
        made = UnfoldAdminIntegerFieldWidget(attrs={**described, **_limits(kind)})
    return made


def _limits(kind: Any) -> dict[str, Any]:
    return {"min": kind.minimum, "max": kind.maximum, "step": 1 if isinstance(kind, Whole) else "any"}


def _row(form: PolicyForm, field: Field, current: Any) -> Row:
    return Row(
        input=form[VALUE + field.name],
        name=field.name,
        unit=field.knob.unit,
        bounds=bounds_of(field),
        effect=field.knob.effect[:1].lower() + field.knob.effect[1:],
        default=shown(field.default),
        current=shown(current),
        is_changed=current != field.default,
        is_switch=isinstance(field.kind, Switch),
    )
