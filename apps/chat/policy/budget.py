"""What the assistant may cost."""

from apps.tuning.declaration import Policy, policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob
from apps.tuning.registry import declare

PRICE = "per 1,000,000 tokens"
NEXT = "From the next reply that begins; those under way end by themselves."


@policy
class BudgetPolicy(Policy):
    """Prices, and what may be spent in a day, which ends at midnight UTC."""

    prompt_price: float = knob(
        0.0,
        unit=PRICE,
        minimum=0,
        maximum=100_000,
        group="Prices",
        help="What the endpoint asks for tokens it is sent, in your currency.",
        effect="From the next reply that ends. What was counted keeps its price.",
    )
    reply_price: float = knob(
        0.0,
        unit=PRICE,
        minimum=0,
        maximum=100_000,
        group="Prices",
        help="What the endpoint asks for tokens it answers, in your currency.",
        effect="From the next reply that ends. What was counted keeps its price.",
    )
    user_tokens_per_day: int = knob(
        5_000_000,
        unit="tokens per day",
        minimum=0,
        maximum=10**12,
        group="Budget",
        help="How many tokens one account may use, sent and answered together. 0: as many as it likes.",
        effect=NEXT,
    )
    cost_per_day: float = knob(
        0.0,
        unit="per day",
        minimum=0,
        maximum=10**9,
        group="Budget",
        help="What all replies together may cost, in your currency. 0: no bound.",
        effect=NEXT,
    )

    def check(self) -> None:
        """A bound on costs is none where nothing has a price."""
        if self.cost_per_day and not (self.prompt_price or self.reply_price):
            raise PolicyError("cost_per_day", "needs a price: without one nothing ever costs anything.")


budget = declare(BudgetPolicy, name="assistant_budget", title="Assistant's budget")
