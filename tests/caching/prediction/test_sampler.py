"""What is asked of the sampler: cheap, bounded, safe among threads, and right on real conversations."""

import csv
import gzip
import json
import os
import threading
import tracemalloc
from hashlib import blake2b
from pathlib import Path

import pytest

from apps.caching.prediction.curve import Curve
from apps.caching.prediction.grid import TTLS
from apps.caching.prediction.merge import merged
from apps.caching.prediction.recording import EVENT, HEAD
from apps.caching.prediction.sampler import Sampler
from tests.caching.prediction.exact import Read, simulated
from tests.caching.prediction.traces import BEGINNING, hashes, zipf

REAL = Path(os.environ.get("CHAT_DATA", str(Path(__file__).resolve().parents[4] / "shared" / "data")))
JUDGED_SECONDS = (0.1, 1.0, 10.0, 60.0, 300.0)
BLOCK = 1 << 60


def half() -> float:
    return 0.5


def observed(reads: list[Read]) -> Curve:
    sampler = Sampler(BEGINNING, chance=half)
    for read in reads:
        sampler.observe(read.key, read.now, read.generation)
    known = merged([json.loads(json.dumps(sampler.snapshot(reads[-1].now)))])
    assert known is not None
    return known


def events(sampler: Sampler) -> list[tuple[int, ...]]:
    return list(EVENT.iter_unpack(sampler.recording()[HEAD.size :]))


def conversations() -> list[str]:
    """Return the names of the first 2,000 real conversations."""
    with (REAL / "irc.csv").open(newline="") as rows:
        names = dict.fromkeys(row["conversation"] for row in csv.DictReader(rows))
    with gzip.open(REAL / "coffee.jsonl.gz", "rt") as lines:
        return [*names, *(json.loads(line)["id"] for line in lines)][:2000]


def test_real_conversations_are_foretold_within_two_points_at_five_ttls() -> None:
    if not REAL.is_dir():
        pytest.skip(f"{REAL} is not there; CHAT_DATA names the folder of the real chats")
    keys = [int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) for name in conversations()]
    reads = list(zipf(keys, count=300_000, per_second=500.0))
    known = observed(reads)
    errors = {ttl: known.at(ttl).hit_rate - simulated(reads, ttl).hit_rate for ttl in JUDGED_SECONDS}
    assert len(keys) == 2000
    assert all(abs(error) < 0.02 for error in errors.values()), errors


def test_many_keys_are_foretold_within_two_points_though_few_are_kept() -> None:
    reads = list(zipf(hashes(20_000), count=200_000, per_second=300.0, seed=2))
    known = observed(reads)
    exact = simulated(reads, 10.0)
    assert known.at(10.0).hit_rate == pytest.approx(exact.hit_rate, abs=0.02)
    assert known.at(10.0).loads_per_second == pytest.approx(exact.loads * 300 / 200_000 / 0.98, rel=0.05)
    assert known.at(10.0).mean_age_seconds == pytest.approx(exact.mean_age_seconds, rel=0.2)


def test_processes_that_know_half_each_know_together_what_one_would() -> None:
    one, other, both = (Sampler(0.0, block_bits=0, chance=half) for _ in range(3))
    for number in range(4000):
        now, key = number / 50, number * 7919 % 97 << 50
        (one if key >> 50 < 48 else other).observe(key, now)
        both.observe(key, now)
    together, alone = merged([one.snapshot(80.0), other.snapshot(80.0)]), merged([both.snapshot(80.0)])
    assert together is not None
    assert alone is not None
    assert together.reads_per_second == pytest.approx(50.0)
    for ttl in TTLS:
        assert together.at(ttl).hit_rate == pytest.approx(alone.at(ttl).hit_rate)


def test_signed_and_unsigned_hashes_are_the_same_keys() -> None:
    signed, unsigned = Sampler(0.0, chance=half), Sampler(0.0, chance=half)
    for key in hashes(500):
        unsigned.observe(key, 1.0)
        signed.observe(key - (1 << 64) if key >> 63 else key, 1.0)
    assert signed.snapshot(2.0) == unsigned.snapshot(2.0)
    assert signed.recording() == unsigned.recording()


def test_only_the_keys_of_watched_blocks_are_recorded() -> None:
    sampler = Sampler(0.0, chance=half)
    for block in range(16):
        sampler.observe(block * BLOCK, 1.0, 3, 4)
        sampler.invalidate(block * BLOCK, 2.0)
    assert events(sampler) == [(1000, 0, 4, 3, 0), (2000, 0, 0, 0, 1)]
    assert sampler.reads == 16


def test_an_invalidation_reaches_every_watch_of_the_key() -> None:
    sampler = Sampler(0.0, block_bits=0, chance=half)
    for now in (100.0, 100.01):
        sampler.observe(1, now)
        sampler.invalidate(1, now)
    known = merged([sampler.snapshot(100.02)])
    assert known is not None
    assert known.at(3600.0).hit_rate == 0.0


def test_load_times_are_told_as_a_mean() -> None:
    sampler = Sampler(0.0)
    sampler.observe(9 * BLOCK, 1.0)  # where the longest lives are looked at
    sampler.loaded(0.25)
    sampler.loaded(0.75)
    known = merged([sampler.snapshot(2.0)])
    assert known is not None
    assert known.load_seconds == 0.5


def test_a_turn_comes_before_the_read_that_finds_it_due() -> None:
    sampler = Sampler(0.0, chance=half)
    due = 4.5 * TTLS[4]
    before = sampler.snapshot(due)
    sampler.observe(1 * BLOCK, due)  # the block the first watch has just come to
    counts_at = due + 1.5 * TTLS[4]
    assert sampler.snapshot(counts_at)["rates"][0][1] == 0.0
    sampler.observe(1 * BLOCK, counts_at)
    seconds = 2 * (due - 1.5 * TTLS[4])
    assert sampler.snapshot(2 * due)["rates"][0][1] == pytest.approx(16 / seconds, rel=1e-3)
    assert before["rates"][0] == [0.0] * 4


def test_the_recording_begins_anew_after_twelve_hours() -> None:
    sampler = Sampler(0.0, chance=half)
    sampler.observe(0, 1.0)
    sampler.observe(0, 12 * 3600.0)
    assert events(sampler) == [(0, 0, 0, 0, 0)]


def test_threads_lose_nothing_of_what_is_watched() -> None:
    sampler = Sampler(0.0, block_bits=0, keys_max=8, chance=half)
    ready = threading.Barrier(4)

    def reader(number: int) -> None:
        ready.wait()
        for step in range(1500):
            sampler.observe((step * 4 + number) << 48, step / 1000)

    threads = [threading.Thread(target=reader, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(events(sampler)) == 6000
    assert merged([sampler.snapshot(2.0)]) is not None


def test_memory_is_bounded_however_many_keys_are_read() -> None:
    keys = hashes(60_000)
    tracemalloc.start()
    try:
        sampler = Sampler(0.0, block_bits=0)
        for number, key in enumerate(keys):
            sampler.observe(key, number / 1000, number, number)
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert used < 1_000_000
    assert len(sampler.recording()) <= 8192 * EVENT.size + HEAD.size
    assert len(json.dumps(sampler.snapshot(60.0))) < 4096
