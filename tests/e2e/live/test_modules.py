"""The parts that decide without I/O, in a real browser: the link, the followers, the words of a reply."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.live.modules import open_modules

# Runs a link through steps, each at its time: [milliseconds, what, code]. Answers what it is and wants after each.
DRIVE = """async ([steps, chance]) => {
  const { Link } = await import("/live/link.js");
  let now = 0;
  const link = new Link({ now: () => now, random: () => chance });
  return steps.map(([wait, what, code]) => {
    now += wait;
    const order = what === "heard" || what === "closed" ? void link[what](code) : link[what]();
    return [order ?? null, link.phase, link.nextAt === Infinity ? null : link.nextAt - now];
  });
}"""
FOLLOW = """async () => {
  const { Following } = await import("/live/following.js");
  const following = new Following();
  const said = (sequence) => ({ sequence, text: "t", html: "h" });
  const message = (sequence) => ({ type: "message", conversation: 1, sequence, message: said(sequence) });
  const told = (frame) => following.route(frame).map(([tab, { type, sequence }]) => [tab, type, sequence]);
  for (const tab of ["a", "b", "c"]) following.enter(tab);
  following.follow("a", 1, 5);
  following.follow("b", 1, 3);
  return {
    from: following.after(1),
    replayed: [4, 5, 6].map((sequence) => told(message(sequence))),
    doubled: told(message(6)),
    reset: told({ type: "reset", conversation: 1, sequence: 9 }),
    again: told({ type: "reset", conversation: 1, sequence: 9 }),
    later: told(message(9)),
    typing: told({ type: "typing", conversation: 1, sequence: 9 }),
    renamed: told({ type: "conversation", conversation: 2, sequence: 1 }),
    left: [following.leave("a"), following.leave("b"), following.after(1)],
  };
}"""
SAY = """async (parts) => {
  const { Words } = await import("/chat/words.js");
  const words = new Words();
  return [...parts.map((part) => words.take(part)), words.text];
}"""


@pytest.fixture
def page(page: Page) -> Page:
    """A page with our modules and nothing else."""
    open_modules(page)
    return page


def drive(page: Page, *steps: list[Any], chance: float = 1) -> list[list[Any]]:
    """Run a link through steps; `chance` is what random numbers are."""
    found: list[list[Any]] = page.evaluate(DRIVE, [list(steps), chance])
    return found


def test_the_wait_doubles_to_half_a_minute_and_chance_takes_any_part_of_it(page: Page) -> None:
    tries = [step for _ in range(7) for step in ([40_000, "due"], [0, "closed", 1006])]
    assert [row[2] for row in drive(page, *tries)[1::2]] == [1000, 2000, 4000, 8000, 16000, 30000, 30000]
    assert [row[2] for row in drive(page, *tries, chance=0)[1::2]] == [0] * 7


def test_a_connection_that_lasted_starts_the_waits_anew_and_one_that_did_not_goes_on(page: Page) -> None:
    failed = [step for _ in range(4) for step in ([40_000, "due"], [0, "closed", 1006])]
    again: list[list[Any]] = [[40_000, "due"], [0, "heard"]]
    assert drive(page, *failed, *again, [9_000, "closed", 1012])[-1] == [None, "waiting", 16_000]
    assert drive(page, *failed, *again, [10_000, "closed", 1012])[-1] == [None, "waiting", 1_000]


@pytest.mark.parametrize(
    ("code", "phase", "wait"),
    [(4401, "waiting", 2_000), (4403, "refused", None), (4408, "waiting", 1_000), (4429, "waiting", 8_000),
     (1011, "waiting", 4_000), (1013, "waiting", 4_000), (1012, "waiting", 1_000), (1009, "waiting", 1_000)],
)  # fmt: skip
def test_what_a_close_means(page: Page, code: int, phase: str, wait: int | None) -> None:
    found = drive(page, [0, "due"], [0, "heard"], [60_000, "closed", code])
    assert found[-1] == [None, phase, wait]


def test_a_session_that_is_over_is_tried_once_more_and_again_only_when_somebody_looks(page: Page) -> None:
    found = drive(
        page, [0, "due"], [0, "closed", 4401], [2_000, "due"], [0, "closed", 4401], [9_000, "due"], [0, "wake"],
        [0, "closed", 4401],
    )  # fmt: skip
    assert found[1] == [None, "waiting", 2_000]
    assert found[2][0] == "connect"
    assert [row[1] for row in found[3:]] == ["signed_out", "signed_out", "connecting", "signed_out"]
    assert found[5][0] == "connect"


def test_silence_is_asked_about_and_then_taken_for_a_loss(page: Page) -> None:
    live: list[list[Any]] = [[0, "due"], [0, "heard"], [24_999, "due"], [1, "due"]]
    assert [row[0] for row in drive(page, *live, [10_000, "due"])] == ["connect", None, None, "ask", "drop"]
    assert drive(page, *live, [9_000, "heard"], [9_000, "due"])[-1] == [None, "live", 16_000]


def test_a_server_that_does_not_let_in_is_given_up(page: Page) -> None:
    assert drive(page, [0, "due"], [9_999, "due"], [1, "due"])[-1][0] == "drop"


def test_waking_connects_at_once_and_makes_a_live_link_prove_itself(page: Page) -> None:
    lost: list[list[Any]] = [[0, "due"], [0, "closed", 1006], [1, "wake"]]
    assert drive(page, *lost)[-1][:2] == ["connect", "connecting"]
    assert drive(page, [0, "due"], [0, "heard"], [1, "wake"], [5_000, "due"])[-2:] == [
        ["ask", "live", 5_000],
        ["drop", "live", 0],
    ]


def test_a_link_at_rest_wants_nothing_until_it_is_woken(page: Page) -> None:
    found = drive(page, [0, "due"], [0, "heard"], [5, "rest"], [90_000, "due"], [0, "wake"])
    assert [row[0] for row in found] == ["connect", None, None, None, "connect"]


def test_each_tab_gets_each_change_once_whoever_else_needs_a_replay(page: Page) -> None:
    found = page.evaluate(FOLLOW)
    assert found["from"] == 3
    others = ["c", "conversation"]
    assert found["replayed"] == [
        [["b", "message", 4], [*others, 4]],
        [["b", "message", 5], [*others, 5]],
        [["a", "message", 6], ["b", "message", 6], [*others, 6]],
    ]
    assert found["doubled"] == [[*others, 6]]
    assert found["reset"] == [["a", "reset", 9], ["b", "reset", 9]]
    assert (found["again"], found["later"]) == ([], [[*others, 9]])
    assert found["typing"] == [["a", "typing", 9], ["b", "typing", 9]]
    assert [row[0] for row in found["renamed"]] == ["a", "b", "c"]
    assert found["left"] == [[], [1], None]


def test_words_are_taken_once_and_a_gap_is_noticed(page: Page) -> None:
    parts = [
        {"cursor": 3, "text": "abc"},
        {"cursor": 3, "text": "abc"},
        {"cursor": 5, "text": "cde"},
        {"cursor": 9, "text": "hi"},
        {"cursor": 7, "text": "abcdefg"},
        {"cursor": 9, "text": "😀"},
    ]
    assert page.evaluate(SAY, parts) == ["abc", "", "de", None, "fg", "😀", "abcdefg😀"]
