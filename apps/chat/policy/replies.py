"""The assistant: whether it answers, as which model, within which limits."""

from apps.tuning.declaration import Policy, policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob
from apps.tuning.registry import declare


@policy
class AssistantPolicy(Policy):
    """What the assistant is asked with, and how long its answers may take."""

    is_on: bool = knob(
        default=True,
        group="Assistant",
        help="Whether conversations may ask the assistant. Off, the button says so.",
        effect="From the next reply that is asked for; one under way ends by itself.",
    )
    model: str = knob(
        "",
        maximum=100,
        group="Assistant",
        help="The model's name at the endpoint. Empty: the one that ASSISTANT_MODEL names.",
        effect="From the next reply that is asked for.",
    )
    temperature: float = knob(
        0.7,
        minimum=0,
        maximum=2,
        group="Assistant",
        help="How freely words are chosen: 0 always takes the likeliest, 2 is close to chance.",
        effect="From the next reply that is asked for.",
    )
    context_tokens: int = knob(
        8_000,
        unit="tokens",
        minimum=256,
        maximum=1_000_000,
        group="Limits",
        help="How much of the conversation is sent along, the latest first. The model needs room for the reply, too.",
        effect="From the next reply that is asked for.",
    )
    reply_tokens: int = knob(
        1_000,
        unit="tokens",
        minimum=16,
        maximum=100_000,
        group="Limits",
        help="The longest reply. What is longer is cut and marked so.",
        effect="From the next reply that is asked for.",
    )
    connect_seconds: float = knob(
        5.0,
        unit="seconds",
        minimum=0.1,
        maximum=60,
        group="Waiting",
        help="How long to wait for a connection to the endpoint.",
        effect="From the next reply that is asked for.",
    )
    first_token_seconds: float = knob(
        30.0,
        unit="seconds",
        minimum=0.5,
        maximum=600,
        group="Waiting",
        help="How long to wait for a reply's first word.",
        effect="From the next reply that is asked for.",
    )
    idle_seconds: float = knob(
        20.0,
        unit="seconds",
        minimum=0.5,
        maximum=600,
        group="Waiting",
        help="How long a reply may pause between two words. There is no bound on the whole: long answers stream.",
        effect="From the next reply that is asked for.",
    )

    def check(self) -> None:
        """The connection is part of the wait for the first word; a reply needs some context to answer."""
        if self.connect_seconds > self.first_token_seconds:
            raise PolicyError(
                "connect_seconds", f"must not exceed first_token_seconds, which is {self.first_token_seconds}."
            )
        if self.reply_tokens > self.context_tokens:
            raise PolicyError("reply_tokens", f"must not exceed context_tokens, which is {self.context_tokens:,}.")


assistant = declare(AssistantPolicy, name="assistant", title="Assistant")
