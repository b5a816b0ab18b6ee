"""Reading writes nothing: whatever else is in flight may still be joined."""

from typing import Any

import pytest

from apps.chat.models import User
from apps.chat.records import ConversationRecord
from apps.deduplication.http.current import generation
from tests.chat.api.caller import Caller
from tests.chat.api.test_access import NOBODY, addressed, routes
from tests.chat.people import said

READS = [parameter for parameter in routes() if parameter.values[0] == "GET"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("method", "path", "body"), READS)
def test_a_read_begins_no_new_generation(
    as_ann: Caller, ann: User, where: ConversationRecord, method: str, path: str, body: Any
) -> None:
    message = said(ann, where, "hello")[0]
    existing = {"conversation_id": where.id, "message_id": message.id, "member_id": ann.pk, "import_id": NOBODY}
    name = generation().name
    answer = as_ann.call(method, f"{addressed(path, **existing)}?q=hello", body)
    assert answer.status_code in (200, 404), answer.content
    assert b"".join(answer) if answer.streaming else answer.content
    assert generation().name == name
