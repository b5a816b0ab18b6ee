"""The pipeline of the collector that traces are sent to."""

from apps.resilience.pipeline import declare_dependency

otlp = declare_dependency(
    "otlp", title="the collector of traces", deadline_seconds=30.0, attempt_seconds=30.0, slow_seconds=10.0,
    failures_in_a_row=3, recovery_seconds=5.0, recovery_limit_seconds=60.0, has_bulkhead=False, attempts=1,
)  # fmt: skip
