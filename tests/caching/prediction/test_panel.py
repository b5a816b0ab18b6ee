"""The arithmetic of one panel, step by step."""

import pytest

from apps.caching.prediction.grid import Watch
from apps.caching.prediction.panel import HALF_LIFE_SECONDS, Panel

STILL = Watch(first=1, last=3, is_moving=False)  # 0.1, 0.2, 0.4
MOVING = Watch(first=1, last=3)
SIZE = 1000


def panel(watch: Watch = STILL, *, keys_max: int = 10, blocks: int = 4, chance: float = 0.0) -> Panel:
    made = Panel(watch, size=SIZE, blocks=blocks, keys_max=keys_max, chance=lambda: chance)
    made.begin(0.0, 0)
    return made


def loads(one: Panel, now: float = 1.0) -> list[float]:
    return one.totals(now, 0).loads


def ages(one: Panel, now: float = 1.0) -> list[float]:
    return one.totals(now, 0).ages


def read(one: Panel, *moments: float, position: int = 7, generation: int = 0) -> Panel:
    for moment in moments:
        one.read(position, moment, generation)
    return one


def test_an_entry_answers_until_just_before_its_ttl() -> None:
    assert loads(read(panel(blocks=1), 0.0, 0.09375)) == [1, 1, 1]
    assert loads(read(panel(blocks=1), 0.0, 0.1)) == [2, 1, 1]
    assert loads(read(panel(blocks=1), 0.0, 0.4)) == [2, 2, 2]


def test_a_ttl_runs_from_the_load_and_not_from_the_last_read() -> None:
    assert loads(read(panel(blocks=1), 0.0, 0.0625, 0.125, 0.1875)) == [2, 1, 1]


def test_a_load_begins_a_new_life_at_its_own_ttl_alone() -> None:
    assert loads(read(panel(blocks=1), 0.0, 0.125, 0.1875, 0.25)) == [3, 2, 1]


def test_ages_are_of_what_is_served_and_a_load_serves_what_is_new() -> None:
    assert ages(read(panel(blocks=1), 0.0, 0.0625, 0.125)) == [0.0625, 0.1875, 0.1875]


def test_each_event_counts_for_all_the_blocks() -> None:
    one = read(panel(blocks=4), 0.0, 0.0625)
    assert (loads(one), ages(one)) == ([4, 4, 4], [0.25, 0.25, 0.25])


def test_an_invalidation_voids_what_is_stored_at_every_ttl() -> None:
    one = read(panel(blocks=1), 0.0)
    one.invalidate(7)
    assert loads(read(one, 0.0625, 0.09375)) == [2, 2, 2]


def test_what_was_served_before_an_invalidation_or_a_key_that_leaves_is_not_forgotten() -> None:
    void, changed, left = (read(panel(blocks=1, keys_max=1), 0.0, 0.0625, 0.09375) for _ in range(3))
    void.invalidate(7)
    read(changed, 0.09375, generation=3)
    left.read(5, 0.09375, 0)
    assert ages(void) == ages(changed) == ages(left) == [0.15625] * 3


def test_an_invalidation_of_another_key_voids_nothing() -> None:
    one = read(panel(blocks=1), 0.0)
    one.invalidate(8)
    assert loads(read(one, 0.0625)) == [1, 1, 1]


def test_another_generation_voids_once() -> None:
    one = read(read(panel(blocks=1), 0.0), 0.0625, 0.078125, generation=5)
    assert loads(one) == [2, 2, 2]


def test_keys_are_told_apart() -> None:
    one = read(read(panel(blocks=1), 0.0, position=1), 0.0, position=2)
    assert loads(one) == [2, 2, 2]


def test_where_there_are_too_many_keys_the_highest_leaves_and_none_above_it_comes_back() -> None:
    one = panel(keys_max=2, blocks=1)
    for position in (600, 200, 400, 600, 700):  # 600 leaves when 400 comes; 600 and 700 are above the threshold
        one.read(position, 0.0, 0)
    assert loads(one) == [1 + 1 + SIZE / 600] * 3
    one.read(599, 0.0, 0)  # comes and leaves at once, and is counted by none
    one.read(598, 0.0, 0)
    assert loads(one) == [1 + 1 + SIZE / 600] * 3
    one.read(300, 0.0, 0)  # 400 leaves
    assert loads(one) == [1 + 1 + SIZE / 600 + SIZE / 400] * 3


