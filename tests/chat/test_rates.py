"""How often one account, and one address, may do what costs something."""

import os
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.chat import rates
from apps.chat.exceptions import RateError
from apps.chat.models import Message, User
from apps.chat.policy import chat, limits
from apps.chat.rates import SENDS, admit, spoken
from apps.chat.records import ConversationRecord
from apps.resilience.breaker import Breaker, Rules
from apps.resilience.limits import current
from apps.resilience.limits.limiter import Limiter
from tests.chat.api.caller import Caller, form, problem_of
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
    mine = {os.getpid(): Limiter(None, Breaker("limits", Rules()), clock=made)}
    monkeypatch.setattr(current, "_limiters", mine)
    return made


@pytest.fixture
def where(ann: User) -> ConversationRecord:
    return conversation(ann)


@pytest.fixture
def as_ann(ann: User) -> Caller:
    return Caller(ann)


def test_share_of_a_minute_may_come_at_once_and_then_as_fast_as_it_comes_back(clock: Clock) -> None:
    with obeying(limits, messages_per_minute=3):
        for _ in range(3):
            admit(SENDS, 1)
        with pytest.raises(RateError, match=r"You may send 3 messages a minute. Try again in 20 seconds.") as refused:
            admit(SENDS, 1)
        assert refused.value.retry_after_seconds == 20
        admit(SENDS, 2)
        clock.now += 20
        admit(SENDS, 1)
        with pytest.raises(RateError):
            admit(SENDS, 1)


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 second"), (120, "120 seconds"), (121, "3 minutes"), (3600, "60 minutes")]
)
def test_a_wait_is_told_in_words_and_never_shorter_than_it_is(seconds: int, words: str) -> None:
    assert spoken(seconds) == words


# Which knob bounds which request of the API, and as what RateLimit names it.
REQUESTS = [
    ("reads_per_minute", "reads", "GET", "/conversations", None),
    ("writes_per_minute", "writes", "POST", "/conversations", {"title": "A talk"}),
    ("searches_per_minute", "searches", "GET", "/search?q=tea", None),
    ("imports_per_hour", "imports", "POST", "/imports", form(file=SimpleUploadedFile("x.jsonl", b"{}"))),
]


@pytest.mark.parametrize(("knob", "name", "method", "path", "body"), REQUESTS)
def test_each_limit_of_the_api_is_obeyed_and_told(
    clock: Clock, as_ann: Caller, knob: str, name: str, method: str, path: str, body: Any
) -> None:
    with obeying(limits, **{knob: 1}):
        first, second = (as_ann.call(method, path, body) for _ in range(2))
    seconds = 3600 if knob.endswith("hour") else 60
    assert first.status_code != 429
    assert problem_of(second, 429)["detail"].endswith(f"Try again in {spoken(seconds)}.")
    assert second.headers["Retry-After"] == str(seconds)
    assert f'"{name}";q=1;w={seconds}' in second.headers["RateLimit-Policy"]
    assert f'"{name}";r=0;t={seconds}' in second.headers["RateLimit"]


def test_an_answer_tells_what_is_left_for_account_and_address(clock: Clock, as_ann: Caller) -> None:
    with obeying(limits, reads_per_minute=60, accounts_per_address=2):
        as_ann.get("/conversations")
        response = as_ann.call("GET", "/conversations")
    assert response.headers["RateLimit-Policy"] == '"reads-of-address";q=120;w=60, "reads";q=60;w=60'
    assert response.headers["RateLimit"] == '"reads-of-address";r=118;t=1, "reads";r=58;t=2'


def test_an_unchanged_answer_tells_as_well(clock: Clock, as_ann: Caller) -> None:
    etag = as_ann.call("GET", "/conversations").headers["ETag"]
    response = as_ann.call("GET", "/conversations", headers={"If-None-Match": etag})
    assert (response.status_code, "RateLimit" in response.headers) == (304, True)


@pytest.mark.parametrize(("method", "path"), [("GET", "/conversations"), ("POST", "/conversations")])
def test_an_address_is_bounded_before_anybody_is_asked_who_it_is(
    clock: Clock, db: None, method: str, path: str
) -> None:
    with obeying(limits, reads_per_minute=1, writes_per_minute=1, accounts_per_address=2):
        answers = [Caller().call(method, path).status_code for _ in range(3)]
        elsewhere = Caller().call(method, path, REMOTE_ADDR="2001:db8::1").status_code
    assert (answers, elsewhere) == ([401, 401, 429], 401)


def test_a_household_with_a_network_of_its_own_is_one_address(clock: Clock, db: None) -> None:
    with obeying(limits, reads_per_minute=1, accounts_per_address=1):
        answers = [
            Caller().call("GET", "/conversations", REMOTE_ADDR=f"2001:db8:0:{network}::{host}").status_code
            for network, host in ((1, "1"), (1, "2:3"), (2, "1"))
        ]
    assert answers == [401, 429, 401]


