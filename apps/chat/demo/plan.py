"""The demo as a whole: its people, its conversations, and putting them into the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from apps.chat.demo.phrases import TITLES
from apps.chat.demo.talk import Talk, talk_rows
from apps.chat.exceptions import InvalidError
from apps.chat.imports.authors import Authors
from apps.chat.imports.batch import BatchWriter
from apps.chat.imports.identity import Identity
from apps.chat.imports.known import Entry
from apps.chat.imports.pace import Unhindered
from apps.chat.imports.run import BATCH_ROWS
from apps.chat.imports.tally import Tally
from apps.chat.invalidation import membership_changes
from apps.chat.models import Conversation, Membership, User

LONGEST_SHARE = 0.55
UNREAD_MAX = 25
ASSISTANT_EVERY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a run added."""

    users: int
    conversations: int
    messages: int


def make_demo(*, users: int, conversations: int, messages: int, seed: int) -> Made:
    """Add what is missing of the demo and return what that was; run again it adds nothing.

    Raises InvalidError naming DEMO_PASSWORD when no password is set. Each conversation is one transaction.
    """
    people, added = _people(users)
    made = [_made(talk, people) for talk in talks(people, conversations=conversations, messages=messages, seed=seed)]
    return Made(users=added, conversations=sum(count > 0 for count in made), messages=sum(made))


def talks(people: list[str], *, conversations: int, messages: int, seed: int) -> Iterator[Talk]:
    """Yield the conversations to be made up; the first is long, demo1 is in all of them."""
    random = Random(seed)
    for number, count in enumerate(_shares(random, conversations, messages)):
        has_assistant = number % ASSISTANT_EVERY == ASSISTANT_EVERY - 1
        others = random.sample(people[1:], k=random.randint(min(1, len(people) - 1), len(people) - 1))
        owner = random.choice(people)
        members = dict.fromkeys([owner, people[0], *others])
        title = "Ask the assistant" if has_assistant else TITLES[number % len(TITLES)]
        yield Talk(
            name=f"demo-{seed}-{number + 1}",
            title=title if number < len(TITLES) else f"{title} {number // len(TITLES) + 1}",
            members=[people[0]] if has_assistant else list(members),
            count=count,
            days=random.randint(5, 90) if number else 120,
            silent_days=random.uniform(0, 15) if number else 0.0,
            seed=f"{seed}/{number}",
            has_assistant=has_assistant,
        )


def _shares(random: Random, conversations: int, messages: int) -> list[int]:
    """Return how many messages each conversation gets, at least one; in all as many as were asked for."""
    if conversations == 1:
        return [messages]
    weights = [random.uniform(0.2, 1) for _ in range(conversations - 1)]
    rest = messages - int(messages * LONGEST_SHARE)
    others = [max(1, int(rest * weight / sum(weights))) for weight in weights]
    longest = messages - sum(others)
    return [longest, *others] if longest > 0 else [messages - conversations + 1, *[1] * (conversations - 1)]


def _people(count: int) -> tuple[list[str], int]:
    """Return the names of the demo's users and how many of them had to be made."""
    if not settings.DEMO_PASSWORD:
        raise InvalidError("DEMO_PASSWORD", "is not set; outside DEBUG the demo users get no password of their own.")
    names = [f"demo{number}" for number in range(1, count + 1)]
    known = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    password = make_password(settings.DEMO_PASSWORD)
    missing = [name for name in names if name not in known]
    User.objects.bulk_create((User(username=name, password=password) for name in missing), ignore_conflicts=True)
    return names, len(missing)


def _made(talk: Talk, people: list[str]) -> int:
    """Write the conversation unless it is there; return how many messages it got."""
    owner = User.objects.get(username=talk.members[0])
    if Conversation.objects.filter(source_id=talk.name, imported_by__username__in=people).exists():
        return 0
    writer = BatchWriter(owner_id=owner.pk, authors=Authors(owner=owner, links_users=True), pace=Unhindered())
    with transaction.atomic(), Tally() as tally:
        identity = Identity(owner_name=owner.get_username(), tally=tally)
        rows = talk_rows(talk, today=timezone.now())
        while entries := [Entry(row=row, key=identity.key(row)) for row in islice(rows, BATCH_ROWS)]:
            writer.write(entries, beside=lambda _: None)
        Conversation.objects.filter(source_id=talk.name, imported_by=owner).update(has_assistant=talk.has_assistant)
        _leave_unread(talk, owner)
    return talk.count


def _leave_unread(talk: Talk, owner: User) -> None:
    """Make the members of the conversation, with some of its end unread."""
    random = Random(f"{talk.seed}/unread")
    conversation = Conversation.objects.get(source_id=talk.name, imported_by=owner)
    for user in User.objects.filter(username__in=talk.members).order_by("pk"):
        unread = 0 if talk.has_assistant else random.choice((0, 0, random.randint(1, UNREAD_MAX)))
        read = max(0, conversation.last_sequence - unread)
        membership_changes(conversation.pk, user.pk)
        Membership.objects.update_or_create(conversation=conversation, user=user, defaults={"last_read_sequence": read})
