"""ChatGPT's export: the current branch of each tree, and nothing else."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chat.imports.chatgpt_rows import chatgpt_rows
from apps.chat.imports.row import Row
from apps.chat.imports.tally import Tally
from apps.chat.records import RefusedRow
from tests.chat.imports.trees import ROOT, chain, export, node, tree

FIRST = "conversation 1, message n1:"


def parsed(text: str) -> list[Row | RefusedRow]:
    with Tally() as tally:
        return list(chatgpt_rows(io.StringIO(text), tally=tally))


def said(*trees: Any) -> list[tuple[str, str]]:
    return [(row.role, row.text) for row in parsed(export(*trees)) if isinstance(row, Row)]


def test_reads_a_conversation_from_its_root_to_its_current_node() -> None:
    rows = parsed(export(tree(chain({"text": "Hi?", "time": 1714557600.25}, {"text": "Hi!", "role": "assistant"}))))
    first, second = rows
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.conversation, first.title, first.text) == ("t1", "A tree", "Hi?")
    assert first.sent_at == datetime(2024, 5, 1, 10, 0, 0, 250_000, tzinfo=UTC)
    assert (second.role, second.text, second.sent_at) == ("assistant", "Hi!", None)


BRANCHES = [
    node(ROOT, None, children=("q",)),
    node("q", ROOT, "question", time=1.0, children=("a1", "a2")),
    node("a1", "q", "first answer", role="assistant", time=2.0, children=("t1",)),
    node("t1", "a1", "thanks", time=5.0),
    node("a2", "q", "second answer", role="assistant", time=3.0),
]


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        ("a2", ["question", "second answer"]),
        ("t1", ["question", "first answer", "thanks"]),
        (None, ["question", "first answer", "thanks"]),
        ("nowhere", ["question", "first answer", "thanks"]),
        (7, ["question", "first answer", "thanks"]),
    ],
)
def test_follows_the_current_branch_or_else_the_youngest_leaf(current: Any, expected: list[str]) -> None:
    assert [text for _, text in said(tree(BRANCHES, current_node=current))] == expected


def test_of_leaves_without_times_the_last_counts() -> None:
    leaves = [node(ROOT, None, children=("a", "b")), node("a", ROOT, "one"), node("b", ROOT, "two")]
    assert said(tree(leaves, current_node=None)) == [("user", "two")]


def test_a_leaf_with_a_time_too_large_for_a_number_stops_nothing() -> None:
    leaves = [node(ROOT, None, children=("a", "b")), node("a", ROOT, "one", time=1.0), node("b", ROOT, "two")]
    leaves[2]["message"]["create_time"] = 10**400
    assert said(tree(leaves, current_node=None)) == [("user", "one")]


def test_passes_over_nodes_that_say_nothing() -> None:
    hidden = {"metadata": {"is_visually_hidden_from_conversation": True}}
    nodes = chain(
        {"text": "", "role": "system"},
        {"text": "custom instructions", "role": "system", **hidden},
        {"text": {"content_type": "user_editable_context", "text": "about me"}},
        {"text": {"content_type": "thoughts", "text": "hm"}, "role": "assistant"},
        {"text": {"content_type": "text", "parts": None}},
        {"text": {"content_type": "text", "parts": [" ", None]}},
        {"text": "words"},
    )
    assert said(tree(nodes)) == [("user", "words")]


def test_lets_tools_and_the_system_speak_under_their_own_names() -> None:
    nodes = chain(
        {"text": "Be kind.", "role": "system"},
        {"text": {"content_type": "code", "text": "1 + 1"}, "role": "assistant", "recipient": "python"},
        {"text": {"content_type": "execution_output", "text": "2"}, "author": {"role": "tool", "name": "python"}},
        {"text": {"content_type": "tether_browsing_display", "result": "found"}, "role": "tool"},
    )
    rows = [row for row in parsed(export(tree(nodes))) if isinstance(row, Row)]
    assert [(row.role, row.author, row.text) for row in rows] == [
        ("system", None, "Be kind."),
        ("assistant", None, "1 + 1"),
        ("assistant", "python", "2"),
        ("assistant", "tool", "found"),
    ]


def test_notes_the_parts_that_are_no_text() -> None:
    parts = [
        {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"},
        "What is this?",
        {"content_type": "audio_transcription", "text": "spoken"},
        {"content_type": "audio_asset_pointer"},
        {"content_type": "real_time_user_audio_video_asset_pointer"},
        {},
    ]
    nodes = chain({"text": {"content_type": "multimodal_text", "parts": parts}})
    assert said(tree(nodes)) == [("user", "[image]\n\nWhat is this?\n\nspoken\n\n[audio]\n\n[audio]\n\n[attachment]")]


def test_refuses_a_circle_and_takes_the_other_conversations() -> None:
    circle = [node("a", "b", "one"), node("b", "a", "two")]
    refused, taken = parsed(export(tree(circle), tree(chain({"text": "words"}))))
    assert refused == RefusedRow(line=1, reason="conversation 1: mapping: runs in a circle.")
    assert isinstance(taken, Row)


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ({}, "conversation 1: mapping: is no tree of messages."),
        ([], "conversation 1: json: is no object."),
        (7, "conversation 1: json: is no object."),
        (tree(chain({"text": "a\0b"})), f"{FIRST} text: the NUL character at character 2 is not allowed."),
        (tree(chain({"text": "a", "role": "robot"})), f"{FIRST} role: is none of user, assistant, system and tool."),
        (tree(chain({"text": "a", "time": -5})), f"{FIRST} sent_at: lies before 1970 or after 9999."),
        (tree(chain({"text": "a"}), id=[1]), "conversation 1: id: is neither text nor a whole number."),
    ],
)
def test_says_which_conversation_and_message_is_refused(element: Any, reason: str) -> None:
    refused, taken = parsed(json.dumps([element, tree(chain({"text": "words"}))], indent=0).replace("\n", ""))
    assert refused == RefusedRow(line=1, reason=reason)
    assert isinstance(taken, Row)


def test_a_tree_without_messages_is_no_row() -> None:
    assert parsed(export(tree([node(ROOT, None)]), {"mapping": {}}, {"mapping": {"a": None}})) == []


def test_takes_a_conversation_id_before_an_id_and_makes_one_of_the_content_without_either() -> None:
    nodes = chain({"text": "words"})
    both, neither = parsed(export(tree(nodes, conversation_id="c9"), tree(nodes, id=None)))
    assert isinstance(both, Row)
    assert isinstance(neither, Row)
    assert both.conversation == "c9"
    assert neither.conversation.startswith("content-")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from("abc")
MESSAGES = st.fixed_dictionaries(
    {}, optional={"id": JSON, "author": JSON, "content": JSON, "create_time": JSON, "metadata": JSON}
)
NODES = st.fixed_dictionaries({"message": MESSAGES | JSON, "parent": NAMES | JSON, "children": JSON})


@given(
    st.lists(
        st.fixed_dictionaries({"mapping": st.dictionaries(NAMES, NODES | JSON), "current_node": NAMES | JSON}) | JSON,
        max_size=3,
    )
)
def test_no_tree_makes_the_parser_fail(trees: list[Any]) -> None:
    assert all(row.line == 1 for row in parsed(export(*trees)))
