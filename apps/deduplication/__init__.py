"""Identical work in progress runs once: flights, idempotency keys, request keys."""
