"""What can go wrong in the chat, by what the caller can do about it."""


class ChatError(Exception):
    """The base of all; its text is fit for the person who asked."""


class NotFoundError(ChatError):
    """There is no such thing, or the caller may not know of it: the two are told in the same words."""


class ForbiddenError(ChatError):
    """The caller sees the thing but may not do this to it."""


class ConflictError(ChatError):
    """The thing is in a state that does not allow this now; `kind` names which where programs can tell them apart."""

    kind = ""


class AssistantOffError(ConflictError):
    """Staff have turned the assistant off."""

    kind = "assistant-off"


class NoAssistantError(ConflictError):
    """The conversation has no assistant."""

    kind = "no-assistant"


class NothingToAnswerError(ConflictError):
    """Nobody has said anything since the assistant did, or there is nothing to write anew."""

    kind = "nothing-to-answer"


class ReplyUnderWayError(ConflictError):
    """Another reply is being written."""

    kind = "reply-under-way"


class RateError(ChatError):
    """Too much at once; after `retry_after_seconds` it may be tried again."""

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class InvalidError(ChatError):
    """A value is wrong; `field` names which."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
