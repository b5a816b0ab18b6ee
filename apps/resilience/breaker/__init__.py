"""The circuit breaker."""

from apps.resilience.breaker.breaker import Breaker, Call
from apps.resilience.breaker.compatible import CircuitBreaker
from apps.resilience.breaker.rules import Mode, Rules
from apps.resilience.breaker.state import State, Transition

__all__ = ("Breaker", "Call", "CircuitBreaker", "Mode", "Rules", "State", "Transition")
