"""How often one person or one address may do what costs something."""

from apps.tuning.declaration import Policy, policy
from apps.tuning.knob import knob
from apps.tuning.registry import declare

NEXT = "From the next request that is counted."


@policy
class LimitsPolicy(Policy):
    """Rates per account, and per address where nobody is signed in. 0 refuses all."""

    messages_per_minute: int = knob(
        120,
        unit="messages per minute",
        minimum=0,
        maximum=100_000,
        group="Accounts",
        help="How many messages one account may send.",
        effect=NEXT,
    )
    reads_per_minute: int = knob(
        60_000,
        unit="requests per minute",
        minimum=0,
        maximum=1_000_000,
        group="Accounts",
        help="How many pages, lists and details one account may read. What is answered from memory does not count.",
        effect=NEXT,
    )
    writes_per_minute: int = knob(
        6_000,
        unit="requests per minute",
        minimum=0,
        maximum=1_000_000,
        group="Accounts",
        help="How many things one account may change, messages among them. A repeated Idempotency-Key is a read.",
        effect=NEXT,
    )
    searches_per_minute: int = knob(
        60,
        unit="searches per minute",
        minimum=0,
        maximum=100_000,
        group="Accounts",
        help="How many searches one account may run.",
        effect=NEXT,
    )
    replies_per_hour: int = knob(
        600,
        unit="replies per hour",
        minimum=0,
        maximum=100_000,
        group="Accounts",
        help="How many replies of the assistant one account may cause.",
        effect=NEXT,
    )
    imports_per_hour: int = knob(
        20,
        unit="imports per hour",
        minimum=0,
        maximum=10_000,
        group="Accounts",
        help="How many files one account may import.",
        effect=NEXT,
    )
    accounts_per_address: int = knob(
        50,
        unit="accounts",
        minimum=1,
        maximum=10_000,
        group="Addresses",
        help="As how many accounts together one address may read and write: an office, or a school, shares one.",
        effect=NEXT,
    )
    sign_ins_per_minute: int = knob(
        20,
        unit="tries per minute",
        minimum=1,
        maximum=10_000,
        group="Addresses",
        help="How many times signing in may fail from one address. Never 0: staff must get in to change it back.",
        effect=NEXT,
    )
    sign_ups_per_hour: int = knob(
        20,
        unit="accounts per hour",
        minimum=0,
        maximum=10_000,
        group="Addresses",
        help="How many accounts one address may make.",
        effect=NEXT,
    )


limits = declare(LimitsPolicy, name="limits", title="Rate limits")
