"""Who says what and when: a conversation as rows, made by a seeded generator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random

from apps.chat.demo.phrases import ANSWERS, OPENERS, PIECES, QUESTIONS, REPLIES, SLOTS
from apps.chat.imports.row import Row

WORKDAY = timedelta(hours=9)
EVENING = time(18, tzinfo=UTC)
PIECE_SHARE, OPENER_SHARE, BREAK_SHARE = 0.06, 0.22, 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation to be made up: its members' names with the owner first, how long it is and how long ago."""

    name: str
    title: str
    members: Sequence[str]
    count: int
    days: int
    silent_days: float
    seed: str
    has_assistant: bool


def talk_rows(talk: Talk, *, today: datetime) -> Iterator[Row]:
    """Yield the messages, oldest first, the last before today."""
    random = Random(talk.seed)
    for number, moment in enumerate(_moments(random, talk, today), start=1):
        is_answer = talk.has_assistant and number % 2 == 0
        yield Row(
            line=number,
            conversation=talk.name,
            title=talk.title,
            author=None if is_answer else random.choice(talk.members),
            role="assistant" if is_answer else "user",
            sent_at=moment,
            text=filled(random, _phrase(random, talk, number)),
        )


def filled(random: Random, phrase: str) -> str:
    """Return the phrase with a word in each gap and a capital at its beginning."""
    while "{" in (rest := phrase.replace("{{", "").replace("}}", "")):
        slot = rest[rest.index("{") + 1 : rest.index("}")]
        phrase = phrase.replace(f"{{{slot}}}", random.choice(SLOTS[slot]), 1)
    text = phrase.replace("{{", "{").replace("}}", "}")
    return f"{text[:1].upper()}{text[1:]}"


def _phrase(random: Random, talk: Talk, number: int) -> str:
    if talk.has_assistant:
        return random.choice(ANSWERS if number % 2 == 0 else QUESTIONS)
    drawn = random.random()
    if drawn < PIECE_SHARE:
        return random.choice(PIECES)
    return random.choice(OPENERS if drawn < OPENER_SHARE else REPLIES)


def _moments(random: Random, talk: Talk, today: datetime) -> Iterator[datetime]:
    """Yield rising times within working hours, in bursts, over the talk's days."""
    gaps = [random.uniform(0.3, 1) * (40 if random.random() < BREAK_SHARE else 1) for _ in range(talk.count)]
    scale = talk.days * WORKDAY / sum(gaps)
    left = (talk.days + talk.silent_days) * WORKDAY
    for gap in gaps:
        left = max(timedelta(), left - gap * scale)
        days, rest = divmod(left, WORKDAY)
        evening = datetime.combine(today.date() - timedelta(days=days + 1), EVENING)
        yield (evening - rest).replace(microsecond=0)
