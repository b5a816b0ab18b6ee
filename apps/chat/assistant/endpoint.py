"""Any endpoint that speaks OpenAI's chat completions, by the official client."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.propagate import inject

from apps.chat.assistant.upstream import Ending, Piece, Question, UpstreamError, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletionChunk

NO_KEY = "none"  # the client insists on one; endpoints without keys ignore it
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
MOST_TOKENS = 2**31 - 1


class Endpoint:
    """One client for all replies of the process: its connections are used again."""

    def __init__(self, *, base_url: str, api_key: str, model: str) -> None:
        self._base_url, self._api_key, self._model = base_url, api_key or NO_KEY, model
        self._client: AsyncOpenAI | None = None
        self._loading = asyncio.Lock()

    async def prepare(self) -> None:
        """Load the client, once."""
        await self._loaded()

    async def answer(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Yield the endpoint's answer as it streams in. Not repeated when it fails."""
        client = await self._loaded()
        # The client is loaded, and its errors with it.
        from openai import OpenAIError

        has_begun = has_ended = False
        try:
            async with await self._asked(client, question) as chunks:
                has_begun = True
                async for chunk in chunks:
                    piece = piece_of(chunk)
                    has_ended = has_ended or piece.ending is not None
                    yield piece
        except (OpenAIError, ValueError) as error:  # ValueError: a line of the stream is no JSON
            raise failure_of(error, is_midway=has_begun) from None
        if not has_ended:
            raise UpstreamError("cut", "the stream ended without saying why")

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.close()

    async def _asked(self, client: "AsyncOpenAI", question: Question) -> Any:
        """Return the stream. The reads have no limit here: whoever asks has the patience, or not."""
        from openai import Timeout

        headers: dict[str, str] = {}
        inject(headers)  # `traceparent`, where the call is traced: the client's own HTTP library is not
        return await client.chat.completions.create(
            model=question.model or self._model,
            messages=cast("Any", [{"role": line.role, "content": line.content} for line in question.lines]),
            temperature=question.temperature,
            max_tokens=question.reply_tokens,
            stream=True,
            stream_options={"include_usage": True},
            timeout=Timeout(None, connect=question.connect_seconds),
            extra_headers=headers,
        )

    async def _loaded(self) -> "AsyncOpenAI":
        async with self._loading:
            if self._client is None:
                self._client = await asyncio.to_thread(self._load)  # half a second that the event loop has no time for
            return self._client

    def _load(self) -> "AsyncOpenAI":
        # Imported where the first reply needs it: a site without an endpoint is spared 16 MiB.
        from openai import AsyncOpenAI

        client = AsyncOpenAI(base_url=self._base_url, api_key=self._api_key, max_retries=0)
        client.chat.completions.create  # noqa: B018  (found by a name, and imported only then)
        return client


def piece_of(chunk: "ChatCompletionChunk") -> Piece:
    """Return what a chunk says; raise UpstreamError where the endpoint's filter ended the reply."""
    usage = None
    if spent := chunk.usage:
        usage = Usage(prompt_tokens=_count(spent.prompt_tokens), reply_tokens=_count(spent.completion_tokens))
    if not chunk.choices:
        return Piece(usage=usage)
    choice = chunk.choices[0]
    if choice.finish_reason == "content_filter":
        raise UpstreamError("refused", "the endpoint's filter ended the reply")
    ending: Ending | None = None
    if choice.finish_reason:
        ending = "too_long" if choice.finish_reason == "length" else "complete"
    return Piece((choice.delta and choice.delta.content) or "", ending, usage)


def _count(told: object) -> int:
    """Return a number of tokens that can be stored: the client does not check what the endpoint says."""
    return min(max(told, 0), MOST_TOKENS) if isinstance(told, int) else 0


def failure_of(error: Exception, *, is_midway: bool) -> UpstreamError:
    """Return what an error of the client means."""
    from openai import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        code = "failed" if error.status_code >= SERVER_ERROR else "refused"
        return UpstreamError("busy" if error.status_code == TOO_MANY_REQUESTS else code, str(error))
    if isinstance(error, APIConnectionError):
        return UpstreamError("cut" if is_midway else "unreachable", f"{error} {error.__cause__ or ''}".strip())
    return UpstreamError("failed", str(error))
