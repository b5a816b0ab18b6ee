"""Replies in the form of OpenAI's chat completions: the same words for the same prompt and seed."""

import hashlib
import random
from collections.abc import Iterator
from typing import Any

WORDS = [
    "water",
    "tea",
    "steam",
    "kettle",
    "morning",
    "harbour",
    "lamp",
    "quiet",
    "letter",
    "garden",
    "stone",
    "river",
    "paper",
    "window",
    "bread",
    "winter",
    "road",
    "music",
    "chair",
    "cloud",
    "answer",
    "number",
    "pattern",
    "engine",
    "field",
]
REPLY_WORDS = 24
CREATED = 1_700_000_000


class Completion:
    """The reply to one request."""

    def __init__(self, request: dict[str, Any], *, seed: int) -> None:
        self._model = str(request.get("model") or "fake")
        self._has_usage = bool((request.get("stream_options") or {}).get("include_usage"))
        text = repr(request["messages"])
        digest = hashlib.sha256(f"{seed}:{text}".encode()).hexdigest()
        self._id = f"chatcmpl-{digest[:24]}"
        chosen = random.Random(digest).choices(WORDS, k=REPLY_WORDS)
        self.words = [word if at == 0 else f" {word}" for at, word in enumerate(chosen)]
        self._prompt_tokens = max(1, len(text) // 4)

    def whole(self) -> dict[str, Any]:
        """Return the reply in one piece."""
        message = {"role": "assistant", "content": "".join(self.words), "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self._usage()}

    def chunks(self) -> Iterator[dict[str, Any]]:
        """Yield the reply word by word; the usage last, where it was asked for."""
        yield self._chunk({"role": "assistant", "content": ""})
        for word in self.words:
            yield self._chunk({"content": word})
        yield self._chunk({}, finish_reason="stop")
        if self._has_usage:
            yield {**self._head("chat.completion.chunk"), "choices": [], "usage": self._usage()}

    def _chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": CREATED, "model": self._model}

    def _usage(self) -> dict[str, int]:
        told, said = self._prompt_tokens, len(self.words)
        return {"prompt_tokens": told, "completion_tokens": said, "total_tokens": told + said}


def error(message: str, kind: str) -> dict[str, Any]:
    """Return an error as OpenAI writes it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def checked(request: object) -> dict[str, Any]:
    """Return a request that can be answered; raise ValueError that says what is missing."""
    if not isinstance(request, dict) or not isinstance(request.get("messages"), list) or not request["messages"]:
        raise ValueError("messages: a list of one or more is needed.")
    return request
