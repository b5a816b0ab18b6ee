"""Messages, rows, replies and sockets: what the chat counts, on the board."""

import asyncio
from itertools import pairwise

import pytest

from apps.chat.assistant.closing import Closing
from apps.chat.assistant.ledger import concluded, opened
from apps.chat.assistant.upstream import Piece, Usage
from apps.chat.assistant.writer import Writer
from apps.chat.live.answers import Answers
from apps.chat.live.frames import frame
from apps.chat.live.outbox import Outbox
from apps.chat.live.socket import Socket
from apps.chat.models import Reply, User
from apps.chat.policy import budget
from apps.chat.services.conversations import change_conversation
from apps.monitoring.recorders.assistant import AssistantRecorder
from apps.monitoring.recorders.chat import ChatRecorder
from apps.monitoring.recorders.sockets import SocketRecorder
from tests.chat.assistant.test_writer import Database, Source
from tests.chat.imports.files import csv_bytes, imported, line
from tests.chat.live.test_hub import Stage
from tests.chat.people import ann, conversation, said
from tests.monitoring.recorders.board import Shown
from tests.tuning.obeying import obeying

__all__ = ("ann",)
ENDED = "assistant_replies_total"


@pytest.mark.django_db(transaction=True)
def test_messages_count_once_they_are_stored(ann: User) -> None:
    before = Shown(ChatRecorder())
    said(ann, conversation(ann), "one", "two")
    after = Shown(ChatRecorder())
    assert after("chat_messages_total", "user") - before("chat_messages_total", "user") == 2
    assert after.labels("chat_messages_total") == {("user",), ("assistant",), ("system",)}


@pytest.mark.django_db(transaction=True)
def test_rows_of_an_import_count_by_what_became_of_them(ann: User) -> None:
    data = csv_bytes(line("one"), line("two"), line("", author=""))
    shown = [Shown(ChatRecorder())]
    for options in ({}, {}, {"is_dry_run": True}):
        imported(ann, data, **options)
        shown.append(Shown(ChatRecorder()))
    grown = [
        tuple(after("import_rows_total", result) - before("import_rows_total", result)
              for result in ("imported", "known", "refused"))
        for before, after in pairwise(shown)
    ]  # fmt: skip
    assert grown == [(2, 0, 1), (0, 2, 1), (0, 0, 0)], "a dry run imports nothing"


@pytest.mark.django_db(transaction=True)
def test_a_reply_counts_with_its_tokens_and_their_price(ann: User) -> None:
    where = conversation(ann)
    change_conversation(user_id=ann.pk, conversation_id=where.id, has_assistant=True)
    said(ann, where, "Hello")
    reply = Reply.objects.latest("pk")
    opened(reply.pk)
    Reply.objects.filter(pk=reply.pk).update(model="m")
    before, messages = Shown(AssistantRecorder()), Shown(ChatRecorder())("chat_messages_total", "assistant")
    with obeying(budget, prompt_price=2.0, reply_price=10.0):
        usage = Usage(prompt_tokens=100_000, reply_tokens=50_000)
        concluded(reply.pk, text="Hello", closing=Closing(outcome="complete", usage=usage))
    after = Shown(AssistantRecorder())
    assert after(ENDED, "complete") - before(ENDED, "complete") == 1
    assert after("assistant_tokens_total", "prompt") - before("assistant_tokens_total", "prompt") == 100_000
    assert after("assistant_tokens_total", "reply") - before("assistant_tokens_total", "reply") == 50_000
    assert after("assistant_cost_total") - before("assistant_cost_total") == pytest.approx(0.7)
    assert Shown(ChatRecorder())("chat_messages_total", "assistant") == messages + 1


async def test_the_first_words_of_a_reply_are_timed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.chat.assistant.voice.publish_live", lambda *_: None)
    name = "assistant_first_token_seconds"
    before = Shown(AssistantRecorder()).histogram(name)
    async with asyncio.timeout(10):
        await Writer(7, desk=Database(), upstream=Source(Piece("Hello "), Piece("you"))).write()
        await Writer(7, desk=Database(), upstream=Source()).write()
    grown = Shown(AssistantRecorder()).histogram(name).since(before)
    assert grown.count == 1
    assert 0 < grown.total < 10


async def test_what_waits_to_be_sent_is_timed() -> None:
    before = Shown(SocketRecorder()).histogram("websocket_send_wait_seconds", "chat")
    outbox = Outbox(0.0)
    for _ in range(2):
        outbox.put(frame("heartbeat"), now=0.0, limit_bytes=1000)
    await outbox.next()
    await outbox.next()
    grown = Shown(SocketRecorder()).histogram("websocket_send_wait_seconds", "chat").since(before)
    assert grown.count == 2


async def test_sockets_count_while_they_are_open() -> None:
    stage, told = Stage(), asyncio.Queue[dict[str, str]]()
    answers = Answers(stage.hub)

    async def send(_: object) -> None:
        """Take whatever comes."""

    def opened() -> float:
        return Shown(SocketRecorder())("websocket_connections", "chat")

    before = opened()
    scope = {"type": "websocket", "client": ("192.0.2.1", 1), "headers": [(b"cookie", b"sessionid=key")]}
    socket = asyncio.create_task(Socket(stage.hub, answers)(scope, told.get, send))  # type: ignore[arg-type]
    told.put_nowait({"type": "websocket.connect"})
    await stage.idle()
    during = opened()
    told.put_nowait({"type": "websocket.disconnect"})
    await socket
    answers.stop()
    assert (during, opened()) == (before + 1, before)
