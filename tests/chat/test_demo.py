"""The demo: the same for everybody, added once."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from apps.chat.demo.phrases import ANSWERS, OPENERS, PIECES, QUESTIONS, REPLIES
from apps.chat.demo.talk import Random, filled
from apps.chat.models import Conversation, Membership, Message, User
from apps.chat.services.conversations import list_conversations

pytestmark = pytest.mark.django_db


def demo(*arguments: str) -> str:
    out = io.StringIO()
    call_command("demo_data", *arguments, stdout=out)
    return out.getvalue()


def everything() -> list[tuple[Any, ...]]:
    rows = Message.objects.order_by("conversation_id", "sequence")
    return list(
        rows.values_list("conversation__title", "sequence", "author__username", "author_name", "text", "created_at")
    )


def test_makes_what_was_asked_for_and_nothing_the_second_time() -> None:
    assert demo().startswith("added 5 users, 12 conversations, 3,000 messages; sign in as demo1")
    assert (User.objects.count(), Conversation.objects.count(), Message.objects.count()) == (5, 12, 3000)
    assert demo().startswith("added 0 users, 0 conversations, 0 messages")
    assert Message.objects.count() == 3000


def test_everybody_can_sign_in_and_nobody_is_staff(client: Any, settings: Any) -> None:
    demo("--users=2", "--conversations=1", "--messages=5")
    assert client.login(username="demo2", password=settings.DEMO_PASSWORD)
    assert not User.objects.filter(is_staff=True).exists()


def test_shows_what_the_chat_can_do() -> None:
    demo()
    listed = list_conversations(user_id=User.objects.get(username="demo1").pk).results
    assert len(listed) == 12
    assert max(one.last_sequence for one in listed) >= 1500
    assert {one.unread > 0 for one in listed} == {True, False}
    html = "".join(Message.objects.values_list("html", flat=True))
    for piece in ("<table>", "<ol>", "<blockquote>", '<span class="', "<a href=", "<s>"):
        assert piece in html
    assert set(Message.objects.values_list("role", flat=True)) == {"user", "assistant"}
    assert Membership.objects.filter(role="owner").count() == 12
    assert {one.has_assistant for one in listed if one.title == "Ask the assistant"} == {True}


def test_lies_in_the_past_in_rising_order() -> None:
    demo("--messages=300")
    for conversation in Conversation.objects.all():
        moments = list(conversation.messages.order_by("sequence").values_list("created_at", flat=True))
        assert moments == sorted(moments)
        assert moments[-1] < timezone.now()
        assert conversation.last_message_at == moments[-1]


def test_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    demo("--messages=100", "--seed=7")
    first = everything()
    Conversation.objects.all().delete()
    demo("--messages=100", "--seed=7")
    assert everything() == first
    demo("--messages=100", "--seed=8")
    assert len(everything()) == 200


@pytest.mark.parametrize(
    "arguments", [["--users=1"], ["--conversations=1"], ["--messages=12"], ["--conversations=30", "--messages=31"]]
)
def test_makes_small_demos_too(arguments: list[str]) -> None:
    demo("--users=2", "--messages=40", *arguments)
    wanted = {name: int(number) for name, _, number in (word.partition("=") for word in arguments)}
    assert Message.objects.count() == wanted.get("--messages", 40)
    assert Conversation.objects.count() == wanted.get("--conversations", 12)
    assert not Conversation.objects.filter(last_sequence=0).exists()


def test_every_phrase_can_be_filled() -> None:
    for phrase in (*OPENERS, *REPLIES, *PIECES, *QUESTIONS, *ANSWERS):
        text = filled(Random(1), phrase)
        assert "{thing}" not in text
        assert ("{" in text) == ("{{" in phrase)


def test_is_refused_without_a_password(settings: Any) -> None:
    settings.DEMO_PASSWORD = ""
    with pytest.raises(CommandError, match=r"^DEMO_PASSWORD: is not set"):
        demo()
    assert not User.objects.exists()


@pytest.mark.parametrize("arguments", [["--users=0"], ["--messages=x"], ["--conversations=9", "--messages=8"]])
def test_refuses_numbers_that_make_no_sense(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        demo(*arguments)
    assert not User.objects.exists()
