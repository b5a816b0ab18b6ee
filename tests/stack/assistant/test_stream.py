"""A reply streams to everybody, wherever they are and whenever they come."""

import asyncio

from tests.servers.upstream import Call, Upstream
from tests.stack.assistant.room import Room


async def called(upstream: Upstream) -> Call:
    return await asyncio.to_thread(upstream.call)


async def test_reply_streams_to_sockets_of_both_processes_and_becomes_a_message(room: Room, upstream: Upstream) -> None:
    async with room.listens(room.ann) as here, room.listens(room.bob) as there:
        reply = await room.says(room.ann, "How are you?")
        call = await called(upstream)
        call.say("Very ", "well 😀")
        for ear in (here, there):
            await ear.until("reply", reply__id=reply, reply__state="writing", reply__asked_by__name=room.ann)
            await ear.hears("Very well 😀", reply)
        call.say(", thanks.")
        call.finish()
        for ear in (here, there):
            ended = await ear.until("reply", reply__id=reply, reply__state="ended", reply__outcome="complete")
            await ear.hears("Very well 😀, thanks.", reply)
            shown = await ear.until("message", message__id=ended["reply"]["message"])
            assert shown["message"]["text"] == "Very well 😀, thanks."
            assert shown["message"]["author"] == {"id": None, "name": "Assistant"}
    assert room.messages() == [("user", "How are you?", None), ("assistant", "Very well 😀, thanks.", "complete")]


async def test_late_joiner_on_any_process_is_told_all_so_far_and_then_what_follows(
    room: Room, upstream: Upstream
) -> None:
    reply = await room.says(room.ann, "Tell me a story")
    call = await called(upstream)
    call.say("Once upon ")
    async with room.listens(room.ann) as early:
        await early.hears("Once upon ", reply)
        async with room.listens(room.bob) as late:
            await late.hears("Once upon ", reply)
            call.say("a time")
            await late.hears("Once upon a time", reply)
            assert late.of("reply")[0]["reply"]["state"] == "writing"
        async with room.listens(room.bob) as reloaded:
            await reloaded.hears("Once upon a time", reply)
            call.finish()
            await reloaded.until("reply", reply__outcome="complete")
            assert len(reloaded.of("token")) == 1
        await early.until("reply", reply__outcome="complete")


async def test_stop_on_the_other_process_keeps_what_was_written(room: Room, upstream: Upstream) -> None:
    async with room.listens(room.ann) as here, room.listens(room.bob) as there:
        reply = await room.says(room.ann, "Count to a million")
        call = await called(upstream)
        call.say("1, 2, 3")
        await there.hears("1, 2, 3", reply)
        assert await room.asks(room.bob, "DELETE", "/reply") == (204, None)
        for ear in (here, there):
            await ear.until("reply", reply__id=reply, reply__outcome="stopped")
            await ear.until("message", message__completion="stopped", message__text="1, 2, 3")
        assert await asyncio.to_thread(call.is_gone.wait, 10)
    assert await room.asks(room.bob, "DELETE", "/reply") == (204, None)


async def test_upstream_cut_midway_keeps_the_part_and_says_so(room: Room, upstream: Upstream) -> None:
    async with room.listens(room.bob) as ear:
        reply = await room.says(room.ann, "Go on")
        call = await called(upstream)
        call.say("So far so")
        await ear.hears("So far so", reply)
        call.cut()
        ended = await ear.until("reply", reply__id=reply, reply__outcome="cut")
        assert ended["reply"]["error"]["code"] == "cut"
        assert ended["reply"]["error"]["can_retry"] is True
    assert room.messages()[-1] == ("assistant", "So far so", "cut")


async def test_regenerated_reply_takes_the_place_of_the_last_one(room: Room, upstream: Upstream) -> None:
    async with room.listens(room.bob) as ear:
        await room.says(room.ann, "A colour?")
        call = await called(upstream)
        call.say("Red")
        call.finish()
        first = await ear.until("reply", reply__outcome="complete")
        status, again = await room.asks(room.bob, "POST", "/reply", {"regenerate": True})
        assert (status, again["replaces"]) == (202, first["reply"]["message"])
        call = await called(upstream)
        assert [line["content"] for line in call.body["messages"]] == ["A colour?"]
        call.say("Blue")
        call.finish()
        await ear.until("message", message__id=first["reply"]["message"], message__text="Blue")
        numbers = [event["sequence"] for event in ear.of("message")]
        assert numbers == sorted(set(numbers))
    assert room.messages() == [("user", "A colour?", None), ("assistant", "Blue", "complete")]


async def test_old_text_stays_where_the_new_try_fails_without_a_word(room: Room, upstream: Upstream) -> None:
    async with room.listens(room.bob) as ear:
        await room.says(room.ann, "A colour?")
        call = await called(upstream)
        call.say("Red")
        call.finish()
        await ear.until("reply", reply__outcome="complete")
        await room.asks(room.bob, "POST", "/reply", {"regenerate": True})
        (await called(upstream)).refuse(500)
        failed = await ear.until("reply", reply__outcome="failed")
        assert failed["reply"]["error"] == {
            "code": "failed",
            "detail": "The assistant failed. Try again.",
            "can_retry": True,
            "retry_at": None,
        }
    assert room.messages()[-1] == ("assistant", "Red", "complete")


async def test_what_is_said_meanwhile_is_answered_by_the_next_reply(room: Room, upstream: Upstream) -> None:
    async with room.listens(room.ann) as ear:
        first = await room.says(room.ann, "One?")
        call = await called(upstream)
        call.say("Uno")
        await ear.hears("Uno", first)
        await room.says(room.bob, "Two?")
        await room.says(room.ann, "Three?")
        call.finish()
        call = await called(upstream)
        said = [line["content"] for line in call.body["messages"]]
        assert said == [f"{room.ann}: One?", f"{room.bob}: Two?", f"{room.ann}: Three?", "Uno"]
        call.say("Dos y tres")
        call.finish()
        await ear.until("message", message__text="Dos y tres")
    assert upstream.is_idle


async def test_conversation_deleted_midway_ends_the_reply(room: Room, upstream: Upstream) -> None:
    async with room.listens(room.bob) as ear:
        reply = await room.says(room.ann, "Hello")
        call = await called(upstream)
        call.say("Hel")
        await ear.hears("Hel", reply)
        assert (await room.asks(room.ann, "DELETE", ""))[0] == 204
        assert await asyncio.to_thread(call.is_gone.wait, 10)
