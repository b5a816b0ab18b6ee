"""Rows of a ChatGPT export: a list of conversations, each a tree of which the current branch is read.

Nodes without words (empty, hidden, the model's own notes) are structure and pass silently; the output of a tool speaks
under the tool's name; parts that are no text become a note such as [image].
"""

from collections.abc import Iterator
from typing import Any, TextIO

from apps.chat.exceptions import InvalidError
from apps.chat.imports.dialogue import Dialogue, Utterance, dialogue_rows
from apps.chat.imports.elements import Element, list_elements
from apps.chat.imports.json_text import joined_parts, parsed_object
from apps.chat.imports.row import Row
from apps.chat.imports.tally import Tally
from apps.chat.records import RefusedRow

# What the model keeps to itself: custom instructions, memories, its reasoning.
UNSAID = frozenset({"user_editable_context", "model_editable_context", "thoughts", "reasoning_recap"})


def chatgpt_rows(text: TextIO, *, tally: Tally) -> Iterator[Row | RefusedRow]:
    """Yield every message of each current branch; raise InvalidError when the file is no list at all."""
    for number, element in enumerate(list_elements(text), start=1):
        if isinstance(element, RefusedRow):
            yield RefusedRow(line=element.line, reason=f"conversation {number}: {element.reason}")
            continue
        try:
            yield from _placed(number, dialogue_rows(_dialogue(element), tally=tally))
        except InvalidError as error:
            yield RefusedRow(line=element.line, reason=f"conversation {number}: {error}")


def _placed(number: int, rows: Iterator[Row | RefusedRow]) -> Iterator[Row | RefusedRow]:
    """Say in each refusal which conversation it is about: such a file is often a single line."""
    for row in rows:
        if isinstance(row, RefusedRow):
            yield RefusedRow(line=row.line, reason=f"conversation {number}, {row.reason}")
        else:
            yield row


def _dialogue(element: Element) -> Dialogue:
    value = parsed_object(element.text)
    mapping = value.get("mapping")
    if not isinstance(mapping, dict):
        raise InvalidError("mapping", "is no tree of messages.")
    messages = [node.get("message") for node in _branch(mapping, value.get("current_node"))]
    said = [utterance for message in messages if (utterance := _utterance(message))]
    name = value.get("conversation_id") or value.get("id")
    return Dialogue(line=element.line, name=name, title=value.get("title"), utterances=said)


def _branch(mapping: dict[str, Any], current: object) -> list[dict[str, Any]]:
    """Return the nodes from the root to the current one; raise InvalidError for a tree that runs in a circle."""
    name = current if isinstance(current, str) and current in mapping else _last_leaf(mapping)
    seen: dict[str, dict[str, Any]] = {}
    while isinstance(name, str) and isinstance(node := mapping.get(name), dict):
        if name in seen:
            raise InvalidError("mapping", "runs in a circle.")
        seen[name] = node
        name = node.get("parent")
    return list(reversed(seen.values()))


def _last_leaf(mapping: dict[str, Any]) -> str | None:
    """Return the node without children whose message is the youngest, of equals the last in the file."""
    leaves = [name for name, node in mapping.items() if isinstance(node, dict) and not node.get("children")]
    return max(reversed(leaves), key=lambda name: _written_at(mapping[name]), default=None)


def _written_at(node: dict[str, Any]) -> float:
    message = node.get("message")
    time = message.get("create_time") if isinstance(message, dict) else None
    try:
        return float(time) if isinstance(time, int | float) else 0.0
    except OverflowError:
        return 0.0


def _utterance(message: object) -> Utterance | None:
    """Return what a node says, None where it says nothing."""
    if not isinstance(message, dict):
        return None
    content, author, metadata = (_object(message.get(name)) for name in ("content", "author", "metadata"))
    text = _words(content)
    is_hidden = metadata.get("is_visually_hidden_from_conversation") is True
    if is_hidden or not text or content.get("content_type") in UNSAID:
        return None
    role = author.get("role")
    return Utterance(
        place=f"message {str(message.get('id'))[:64]}",
        role=role,
        name=author.get("name") if role == "tool" else None,
        sent_at=message.get("create_time"),
        text=text,
    )


def _words(content: dict[str, Any]) -> str | None:
    """Return the words of a content, whichever of its forms has them; None for blank ones."""
    for name in ("text", "result"):
        if isinstance(content.get(name), str):
            return content[name] if content[name].strip() else None
    text = joined_parts(content.get("parts"))
    return text if text and text.strip() else None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
