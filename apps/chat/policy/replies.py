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
    wait_hours: float = knob(
        24.0,
        unit="hours",
        minimum=0,
        maximum=720,
        group="Waiting",
        help="How long a question may wait for an endpoint that is down. 0: not at all.",
        effect="At once.",
    )
    waiting_replies: int = knob(
        1_000,
        unit="replies",
        minimum=0,
        maximum=100_000,
        group="Waiting",
        help="How many questions may wait at once; more are told at once that there is no answer.",
        effect="At once.",
    )

    def check(self) -> None:
        """A reply needs some context to answer."""
        if self.reply_tokens > self.context_tokens:
            raise PolicyError("reply_tokens", f"must not exceed context_tokens, which is {self.context_tokens:,}.")


assistant = declare(AssistantPolicy, name="assistant", title="Assistant")
