"""Staff see which answers are kept, and nothing of what they say."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.chat.models import User
from apps.chat.records import ConversationRecord
from apps.deduplication.models import IdempotencyRecord
from tests.chat.api.caller import Caller
from tests.chat.people import person
from tests.deduplication.idempotency.sending import sent

LIST = "admin:deduplication_idempotencyrecord_changelist"


@pytest.fixture
def staff(ann: User) -> Client:
    """Somebody who may do all there is."""
    client = Client()
    client.force_login(person("root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def record(as_ann: Caller, where: ConversationRecord) -> IdempotencyRecord:
    """The record of a message that was sent."""
    sent(as_ann, "POST", f"/conversations/{where.id}/messages", {"text": "the secret is 42"})
    return IdempotencyRecord.objects.get()


def test_staff_see_who_sent_what_where_and_when_but_no_text(staff: Client, record: IdempotencyRecord) -> None:
    page = staff.get(reverse(LIST), {"q": record.digest[:6]}).content.decode()
    assert all(shown in page for shown in ("ann", record.method, record.path, record.digest[:8], "201"))
    assert "the secret" not in page
    details = staff.get(reverse("admin:deduplication_idempotencyrecord_change", args=[record.pk])).content.decode()
    assert record.fingerprint in details
    assert "the secret" not in details
    assert str(record) == f"POST {record.path} {record.digest[:8]}"


def test_staff_change_nothing(staff: Client, record: IdempotencyRecord) -> None:
    assert staff.get(reverse("admin:deduplication_idempotencyrecord_add")).status_code == 403
    for verb in ("change", "delete"):
        path = reverse(f"admin:deduplication_idempotencyrecord_{verb}", args=[record.pk])
        assert staff.post(path, {"post": "yes"}).status_code == 403
    assert IdempotencyRecord.objects.count() == 1


def test_a_list_costs_the_same_however_long_it_is(
    staff: Client, as_ann: Caller, where: ConversationRecord, django_assert_max_num_queries: object
) -> None:
    for number in range(5):
        sent(as_ann, "POST", f"/conversations/{where.id}/messages", {"text": "hi"}, key=f"k{number}")
    with django_assert_max_num_queries(6) as captured:  # type: ignore[operator]
        assert staff.get(reverse(LIST)).status_code == 200
    assert all('"body"' not in query["sql"] for query in captured.captured_queries)