def test_a_replay_is_a_read_and_no_second_effect(clock: Clock, as_ann: Caller, where: ConversationRecord) -> None:
    path = f"/conversations/{where.id}/messages"
    with obeying(limits, messages_per_minute=1, writes_per_minute=1):
        answers = [as_ann.call("POST", path, {"text": "one"}, headers={"Idempotency-Key": "k"}) for _ in range(5)]
        other = as_ann.call("POST", path, {"text": "two"}, headers={"Idempotency-Key": "l"})
    assert [answer.status_code for answer in answers] == [201] * 5
    assert problem_of(other, 429)["detail"].startswith("You may change things 1 times a minute.")
    assert '"writes"' in answers[0].headers["RateLimit"]
    assert '"writes"' not in answers[4].headers["RateLimit"]
    assert Message.objects.count() == 1


def test_replays_are_bounded_as_reads(clock: Clock, as_ann: Caller) -> None:
    with obeying(limits, reads_per_minute=3):
        answers = [
            as_ann.call("POST", "/conversations", {"title": "x"}, headers={"Idempotency-Key": "k"}).status_code
            for _ in range(4)
        ]
    assert answers == [201, 201, 201, 429]


def test_a_replay_judged_anew_after_a_change_of_rights_is_not_counted(
    clock: Clock, as_ann: Caller, ann: User, where: ConversationRecord
) -> None:
    path, key = f"/conversations/{where.id}/messages", {"Idempotency-Key": "k"}
    with obeying(limits, messages_per_minute=1):
        first = as_ann.call("POST", path, {"text": "one"}, headers=key)
        ann.memberships.update(role="member")
        second = as_ann.call("POST", path, {"text": "one"}, headers=key)
    assert (first.status_code, second.status_code, second.headers["Idempotent-Replayed"]) == (201, 201, "true")


def test_page_says_so_and_keeps_the_text(clock: Clock, ann: User, where: ConversationRecord) -> None:
    client: Any = Caller(ann).client
    with obeying(limits, messages_per_minute=0):
        response = client.post(f"/c/{where.id}/", {"text": "not lost"})
    assert response.status_code == 422
    assert "messages a minute" in response.content.decode()
    assert "not lost" in response.content.decode()


@pytest.mark.parametrize(("knob", "path"), [("reads_per_minute", "/"), ("searches_per_minute", "/search/?q=tea")])
def test_a_page_that_is_read_too_often_says_in_a_sentence_how_long_to_wait(
    clock: Clock, as_ann: Caller, knob: str, path: str
) -> None:
    with obeying(limits, **{knob: 1}):
        as_ann.client.get(path)
        response: Any = as_ann.client.get(path)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
    assert response.headers["Content-Type"].startswith("text/html")
    assert "1 times a minute. Try again in 60 seconds." in response.content.decode()


WRONG = {"username": "ann", "password": "wrong"}
RIGHT = {"username": "ann", "password": "correct horse"}


@pytest.mark.parametrize("path", ["/accounts/login/", "/admin/login/"])
def test_after_failed_tries_no_password_is_looked_at_and_the_form_says_so(
    clock: Clock, client: Client, ann: User, path: str
) -> None:
    with obeying(limits, sign_ins_per_minute=2):
        failed = [client.post(path, WRONG).status_code for _ in range(2)]
        response: Any = client.post(path, RIGHT)
        assert client.get(path).status_code == 200
        clock.now += 30
        later = client.post(path, RIGHT).status_code
    assert (failed, response.status_code, response.headers["Retry-After"]) == ([200, 200], 429, "30")
    assert "failed more than 2 times a minute from your network. Try again in 30 seconds." in response.content.decode()
    assert "RateLimit" in response.headers
    assert later == (302 if path == "/accounts/login/" else 200)


def test_the_form_keeps_the_name_and_not_the_password(clock: Clock, client: Client, ann: User) -> None:
    with obeying(limits, sign_ins_per_minute=1):
        client.post("/accounts/login/", WRONG)
        page = client.post("/accounts/login/", RIGHT).content.decode()
    assert ('value="ann"' in page, RIGHT["password"] in page) == (True, False)


def test_signing_in_with_success_is_never_too_often(clock: Clock, client: Client, ann: User) -> None:
    with obeying(limits, sign_ins_per_minute=1):
        for _ in range(5):
            assert client.post("/accounts/login/", RIGHT).status_code == 302
            client.post("/accounts/logout/")


def test_an_address_may_make_so_many_accounts_and_what_is_refused_does_not_count(
    clock: Clock, client: Client, db: None
) -> None:
    with obeying(chat, has_sign_up=True), obeying(limits, sign_ups_per_hour=1):
        weak = client.post("/accounts/signup/", {"username": "one", "password": "12345678"})
        first = client.post("/accounts/signup/", {"username": "one", "password": "green tea at noon"})
        client.post("/accounts/logout/")
        second: Any = client.post("/accounts/signup/", {"username": "two", "password": "green tea at noon"})
    assert (weak.status_code, first.status_code, second.status_code) == (422, 302, 429)
    assert "Your network may make 1 accounts an hour. Try again in 60 minutes." in second.content.decode()
    assert User.objects.count() == 1


def test_every_knob_of_the_policy_is_obeyed_by_some_limit() -> None:
    """What no limit and no reply reads turns nothing."""
    read: set[str] = set()

    class Spy:
        def __getattr__(self, name: str) -> int:
            read.add(name)
            return 1

    found = [one for one in vars(rates).values() if isinstance(one, rates.Limit)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rates, "limits", type("Handle", (), {"current": Spy()}))
        for one in found:
            one.rate()
    assert read == set(limits.current.__dataclass_fields__) - {"replies_per_hour"}
