"""Replies to equal prompts that are asked at the same time."""

from apps.deduplication.flights.policy import NEXT, FlightPolicy
from apps.deduplication.flights.scope import Scope
from apps.tuning.declaration import policy
from apps.tuning.knob import knob


@policy
class ReplyFlights(FlightPolicy):
    """How the endpoint's answer is shared by all who ask the same thing while it is written."""

    value_bytes: int = knob(
        20_000_000,
        unit="bytes",
        minimum=1_000,
        maximum=50_000_000,
        group="Bounds",
        help="How large an answer may grow, as it is passed on in pieces; a longer one breaks off.",
        effect=NEXT,
    )
    deadline_seconds: float = knob(
        300.0,
        unit="seconds",
        minimum=0.5,
        maximum=3_600,
        group="Leases",
        help="How long a process may write without a new piece; more than the endpoint's own limits of time.",
        effect="For answers that begin after the change.",
    )


REPLIES = Scope(name="assistant", title="Flights: replies to equal prompts", policy=ReplyFlights)
