"""What a conversation has said before about the words of a question."""

import re
from collections import defaultdict

from apps.chat.assistant.upstream import Question
from apps.chat.records import MessageRecord
from apps.chat.services.search import search_messages

MOST_WORDS = 8
MOST_QUOTES = 3
PAGES = 3  # of matches for a word; a common word has more, of which the newest do
SHORTEST = 3
# Words that say what kind of answer is wanted, not what it is about.
EMPTY = frozenset(
    re.findall(
        r"\w+",
        "about and any are can could did does find for from had has have her him his how into its know let many may"
        " more much not now our out please said say says she should show some tell than that the their them then there"
        " they this those was were what when where which who whom whose why will with would you your",
    )
)


def telling_words(text: str) -> list[str]:
    """Return the words by which to look, the longest first; those of any question only where there are no others."""
    words = list(dict.fromkeys(word.lower() for word in re.findall(r"[^\W_]+", text)))
    telling = [word for word in words if len(word) >= SHORTEST and word not in EMPTY]
    return sorted(telling or words, key=len, reverse=True)[:MOST_WORDS]


def recalled(question: Question, *, preface: str) -> list[MessageRecord]:
    """Return the earlier messages that share most words with the question, the newest of equals first.

    Only what the asker may read; nothing that begins with the preface. Up to 48 queries.
    """
    if question.asked_by is None:
        return []
    shared: defaultdict[int, int] = defaultdict(int)
    found: dict[int, MessageRecord] = {}
    for word in telling_words(question.text):
        for message in _matches(question, word):
            if message.sequence < question.before and not message.text.startswith(preface):
                shared[message.id] += 1
                found[message.id] = message
    best = sorted(found.values(), key=lambda message: (shared[message.id], message.sequence), reverse=True)
    return best[:MOST_QUOTES]


def _matches(question: Question, word: str) -> list[MessageRecord]:
    assert question.asked_by is not None  # noqa: S101  (recalled has seen to it)
    found: list[MessageRecord] = []
    cursor: str | None = None
    for _ in range(PAGES):
        page = search_messages(
            user_id=question.asked_by, query=word, cursor=cursor, conversation_id=question.conversation
        )
        found += [hit.message for hit in page.results]
        cursor = page.next
        if cursor is None:
            break
    return found
