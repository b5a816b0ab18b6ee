"""How long answers are kept for, what a request hears whose first still runs, how much one account may keep."""

from apps.tuning.declaration import Policy, policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob
from apps.tuning.registry import declare

operations: set[str] = set()  # the ids of those that take keys, from when the API is put together


@policy
class IdempotencyPolicy(Policy):
    """Requests with an Idempotency-Key: sent again, they get the first one's answer."""

    retention_hours: int = knob(
        24,
        unit="hours",
        minimum=1,
        maximum=168,
        group="Records",
        help="How long a key is known. After that the same request runs again.",
        effect="At once, for records that exist as well: shortening it makes older keys unknown.",
    )
    records_per_account: int = knob(
        10_000,
        unit="records",
        minimum=100,
        maximum=1_000_000,
        group="Records",
        help="How many keys one account may have. The oldest above it are forgotten before their time.",
        effect="When one of the account's next keys is stored; the bound is looked at once in 64 of them.",
    )
    wait_seconds: float = knob(
        0.0,
        unit="seconds",
        minimum=0,
        maximum=10,
        group="While the first runs",
        help="How long a second request waits for the first one's answer before it gets 409. With 0 it does not wait. "
        "Each that waits holds a thread and a connection.",
        effect="From the next request. On SQLite a second one always waits its turn to write.",
    )
    waiting_operations: str = knob(
        "",
        maximum=1_000,
        group="While the first runs",
        help="Which operations wait, by their ids in the API's documentation, separated by blanks; the others answer "
        "409 at once. Empty: all of them wait.",
        effect="From the next request.",
    )

    def check(self) -> None:
        """Refuse an operation that the API does not have, once the API is known."""
        for name in self.waiting_operations.split():
            if operations and name not in operations:
                raise PolicyError(
                    "waiting_operations", f"{name!r} is no operation; there are {', '.join(sorted(operations))}."
                )

    def wait_seconds_of(self, operation: str) -> float:
        """Return how long a second request for the operation waits, in seconds."""
        waiting = self.waiting_operations.split()
        return self.wait_seconds if not waiting or operation in waiting else 0.0


idempotency = declare(IdempotencyPolicy, name="idempotency", title="Idempotency keys")
