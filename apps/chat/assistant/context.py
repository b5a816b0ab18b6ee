"""How much of a conversation goes along with a question: the latest of it, within a budget of tokens.

No tokenizer: each model has its own, and the endpoint may be any. A token is taken for three bytes of UTF-8, and a
message for four tokens more. English has about four bytes a token, Chinese three, so the estimate errs to the safe side
by about a third.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from apps.chat.assistant.upstream import Line
from apps.chat.records import MessageRole

BYTES_PER_TOKEN = 3
TOKENS_PER_MESSAGE = 4
LEAST_TOKENS = 64  # of the latest message, whatever the system prompt leaves
MARK = "… "


class Said(NamedTuple):
    """A message of the conversation."""

    role: MessageRole
    name: str
    text: str


def tokens_of(text: str) -> int:
    """Return the estimate for a message with this text."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE


def window(latest_first: Iterable[Said], *, system_prompt: str, budget: int) -> tuple[Line, ...]:
    """Return the system prompt, then as many messages as fit, oldest first, without a gap before the latest.

    Takes no more of the messages than it needs. The latest is always there; one that does not fit loses its beginning.
    The whole exceeds the budget only where the prompt alone leaves less than LEAST_TOKENS.
    """
    head = [Line("system", system_prompt)] if system_prompt else []
    room = max(LEAST_TOKENS, budget - sum(tokens_of(line.content) for line in head))
    kept: list[Said] = []
    for said in latest_first:
        cost = tokens_of(named(said).content)
        if cost > room and kept:
            break
        kept.append(said if cost <= room else shortened(said, room))
        room -= min(cost, room)
    return (*head, *lines_of(kept[::-1]))


def lines_of(messages: Sequence[Said]) -> list[Line]:
    """Return the messages for a model; where several people speak, each line begins with the name."""
    people = {said.name for said in messages if said.role == "user"}
    return [named(said) if len(people) > 1 else Line(said.role, said.text) for said in messages]


def named(said: Said) -> Line:
    """Return a user's message with the name before it."""
    return Line(said.role, f"{said.name}: {said.text}" if said.role == "user" else said.text)


def shortened(said: Said, tokens: int) -> Said:
    """Return the message with only the end of its text, so that it costs no more than the tokens."""
    head = MARK if said.role != "user" else f"{said.name}: {MARK}"
    room = (tokens - TOKENS_PER_MESSAGE) * BYTES_PER_TOKEN - len(head.encode())
    return said._replace(text=MARK + said.text.encode()[-room:].decode(errors="ignore") if room > 0 else MARK)
