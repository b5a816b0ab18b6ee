"""The pieces of a stream in one process: whose they are, and who is told of them."""

import asyncio

from apps.deduplication.flights.log import Log


def test_a_log_that_is_led_takes_nothing_of_another_round() -> None:
    log = Log()
    log.extend("other", 0, [b"old"])
    log.lead("ours")
    log.extend("other", 1, [b"late"])
    log.extend("ours", 0, [b"new"])
    assert (log.round, log.after(0), log.size) == ("ours", [b"new"], 3)


def test_pieces_known_already_and_pieces_after_a_gap_are_passed_over() -> None:
    log = Log()
    log.extend("r", 0, [b"a", b"b"])
    log.extend("r", 1, [b"b", b"c"])
    log.extend("r", 5, [b"f"])
    assert log.after(0) == [b"a", b"b", b"c"]


def test_a_reader_whose_loop_has_ended_holds_nobody_up() -> None:
    log = Log()

    async def listen() -> asyncio.Event:
        return log.listen()

    gone = asyncio.run(listen())
    log.extend("r", 0, [b"a"])
    log.leave(gone)
    assert log.after(0) == [b"a"]
    assert not gone.is_set()
