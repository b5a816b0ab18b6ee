"""What staff order: in the admin and from the shell, audited, obeyed by running breakers."""

from collections.abc import Iterator
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client

from apps.chat.models import User
from apps.resilience.chaos import Fault
from apps.resilience.exceptions import CircuitOpenError, UnknownPipelineError
from apps.resilience.models import Dependency
from apps.resilience.pipeline import Pipeline, pipeline, registry
from apps.resilience.services import Command, order_breaker
from apps.resilience.sharing import current as sharing
from apps.tuning import current
from apps.tuning.actor import Actor
from apps.tuning.exceptions import PolicyError
from apps.tuning.models import AuditEntry
from tests.resilience.fleet import store
from tests.resilience.virtual import broken, ended, fine
from tests.servers.deadline import eventually
from tests.tuning.obeying import obeying

ANN = Actor(id=7, name="ann")
ALL, BROKER = "/admin/resilience/dependency/", "/admin/resilience/dependency/broker/"


@pytest.fixture
def broker(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    settings.REDIS_URL = ""
    monkeypatch.delitem(registry._pipelines, "broker", raising=False)  # one without a past
    current.reset()
    yield pipeline("broker")
    current.reset()
    pipeline("broker").obey()
    pipeline("broker").breaker.close()


@pytest.fixture
def staff(broker: Pipeline, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("sam"))
    return client


def ordered(command: Command, name: str = "broker", reason: str = "drill") -> int:
    return order_breaker(name=name, command=command, actor=ANN, reason=reason).number


def told(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("breakers", *arguments, stdout=out, **options)
    return out.getvalue()


def test_orders_are_obeyed_at_once_and_audited(broker: Pipeline) -> None:
    ordered(Command.FORCE_OPEN)
    assert broker.breaker.current_state == "forced-open", "without waiting for a call"
    with pytest.raises(CircuitOpenError):
        broker.call(fine)
    ordered(Command.DISABLE)
    for _ in range(9):
        assert ended(broker.breaker, broken) == "BrokenError"
    ordered(Command.CLOSE)
    assert (broker.breaker.current_state, broker.breaker.view().window_calls) == ("closed", 0)
    entries = AuditEntry.objects.order_by("id").values_list("action", "target", "actor_name", "reason")
    assert [entry[0] for entry in entries] == ["breaker.force-open", "breaker.disable", "breaker.close"]
    assert set(entries.values_list("target", flat=True)) == {"policy:broker_pipeline"}
    assert entries[0][2:] == ("ann", "drill")


def test_a_reset_closes_and_leaves_the_mode(broker: Pipeline) -> None:
    broker.breaker.open()
    ordered(Command.RESET)
    assert broker.breaker.current_state == "closed"
    ordered(Command.DISABLE)
    ordered(Command.RESET)
    assert broker.breaker.current_state == "disabled"


def test_bad_orders_are_refused(broker: Pipeline) -> None:
    with pytest.raises(UnknownPipelineError):
        ordered(Command.RESET, name="telegraph")
    with pytest.raises(PolicyError):
        ordered(Command.RESET, reason=" ")
    assert not AuditEntry.objects.exists()


def test_the_shell_lists_and_orders(broker: Pipeline) -> None:
    User.objects.create_user("kim")
    assert "broker: force-open, revision 1 of broker_pipeline." in told("force-open", "broker", reason="maintenance")
    assert "broker: forced-open" in told()
    assert told("list", "broker").startswith("broker: forced-open\nWithout Redis")
    told("close", "broker", reason="done", actor="kim")
    assert AuditEntry.objects.get(action="breaker.close").actor_name == "kim"


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("reset", "broker"), {}, "needs the NAME"),
        (("reset",), {"reason": "x"}, "needs the NAME"),
        (("reset", "telegraph"), {"reason": "x"}, "no dependency 'telegraph'"),
        (("list", "telegraph"), {}, "no dependency 'telegraph'"),
        (("reset", "broker"), {"reason": "x", "actor": "nobody"}, "no active account"),
    ],
)
def test_the_shell_says_what_is_wrong(
    broker: Pipeline, arguments: tuple[str, ...], options: dict[str, str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        told(*arguments, **options)


def test_the_fleets_processes_are_shown_and_followed(
    broker: Pipeline, settings: Any, redis_url: str, staff: Client
) -> None:
    from apps.backplane.current import stop_bus

    settings.REDIS_URL = redis_url
    stop_bus()
    sharing.share()
    sharing.share()
    try:
        eventually(sharing.is_attached)
        broker.breaker.open()
        shared = store(redis_url)
        eventually(lambda: any(view["state"] == "open" for view in shared.processes("broker").values()))
        shared.close()
        origin = next(iter(told("list", "broker").split(" in ")[1:])).split(": ")[0]
        assert "broker: open in " in told("list", "broker")
        assert "opened by hand" in told()
        assert origin in unescape(staff.get(BROKER).content.decode())
    finally:
        sharing.stop_sharing()
        stop_bus()
    assert sharing.is_attached() is None


def test_on_the_embedded_default_there_is_no_fleet_to_follow(broker: Pipeline) -> None:
    sharing.share()
    assert sharing.is_attached() is None
    sharing.stop_sharing()
    sharing.obey_change(name="chat")
    assert broker.breaker.on_event is None


def test_without_an_answer_of_redis_this_process_is_shown(broker: Pipeline, settings: Any, staff: Client) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "broker: closed in this process" in told("list", "broker")
    sharing.Breakers().start()
    try:
        eventually(lambda: sharing.is_attached() is False)
        assert "each process decides alone" in staff.get(ALL).content.decode()
    finally:
        from apps.backplane.current import stop_bus

        sharing.Breakers().stop()
        stop_bus()


def test_the_admin_shows_every_dependency(staff: Client) -> None:
    page = staff.get(ALL).content.decode()
    for name in ("assistant", "redis_cache", "redis_flights", "The task broker"):
        assert name in page
    assert "Chaos" not in page
    assert ALL in staff.get("/admin/").content.decode()
    assert str(Dependency()) == "dependency"


def test_a_dependency_shows_why_it_opened_and_when_it_tries_again(staff: Client, broker: Pipeline) -> None:
    for _ in range(5):
        ended(broker.breaker, broken)
    page = " ".join(staff.get(BROKER).content.decode().split())
    for words in ("5 failures in a row", "5 calls, 5 failed (100%)", "this process", "Next probe in", "retry tokens"):
        assert words in page
    assert "5 failures in a row" in staff.get(ALL).content.decode()


def test_orders_are_given_in_the_admin(staff: Client, broker: Pipeline) -> None:
    answer = staff.post(BROKER, {"command": "force-open", "reason": "provider's maintenance"}, follow=True)
    assert "every process obeys within a second" in answer.content.decode()
    assert "provider&#x27;s maintenance" in answer.content.decode()
    assert broker.breaker.current_state == "forced-open"


@pytest.mark.parametrize("sent", [{"command": "force-open"}, {"reason": "x"}, {"command": "explode", "reason": "x"}])
def test_an_order_without_reason_or_sense_is_refused(staff: Client, broker: Pipeline, sent: dict[str, str]) -> None:
    assert staff.post(BROKER, sent).status_code == 422
    assert broker.breaker.current_state == "closed"


def test_a_reason_that_cannot_be_shown_is_refused_beside_its_field(staff: Client) -> None:
    answer = staff.post(BROKER, {"command": "reset", "reason": "a\u202eb"})
    assert answer.status_code == 422
    assert "cannot be shown" in answer.content.decode()


def test_faults_are_shown_loudly(staff: Client, settings: Any) -> None:
    settings.CHAOS_ENABLED = True
    with obeying(pipeline("broker").handle, fault=Fault.ERROR, fault_until="2999-12-31 23:59", fault_user="kim"):
        for path in (ALL, BROKER):
            page = " ".join(staff.get(path).content.decode().split())
            assert "made to fail on purpose (error, 100.0% of the calls of kim)" in page


def test_permissions_are_asked(client: Client, broker: Pipeline) -> None:
    user = User.objects.create_user("kim", is_staff=True)
    client.force_login(user)
    assert client.get(ALL).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_dependency"))
    page = client.get(BROKER)
    assert page.status_code == 200
    assert b'name="command"' not in page.content
    assert client.post(BROKER, {"command": "reset", "reason": "x"}).status_code == 403
    assert client.get(f"{ALL}telegraph/").status_code == 404
    assert client.get(f"{ALL}add/").status_code == 404
