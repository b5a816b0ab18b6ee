"""The form of draft thresholds: the policy's own knobs, checked as when they are saved, and never saved."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms

from apps.resilience.pipeline.policy import OPENING, RECOVERY, PipelinePolicy
from apps.tuning.admin.form import KnobField
from apps.tuning.declaration import fields_of, values_of
from apps.tuning.exceptions import PolicyError


class DraftForm(forms.Form):
    """The knobs that decide when a breaker opens and recovers."""

    def __init__(self, policy: PipelinePolicy, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.draft, values = policy, values_of(policy)
        for field in fields_of(type(policy)):
            if field.knob.group in {OPENING, RECOVERY}:
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
