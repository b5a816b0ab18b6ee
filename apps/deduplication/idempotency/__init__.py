"""Idempotency keys: a request sent twice has one effect and one answer (docs/decisions/0014)."""
