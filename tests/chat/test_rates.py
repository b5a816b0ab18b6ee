"""How often one account may send."""

from typing import Any

import pytest

from apps.chat import rates
from apps.chat.exceptions import RateError
from apps.chat.models import User
from apps.chat.policy import limits
from apps.chat.rates import Rate, admit_message
from apps.chat.records import ConversationRecord
from tests.chat.api.caller import Caller, problem_of
from tests.chat.people import conversation
from tests.tuning.obeying import obeying


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of a count that begins anew."""
    made = Clock()
    monkeypatch.setattr(rates, "messages", Rate(clock=made))
    return made


def test_share_of_a_minute_may_come_at_once_and_then_as_fast_as_it_comes_back(clock: Clock) -> None:
    with obeying(limits, messages_per_minute=3):
        for _ in range(3):
            admit_message(1)
        with pytest.raises(RateError, match="3 messages a minute") as refused:
            admit_message(1)
        assert refused.value.retry_after_seconds == 20
        admit_message(2)
        clock.now += 20
        admit_message(1)
        with pytest.raises(RateError):
            admit_message(1)


def test_none_at_all_may_be_sent_where_staff_say_so(clock: Clock) -> None:
    with obeying(limits, messages_per_minute=0), pytest.raises(RateError) as refused:
        admit_message(1)
    assert refused.value.retry_after_seconds == 60


def test_accounts_that_send_nothing_are_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST_ACCOUNTS", 3)
    for account in (1, 2, 3):
        admit_message(account)
    clock.now += 60
    admit_message(4)
    assert list(rates.messages._buckets) == [4]


@pytest.fixture
def where(ann: User) -> ConversationRecord:
    return conversation(ann)


def test_api_answers_429_and_says_how_long_to_wait(clock: Clock, ann: User, where: ConversationRecord) -> None:
    caller, path = Caller(ann), f"/conversations/{where.id}/messages"
    with obeying(limits, messages_per_minute=1):
        assert caller.call("POST", path, {"text": "one"}).status_code == 201
        response = caller.call("POST", path, {"text": "two"})
    assert problem_of(response, 429)["title"] == "Too Many Requests"
    assert response.headers["Retry-After"] == "60"


def test_page_says_so_and_keeps_the_text(clock: Clock, ann: User, where: ConversationRecord) -> None:
    client: Any = Caller(ann).client
    with obeying(limits, messages_per_minute=0):
        response = client.post(f"/c/{where.id}/", {"text": "not lost"})
    assert response.status_code == 422
    assert "messages a minute" in response.content.decode()
    assert "not lost" in response.content.decode()
