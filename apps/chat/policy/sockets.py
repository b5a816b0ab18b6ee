"""Sockets: what each may hold, how often it is heard, when silence counts as absence."""

from apps.tuning.declaration import Policy, policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob
from apps.tuning.registry import declare

KIB = 1024


@policy
class LivePolicy(Policy):
    """How much a socket may hold and send, and how presence and typing expire."""

    buffer_bytes: int = knob(
        1024 * KIB,
        unit="bytes",
        minimum=64 * KIB,
        maximum=64 * 1024 * KIB,
        group="Connection",
        help="What may wait for one browser that does not read. Above it the socket is closed; the browser resumes.",
        effect="From the next event that is queued, on open sockets too.",
    )
    heartbeat_seconds: float = knob(
        20.0,
        unit="seconds",
        minimum=1,
        maximum=120,
        group="Connection",
        help="How often an idle socket is heard. Proxies cut connections that are idle for longer than they like.",
        effect="After the heartbeat under way.",
    )
    subscriptions: int = knob(
        200,
        unit="conversations",
        minimum=1,
        maximum=2_000,
        group="Connection",
        help="How many conversations one socket may follow.",
        effect="From the next subscription; those that exist stay.",
    )
    sockets_per_account: int = knob(
        1_000,
        unit="sockets",
        minimum=1,
        maximum=100_000,
        group="Connection",
        help="How many sockets one account may have at once in each process. A browser has one for all its tabs.",
        effect="From the next socket that opens; those that exist stay.",
    )
    sockets_per_address: int = knob(
        10_000,
        unit="sockets",
        minimum=1,
        maximum=1_000_000,
        group="Connection",
        help="How many sockets one address may have at once in each process: an office, or a school, shares one.",
        effect="From the next socket that opens; those that exist stay.",
    )
    message_bytes: int = knob(
        128 * KIB,
        unit="bytes",
        minimum=KIB,
        maximum=1024 * KIB,
        group="What browsers send",
        help="The largest message a browser may send through its socket. A longer one closes it.",
        effect="From the next message, on open sockets too.",
    )
    messages_per_second: float = knob(
        20.0,
        unit="messages per second",
        minimum=0.1,
        maximum=1_000,
        group="What browsers send",
        help="How many messages a second one socket may send in the long run.",
        effect="At once, on open sockets too.",
    )
    burst: int = knob(
        60,
        unit="messages",
        minimum=1,
        maximum=10_000,
        group="What browsers send",
        help="How many messages may come at once before the rate counts: a page that opens subscribes to many things.",
        effect="At once, on open sockets too.",
    )
    typing_seconds: float = knob(
        5.0,
        unit="seconds",
        minimum=1,
        maximum=60,
        group="People",
        help="How long somebody is shown as typing after their last key.",
        effect="From the next key that is pressed.",
    )
    presence_seconds: float = knob(
        45.0,
        unit="seconds",
        minimum=5,
        maximum=600,
        group="People",
        help="How long somebody is shown as here after the last sign of life from any of their pages.",
        effect="From the next sign of life.",
    )

    def check(self) -> None:
        """Nobody may be taken for gone between two heartbeats."""
        if self.presence_seconds < 2 * self.heartbeat_seconds:
            raise PolicyError(
                "presence_seconds", f"must be twice heartbeat_seconds ({self.heartbeat_seconds}) or more."
            )
        if self.message_bytes > self.buffer_bytes:
            raise PolicyError("message_bytes", f"must not exceed buffer_bytes, which is {self.buffer_bytes:,}.")


live = declare(LivePolicy, name="live", title="Live delivery")
