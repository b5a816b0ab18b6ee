"""Who reads or writes which conversation, one after the other: drawn from a seed, by Zipf's law."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A refresh, or a message sent. `is_hit`: somebody has read the conversation since the last message in it."""

    session: str
    conversation: int
    is_write: bool
    is_hit: bool
    is_first: bool


def trace(sessions: Sequence[str], conversations: Sequence[int], *, count: int, writes: float, seed: int) -> list[Step]:
    """Return the steps; the conversation of rank r is chosen in proportion to 1/r."""
    chance = random.Random(seed)
    weights = list(accumulate(1 / rank for rank in range(1, len(conversations) + 1)))
    chosen = chance.choices(conversations, cum_weights=weights, k=count)
    current: set[int] = set()
    seen: set[int] = set()
    steps = []
    for conversation in chosen:
        is_write = chance.random() < writes
        steps.append(
            Step(
                session=chance.choice(sessions),
                conversation=conversation,
                is_write=is_write,
                is_hit=conversation in current and not is_write,
                is_first=conversation not in seen and not is_write,
            )
        )
        (current.discard if is_write else current.add)(conversation)
        if not is_write:
            seen.add(conversation)
    return steps