def test_known_keys_weigh_what_the_threshold_says_now() -> None:
    one = panel(keys_max=1, blocks=2)
    one.read(300, 0.0, 0)
    one.read(500, 0.0, 0)  # lowers the threshold to itself
    one.read(300, 1.0, 0)
    assert loads(one) == [2 + 2 * SIZE / 500] * 3


def test_who_moves_counts_nothing_in_the_first_of_the_longest_lives() -> None:
    one = panel(MOVING, blocks=1)
    read(one, 0.0, 0.09375, 0.375)
    assert loads(one) == ages(one) == [0, 0, 0]
    read(one, 0.4375)  # 62.5 ms after the load of the two shorter ones, 437.5 after the first of the longest
    assert loads(one) == [0, 0, 1]
    assert ages(one) == pytest.approx([0.0625, 0.0625, 0])
    read(one, 0.59375)
    assert loads(one) == [1, 1, 1]
    assert one.totals(0.6, 0).seen == 2


def test_the_life_that_is_not_counted_is_longer_by_chance() -> None:
    one = panel(MOVING, blocks=1, chance=0.5)
    assert one.totals(0.6, 0).seconds == 0
    assert one.totals(0.7, 0).seconds == pytest.approx(0.1)


def test_who_stays_counts_from_the_beginning() -> None:
    assert panel().totals(0.5, 0).seconds == 0.5


def test_a_clock_that_goes_back_takes_no_time_away() -> None:
    known = panel().totals(-1.0, 0)
    assert (known.elapsed, known.seconds) == (0, 0)


def test_moving_panels_dwell_four_of_their_longest_lives_and_by_chance_one_more() -> None:
    assert panel(MOVING).until == 4 * 0.4
    assert panel(MOVING, chance=0.5).until == 4.5 * 0.4


def test_a_turn_goes_to_the_next_block_and_around() -> None:
    one = panel(MOVING, blocks=4)
    visited = [one.block]
    for _ in range(4):
        one.turn(one.until, 0)
        visited.append(one.block)
    assert visited == [1, 2, 3, 0, 1]


def test_a_turn_forgets_the_keys_and_keeps_what_was_counted() -> None:
    one = panel(STILL, blocks=1)
    read(one, 0.0)
    one.turn(one.until, 10)
    read(one, one.until - 1)
    known = one.totals(one.until, 10)
    assert known.loads == [0.5 + 1] * 3
    assert known.reads == 5


def test_after_twelve_hours_what_was_learned_weighs_half() -> None:
    one = panel(STILL, blocks=1)
    read(one, 0.0, 0.0625)
    one.turn(HALF_LIFE_SECONDS, 8)
    known = one.totals(HALF_LIFE_SECONDS, 8)
    assert (known.loads, known.ages, known.reads, known.seen) == ([0.5] * 3, [0.03125] * 3, 4, 1)
    assert known.elapsed == known.seconds == HALF_LIFE_SECONDS / 2


def test_a_pause_is_time_without_reads_and_turns_stay_whole_dwells_apart() -> None:
    one = panel(MOVING)
    one.turn(3.5 * 1.6, 0)
    assert one.until == pytest.approx(4 * 1.6)
    assert one.totals(3 * 1.6, 0).elapsed == pytest.approx(3 * 1.6, rel=1e-3)


def test_turns_go_by_when_the_panel_began_whenever_that_was() -> None:
    one = panel(MOVING, blocks=1)
    one.begin(1000.5, 0)
    one.turn(1000.5 + 1.75, 8)
    known = one.totals(1000.5 + 1.6, 8)
    assert (known.elapsed, known.reads) == (pytest.approx(1.6, rel=1e-3), pytest.approx(8, rel=1e-3))
    assert one.until == pytest.approx(1000.5 + 3.2)


def test_reads_are_those_since_it_began() -> None:
    one = panel()
    one.begin(200.0, 30)
    assert one.totals(201.0, 42).reads == 12


def test_nothing_observed_is_no_rate() -> None:
    assert panel().totals(0.0, 0).rates(0) == (0, 0, 0, 0)


def test_rates_are_per_second_of_observation() -> None:
    one = read(panel(MOVING, blocks=1), 0.5, 0.5625, 0.75)
    known = one.totals(0.8, 20)
    assert known.rates(0) == pytest.approx((25, 2 / 0.4, 0.0625 / 0.4, 3 / 0.4))
    assert known.rates(2) == pytest.approx((25, 1 / 0.4, 0.3125 / 0.4, 3 / 0.4))
