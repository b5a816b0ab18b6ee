"""The policies of the recorders."""

from apps.monitoring.policy.recorder import AT_ONCE, MAX_CHARACTERS, NamesPolicy, RecorderPolicy, SwitchPolicy
from apps.tuning.declaration import policy
from apps.tuning.knob import knob
from apps.tuning.registry import declare


@policy
class RequestsPolicy(NamesPolicy):
    """What is recorded of requests."""

    ignore: str = knob(
        "/performance/ /static/ /metrics /livez /readyz /api/rum", minimum=0, maximum=MAX_CHARACTERS, effect=AT_ONCE,
        help="Paths that are not recorded, by their beginnings, with spaces between: what watches is not watched.",
    )  # fmt: skip


@policy
class QueriesPolicy(RecorderPolicy):
    """What is recorded of statements to the database."""

    slow_seconds: float = knob(
        0.1, unit="seconds", minimum=0.001, maximum=600, effect=AT_ONCE,
        help="From when on a statement counts as slow.",
    )  # fmt: skip
    ignore: str = knob(
        "monitoring_", minimum=0, maximum=MAX_CHARACTERS, effect=AT_ONCE,
        help="Tables whose statements are not recorded, by their beginnings: what watches is not watched.",
    )  # fmt: skip
    repeats: int = knob(
        10, unit="times", minimum=2, maximum=10_000, effect=AT_ONCE,
        help="How often one request sends the same statement, values apart, to be suspected of asking row by row.",
    )  # fmt: skip


REGISTERED = declare(NamesPolicy, name="monitor_registry", title="Monitoring: processes, Python and models")
REQUESTS = declare(RequestsPolicy, name="monitor_requests", title="Monitoring: requests")
QUERIES = declare(QueriesPolicy, name="monitor_queries", title="Monitoring: queries")
CACHE = declare(NamesPolicy, name="monitor_cache", title="Monitoring: cache, by namespace")
FLIGHTS = declare(NamesPolicy, name="monitor_flights", title="Monitoring: flights, by scope")
BREAKERS = declare(NamesPolicy, name="monitor_breakers", title="Monitoring: breakers, by dependency")
OUTGOING = declare(NamesPolicy, name="monitor_outgoing", title="Monitoring: outgoing calls, by dependency")
TASKS = declare(NamesPolicy, name="monitor_tasks", title="Monitoring: tasks, by name")
QUEUES = declare(NamesPolicy, name="monitor_queues", title="Monitoring: queues, by name")
EXCEPTIONS = declare(NamesPolicy, name="monitor_exceptions", title="Monitoring: exceptions, by type")
REDIS = declare(NamesPolicy, name="monitor_redis", title="Monitoring: Redis, by command")
ASSISTANT = declare(SwitchPolicy, name="monitor_assistant", title="Monitoring: assistant")
SOCKETS = declare(SwitchPolicy, name="monitor_sockets", title="Monitoring: sockets")
CHAT = declare(SwitchPolicy, name="monitor_chat", title="Monitoring: messages and imports")
PROCESS = declare(SwitchPolicy, name="monitor_process", title="Monitoring: process")
ARCHIVE = declare(SwitchPolicy, name="monitor_archive", title="Monitoring: texts of statements and exceptions")
DATABASE = declare(SwitchPolicy, name="monitor_database", title="Monitoring: database connections")
