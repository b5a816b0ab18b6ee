"""What a recording keeps, and what it lets go."""

from apps.caching.prediction.recording import EVENT, HEAD, READ, VOID, Recording

BITS = 60
TOP = 1 << BITS


def recording(events_max: int = 100, *, now: float = 1000.0) -> Recording:
    made = Recording(bits=BITS, events_max=events_max)
    made.begin(now)
    return made


def events(one: Recording) -> list[tuple[int, ...]]:
    return list(EVENT.iter_unpack(one.played()[HEAD.size :]))


def test_an_event_is_kept_with_its_moment_and_the_upper_half_of_its_hash() -> None:
    one = recording()
    one.read((5 << 28) + 99, 1000.25, 7, 9)
    one.invalidate(6 << 28, 1001.0)
    assert events(one) == [(250, 5, 9, 7, READ), (1000, 6, 0, 0, VOID)]
    assert HEAD.unpack_from(one.played()) == (b"rec1", 1_000_000, 64)


def test_numbers_of_any_size_and_sign_are_kept_by_their_lower_half() -> None:
    one = recording()
    one.read(TOP - 1, 1000.0, -1, (1 << 40) + 3)
    assert events(one) == [(0, 0xFFFF_FFFF, 3, 0xFFFF_FFFF, READ)]


def test_a_moment_before_the_beginning_is_the_beginning() -> None:
    one = recording()
    one.read(0, 999.0, 0, 0)
    assert events(one) == [(0, 0, 0, 0, READ)]


def test_the_keys_with_the_highest_hashes_are_let_go_for_good_where_there_are_too_many_events() -> None:
    one = recording(3)
    for eighth in (7, 0, 6, 6):
        one.read(eighth * TOP // 8, 1000.0, 0, 0)
    assert [key * 8 >> 32 for _, key, *_ in events(one)] == [0, 6, 6]
    assert HEAD.unpack_from(one.played())[2] == 56
    one.read(7 * TOP // 8, 1000.0, 0, 0)
    assert len(events(one)) == 3
    one.read(0, 1000.0, 0, 0)
    assert [key for _, key, *_ in events(one)] == [0, 0]


def test_the_last_part_of_the_keys_stays_while_it_has_room() -> None:
    one = recording(3)
    for part in (1, 0, 0, 0):
        one.read(part * TOP // 64, 1000.0, 0, 0)
    assert [key for _, key, *_ in events(one)] == [0, 0, 0]
    assert HEAD.unpack_from(one.played())[2] == 1


def test_all_begins_anew_when_one_part_of_the_keys_is_too_much() -> None:
    one = recording(3)
    for moment in range(4):
        one.read(0, 1000.0 + moment, 0, 0)
    assert events(one) == []
    assert HEAD.unpack_from(one.played()) == (b"rec1", 1_003_000, 64)
    assert one.until == 1003.0 + 12 * 3600
    one.read(TOP - 1, 1004.0, 0, 0)
    assert len(events(one)) == 1


def test_as_many_events_as_are_allowed_are_kept() -> None:
    one = recording(3)
    for _ in range(3):
        one.read(TOP - 1, 1000.0, 0, 0)
    assert len(events(one)) == 3
