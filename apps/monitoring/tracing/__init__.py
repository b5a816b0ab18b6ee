"""Traces: what one request caused, in which order, in all processes. See docs/monitoring.md, "Traces"."""
