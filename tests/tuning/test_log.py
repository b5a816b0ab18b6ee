"""The audit log as others read it."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.tuning.audit import record
from apps.tuning.exceptions import UnknownEntryError
from apps.tuning.handle import Handle
from apps.tuning.log import Search, actions, entries, entry, every_entry
from tests.tuning.lamp import ANN, LampPolicy
from tests.tuning.test_changes import turn


@pytest.fixture
def written(db: None, lamp: Handle[LampPolicy]) -> None:
    turn("too dark", watts=50)
    with transaction.atomic():
        record(actor=ANN, action="cache.invalidated", target="tag:x", before=None, after=[1], reason="it was wrong")


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        (Search(), [2, 1]),
        (Search(text="DARK"), [1]),
        (Search(text="ann"), [2, 1]),
        (Search(text="tag:x"), [2]),
        (Search(text="r1"), [1]),
        (Search(action="cache.invalidated"), [2]),
        (Search(text="nobody"), []),
    ],
)
def test_entries_are_found_by_who_what_whom_why_and_request(search: Search, numbers: list[int]) -> None:
    assert [one.number for one in entries(search=search)] == numbers
    assert [one.number for one in every_entry(search=search)] == numbers[::-1]


@pytest.mark.usefixtures("written")
def test_entries_are_found_by_time_and_page() -> None:
    now = timezone.now()
    assert entries(search=Search(since=now + timedelta(minutes=1))) == []
    assert entries(search=Search(until=now - timedelta(minutes=1))) == []
    assert [one.number for one in entries(search=Search(), limit=1)] == [2]
    assert [one.number for one in entries(search=Search(), before=2)] == [1]
    assert actions() == ["cache.invalidated", "policy.changed"]


@pytest.mark.usefixtures("written")
def test_an_entry_tells_what_changed_and_the_way_back() -> None:
    changed = entry(1)
    assert [(one.field, one.before, one.after) for one in changed.differences] == [("watts", 40, 50)]
    assert (changed.policy, changed.revision_before) == ("lamp", 0)
    other = entry(2)
    assert (other.policy, other.revision_before, other.differences) == ("", None, ())
    with pytest.raises(UnknownEntryError):
        entry(3)
