"""Alerts: rules that are looked at by themselves, and who is told when one is broken."""
