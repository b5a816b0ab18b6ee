"""Idempotency keys on real servers that are killed; `settings` adds faults to a server, for these tests alone."""
