"""What the site depends on: one declaration gives the policy in the admin and the pipeline in the code."""

from apps.resilience.pipeline.registry import declare_dependency

assistant = declare_dependency(
    "assistant", title="the assistant's endpoint", deadline_seconds=120.0, attempt_seconds=30.0, slow_seconds=15.0,
    stream_seconds=600.0, places_at_start=256, places_most=1024, queue_calls=64, queue_seconds=5.0, attempts=1,
)  # fmt: skip
redis_cache = declare_dependency(
    "redis_cache", title="Redis, for the cache", deadline_seconds=0.5, attempt_seconds=0.25, slow_seconds=0.1,
    recovery_seconds=2.0, recovery_limit_seconds=30.0, places_at_start=64, attempts=1, queue_seconds=0.1,
)  # fmt: skip
redis_flights = declare_dependency(
    "redis_flights", title="Redis, for flights", deadline_seconds=1.0, attempt_seconds=0.5, slow_seconds=0.25,
    recovery_seconds=2.0, recovery_limit_seconds=30.0, places_at_start=64, attempts=1, queue_seconds=0.1,
)  # fmt: skip
redis_bus = declare_dependency(
    "redis_bus", title="Redis, for the bus", deadline_seconds=1.0, attempt_seconds=0.5, slow_seconds=0.25,
    recovery_seconds=2.0, recovery_limit_seconds=30.0, has_bulkhead=False, attempts=1,
)  # fmt: skip
redis_limits = declare_dependency(
    "redis_limits", title="Redis, for limits", deadline_seconds=1.0, attempt_seconds=0.004, slow_seconds=0.05,
    failures_in_a_row=3, recovery_seconds=2.0, recovery_limit_seconds=30.0, has_bulkhead=False, attempts=1,
)  # fmt: skip
database_reads = declare_dependency(
    "database_reads", title="the database, for reads", deadline_seconds=10.0, attempt_seconds=10.0, slow_seconds=2.0,
    recovery_seconds=5.0, recovery_limit_seconds=60.0, attempts=2, first_pause_seconds=0.05,
)  # fmt: skip
broker = declare_dependency(
    "broker", title="the task broker", deadline_seconds=3.0, attempt_seconds=2.0, slow_seconds=1.0,
    recovery_seconds=5.0, recovery_limit_seconds=60.0, attempts=1,
)  # fmt: skip
smtp = declare_dependency(
    "smtp", title="the mail server", deadline_seconds=30.0, attempt_seconds=10.0, slow_seconds=5.0,
    places_at_start=4, places_most=8, attempts=1,
)  # fmt: skip
otlp = declare_dependency(
    "otlp", title="the trace collector", deadline_seconds=10.0, attempt_seconds=5.0, slow_seconds=3.0,
    places_at_start=4, places_most=8, queue_calls=4, attempts=1,
)  # fmt: skip
