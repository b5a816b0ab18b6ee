"""The orders that staff can give a namespace: what each does, and who carries it out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.backplane.current import bus
from apps.caching.namespace import Namespace
from apps.caching.watching import orders
from apps.tuning.reason import REASON_MAX_CHARACTERS

By: TypeAlias = dict[str, Any]  # who, why, and in which request
Give: TypeAlias = Callable[[Namespace[Any], dict[str, Any], By], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`field` is the input whose content it is about, and where a refusal is shown."""

    name: str
    group: str
    effect: str
    give: Give
    field: str = ""


def _key(namespace: Namespace[Any], given: dict[str, Any], by: By) -> None:
    orders.order_key(namespace=namespace, text=given["key"], **by)


def _tag(_: Namespace[Any], given: dict[str, Any], by: By) -> None:
    orders.order_tag(tag=given["tag"], **by)


def _namespace(namespace: Namespace[Any], _: dict[str, Any], by: By) -> None:
    orders.order_namespace(namespace=namespace, bus=bus(), **by)


def _memory(namespace: Namespace[Any], _: dict[str, Any], by: By) -> None:
    orders.order_memory(namespace=namespace, bus=bus(), **by)


def _warm(namespace: Namespace[Any], _: dict[str, Any], by: By) -> None:
    orders.order_warm(namespace=namespace, **by)


def _off(namespace: Namespace[Any], _: dict[str, Any], by: By, *, level: str) -> None:
    orders.order_off(namespace=namespace, level=level, **by)


FORGET, LOAD, SWITCH = "Forget", "Load", "Switch off"
COMMANDS = (
    Command(name="Invalidate key", group=FORGET, field="key", give=_key,
            effect="All that stands under the tags of this key, in every process."),
    Command(name="Invalidate tag", group=FORGET, field="tag", give=_tag,
            effect="All that stands under this tag, in any namespace and every process."),
    Command(name="Invalidate namespace", group=FORGET, give=_namespace,
            effect="Counts the policy's clearings up: nothing that was stored before is found."),
    Command(name="Clear memory", group=FORGET, give=_memory,
            effect="Levels 1 and 2 of every process forget the namespace; level 3 stays."),
    Command(name="Warm now", group=LOAD, give=_warm,
            effect="The keys asked for most are loaded, in the background, where they are missing."),
    Command(name="Switch L1 off", group=SWITCH, give=partial(_off, level="L1"),
            effect="Processes give nothing out without asking, but what sessions have."),
    Command(name="Switch L2 off", group=SWITCH, give=partial(_off, level="L2"),
            effect="Sessions have no copies of their own."),
    Command(name="Switch L3 off", group=SWITCH, give=partial(_off, level="L3"),
            effect="Nothing is kept in the shared store. Taking the policy's revision back switches it on."),
)  # fmt: skip
BY_NAME = {command.name: command for command in COMMANDS}


def line(*, required: bool = False, **options: Any) -> forms.CharField:
    """Return a field for one line of text."""
    return forms.CharField(
        required=required, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}), **options
    )


class OrderForm(forms.Form):
    """An order, what it names, and why."""

    command = forms.ChoiceField(choices=[(command, command) for command in BY_NAME])
    key = line(max_length=1_000, help_text='As a list, its parts in order: ["5b0c…", 50]')
    tag = line(max_length=200, help_text="As in conversation:7")
    reason = line(
        required=True,
        max_length=REASON_MAX_CHARACTERS,
        help_text="For those who read the audit log.",
        error_messages={"required": "Say why: it is kept in the audit log."},
    )
