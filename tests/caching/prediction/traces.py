"""Who reads what when: conversations by Zipf's law, some of them written to."""

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate

from tests.caching.prediction.exact import Read

BEGINNING = 1_000_000_000.0


def zipf(keys: Sequence[int], *, count: int, per_second: float, written: float = 0.02, seed: int = 1) -> Iterator[Read]:
    """Yield reads of keys, the first the most popular, exponent 1.0; `written` is the share of writes in all."""
    chance = random.Random(seed)
    popular = list(accumulate(1 / rank for rank in range(1, len(keys) + 1)))
    now, generations = BEGINNING, dict.fromkeys(keys, 0)
    for key in chance.choices(keys, cum_weights=popular, k=count):
        now += chance.expovariate(per_second)
        if chance.random() < written:
            generations[key] += 1
        else:
            yield Read(key, now, generations[key])


def hashes(count: int, *, seed: int = 1) -> list[int]:
    """Return so many hashes of keys."""
    chance = random.Random(seed)
    return [chance.getrandbits(64) for _ in range(count)]
