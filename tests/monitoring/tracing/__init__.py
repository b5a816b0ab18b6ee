"""Monitoring: tracing."""
