"""ChatGPT's trees of messages, made in memory."""

import json
from typing import Any

ROOT = "root"


def node(
    name: str,
    parent: str | None,
    text: Any = None,
    *,
    role: str = "user",
    time: float | None = None,
    children: tuple[str, ...] = (),
    **message: Any,
) -> dict[str, Any]:
    """Return one node; `text` may also be a whole content object."""
    content = {"content_type": "text", "parts": [text]} if isinstance(text, str) else text
    said = {"id": name, "author": {"role": role}, "create_time": time, "content": content, **message}
    return {"id": name, "parent": parent, "children": list(children), "message": None if text is None else said}


def chain(*said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return nodes of which each is the child of the one before, behind an empty root."""
    nodes = [node(ROOT, None)]
    for index, options in enumerate(said, start=1):
        above = nodes[-1]
        nodes.append(node(f"n{index}", above["id"], **options))
        above["children"] = [f"n{index}"]
    return nodes


def tree(nodes: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a conversation of these nodes; its current node is the last unless said otherwise."""
    mapping = {entry["id"]: entry for entry in nodes}
    return {"id": "t1", "title": "A tree", "current_node": nodes[-1]["id"], "mapping": mapping, **more}


def export(*trees: Any) -> str:
    """Return the conversations.json of these trees."""
    return json.dumps(list(trees))
