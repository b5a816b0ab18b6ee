"""Who is told, by a real mail server and a real receiver."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from apps.monitoring.alerts.delivery import GIVEN_UP_AFTER, deliver_waiting
from apps.monitoring.alerts.evaluation import evaluate
from apps.monitoring.alerts.webhook import signature
from apps.monitoring.models import AlertDelivery
from tests.monitoring.alerts.conftest import KEY, RECIPIENTS, Kettle
from tests.servers.mailbox import Mailbox
from tests.servers.receiver import Receiver
from tests.tuning.obeying import obeying

pytestmark = pytest.mark.django_db(transaction=True)  # what is sent is marked beside what is read


@pytest.fixture(autouse=True)
def hot(kettle: Kettle) -> Any:
    kettle.degrees = {"blue": 95.0}
    with obeying(kettle.policy, for_seconds=0.0):
        yield


def test_a_mail_says_what_is_broken_since_when_and_what_to_do(kettle: Kettle, mailbox: Mailbox) -> None:
    evaluate([kettle])
    [(recipients, mail)] = mailbox.mails
    assert recipients == RECIPIENTS
    assert mail["Subject"] == "[perfsite] Raised: the kettle boils (blue)"
    body = mail.get_content()
    assert "blue: 95 degrees." in body
    assert "Value: 95 (from 80 on)" in body
    delivery = AlertDelivery.objects.get()
    assert mail["Message-ID"] == f"<alert-delivery-{delivery.pk}@perfsite>"
    assert (delivery.attempts, delivery.error, delivery.delivered_at is not None) == (1, "", True)


def test_the_end_is_told_too(kettle: Kettle, mailbox: Mailbox) -> None:
    evaluate([kettle])
    kettle.degrees = {"blue": 20.0}
    evaluate([kettle])
    assert [mail["Subject"].split(":")[0] for _, mail in mailbox.mails] == ["[perfsite] Raised", "[perfsite] Resolved"]
    assert "Resolved: " in mailbox.mails[1][1].get_content()


def test_a_rule_may_have_recipients_of_its_own(kettle: Kettle, mailbox: Mailbox) -> None:
    with obeying(kettle.policy, recipients="cat@chat.example , dog@chat.example"):
        evaluate([kettle])
    assert mailbox.mails[0][0] == ["cat@chat.example", "dog@chat.example"]


def test_a_mail_that_is_refused_is_sent_by_a_later_look_once(kettle: Kettle, mailbox: Mailbox) -> None:
    mailbox.refusal = "451 come again"
    evaluate([kettle])
    delivery = AlertDelivery.objects.get()
    assert (delivery.delivered_at, "come again" in delivery.error) == (None, True)
    mailbox.refusal = ""
    evaluate([kettle])
    evaluate([kettle])
    assert len(mailbox.mails) == 1
    assert AlertDelivery.objects.get().attempts == 2


def test_a_webhook_is_signed_over_id_time_and_body(kettle: Kettle, receiver: Receiver) -> None:
    evaluate([kettle])
    [(headers, body)] = receiver.requests
    name, at = headers["Webhook-Id"], headers["Webhook-Timestamp"]
    secret = base64.b64decode(KEY.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.digest(secret, f"{name}.{at}.".encode() + body, hashlib.sha256)).decode()
    assert headers["Webhook-Signature"] == f"v1,{wanted}"
    assert abs(int(at) - time.time()) < 60
    told = json.loads(body)
    assert told["type"] == "alert.raised"
    assert (told["data"]["rule"], told["data"]["key"], told["data"]["value"]) == ("kettle", "blue", 95)


def test_the_signature_is_that_of_the_specifications_example() -> None:
    signed = signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, EXAMPLE)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


EXAMPLE = b'{"test": 2432232314}'


@pytest.mark.parametrize("status", [500, 302])
def test_a_webhook_that_is_not_taken_is_sent_again_under_the_same_id(
    kettle: Kettle, receiver: Receiver, status: int
) -> None:
    receiver.status = status
    evaluate([kettle])
    assert AlertDelivery.objects.get().delivered_at is None
    receiver.status = 204
    evaluate([kettle])
    first, second = (headers["Webhook-Id"] for headers, _ in receiver.requests)
    assert first == second
    assert AlertDelivery.objects.get().delivered_at is not None


def test_one_channel_that_is_down_does_not_hold_up_the_other(
    kettle: Kettle, mailbox: Mailbox, receiver: Receiver
) -> None:
    mailbox.refusal = "554 no"
    evaluate([kettle])
    assert len(receiver.requests) == 1
    assert dict(AlertDelivery.objects.values_list("channel", "delivered_at"))["email"] is None


def test_without_a_channel_alerts_are_kept_and_nobody_is_told(kettle: Kettle) -> None:
    evaluate([kettle])
    assert AlertDelivery.objects.count() == 0


def test_what_cannot_be_told_for_a_day_is_given_up(kettle: Kettle, mailbox: Mailbox) -> None:
    mailbox.refusal = "554 no"
    evaluate([kettle])
    row = AlertDelivery.objects.get()
    AlertDelivery.objects.update(created_at=row.created_at - GIVEN_UP_AFTER)
    mailbox.refusal = ""
    deliver_waiting()
    assert mailbox.mails == []
    assert AlertDelivery.objects.get().given_up_at is not None


def test_an_address_that_is_none_is_an_error_of_its_own_delivery(
    kettle: Kettle, mailbox: Mailbox, receiver: Receiver
) -> None:
    with obeying(kettle.policy, recipients="nobody at all"):
        mailbox.refusal = "553 no such address"
        evaluate([kettle])
    assert len(receiver.requests) == 1
    assert AlertDelivery.objects.get(channel="email").error
