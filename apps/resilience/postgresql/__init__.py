"""Postgres as Django knows it, but nobody waits for one that is down."""
