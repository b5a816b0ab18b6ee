"""Monitoring: logs."""
