"""What work came to, as its policy has it: for all who wait, or for its own caller."""

from apps.deduplication.flights.outcome import Kind, Outcome
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.unshared import Unshared


def returned(value: bytes, policy: FlightPolicy) -> Outcome:
    """Return the outcome of work that returned; raise TypeError for anything but bytes."""
    if not isinstance(value, bytes):
        raise TypeError(f"Shared work returns bytes, not {type(value).__name__}: encode it in the work.")
    is_shared = not isinstance(value, Unshared) and len(value) <= policy.value_bytes
    return Outcome(Kind.VALUE if is_shared else Kind.ALONE, value)


def raised(error: Exception, policy: FlightPolicy) -> Outcome:
    """Return the outcome of work that raised."""
    return Outcome(Kind.ERROR if policy.errors == "shared" else Kind.ALONE, error=error)
