"""The keeper among recorders that fail, and among those that staff switch off and on."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.monitoring.keeper import Keeper
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.sheet import Sheet
from apps.monitoring.policy.recorders import SOCKETS
from apps.monitoring.recorders.chat import ChatRecorder
from apps.monitoring.recorders.recorder import Recorder
from apps.monitoring.recorders.sockets import SocketRecorder
from apps.monitoring.worker import Worker


class Bad(Recorder[int]):
    """Fails wherever it can."""

    name = "bad"
    policy = SOCKETS

    def listen(self) -> None:
        raise RuntimeError("listen")

    def deafen(self) -> None:
        raise RuntimeError("deafen")

    def fold(self, board: Board, samples: list[int]) -> None:
        raise RuntimeError("fold")

    def read(self, board: Board) -> None:
        raise RuntimeError("read")


def keeper_of(*recorders: Recorder[Any]) -> Keeper:
    return Keeper(Worker.here("web"), recorders)


def numbers(sheet: Sheet) -> dict[str, float]:
    return {" ".join((line.metric, *line.labels)): line.value for line in sheet.lines}


def test_what_fails_costs_its_own_samples_and_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    bad = Bad()
    keeper = keeper_of(bad, ChatRecorder())
    keeper.start()
    for _ in range(3):
        bad.take(1)
        bad.take(2)
        found = numbers(keeper.turn())
    keeper.stop()
    assert found["telemetry_dropped_total bad"] == 6
    assert found["telemetry_dropped_total chat"] == 0
    assert "chat_messages_total user" in found
    assert caplog.text.count("The recorder of bad failed") == 1


def test_a_taker_that_fails_takes_nothing_from_the_others() -> None:
    taken: list[Sheet] = []

    def refuse(_: Sheet) -> None:
        raise RuntimeError("full")

    keeper = keeper_of(ChatRecorder())
    keeper.hand_to(refuse)
    keeper.hand_to(taken.append)
    keeper.start()
    keeper.stop()
    assert "chat_messages_total user" in numbers(taken[-1])


def test_what_is_switched_off_leaves_no_gauge_and_comes_back(ruled: Callable[..., None]) -> None:
    keeper, gauge = keeper_of(SocketRecorder(), ChatRecorder()), "websocket_connections chat"
    told = [gauge in numbers(keeper.turn())]
    ruled(SOCKETS, is_enabled=False)
    told += [gauge in numbers(keeper.turn()) for _ in range(2)]
    assert "websocket_send_wait_seconds chat" in numbers(keeper.turn()), "counters stand still"
    ruled(SOCKETS, is_enabled=True)
    told.append(gauge in numbers(keeper.turn()))
    assert told == [True, False, False, True]


def test_what_others_drop_is_told_by_kind() -> None:
    keeper = keeper_of(ChatRecorder())
    keeper.drop("snapshots", 2)
    keeper.drop("snapshots")
    assert numbers(keeper.turn())["telemetry_dropped_total snapshots"] == 3
