"""Reading, writing and signing up."""

from apps.chat.text import MESSAGE_MAX_CHARACTERS
from apps.tuning.declaration import Policy, policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob
from apps.tuning.registry import declare

PAGE_MAX_MESSAGES = 200


@policy
class ChatPolicy(Policy):
    """What a page of history holds, how long a message may be, who may join."""

    page_size: int = knob(
        50,
        unit="messages",
        minimum=1,
        maximum=PAGE_MAX_MESSAGES,
        group="Reading",
        help="How many messages a page of history has when the reader asks for no number.",
        effect="From the next page that is read.",
    )
    page_size_limit: int = knob(
        PAGE_MAX_MESSAGES,
        unit="messages",
        minimum=1,
        maximum=PAGE_MAX_MESSAGES,
        group="Reading",
        help="The largest page a reader may ask for; more is refused.",
        effect="From the next page that is read.",
    )
    message_length: int = knob(
        MESSAGE_MAX_CHARACTERS,
        unit="characters",
        minimum=1,
        maximum=MESSAGE_MAX_CHARACTERS,
        group="Writing",
        help="The longest message that is taken. Imported messages have a bound of their own.",
        effect="From the next message that is sent or edited; what is longer already stays.",
    )
    has_sign_up: bool = knob(
        default=True,
        group="Accounts",
        help="Whether visitors may make themselves an account.",
        effect="At once. Accounts that exist stay.",
    )

    def check(self) -> None:
        """A page without a number must not be refused."""
        if self.page_size > self.page_size_limit:
            raise PolicyError("page_size", f"must not exceed page_size_limit, which is {self.page_size_limit}.")


chat = declare(ChatPolicy, name="chat", title="Chat")
