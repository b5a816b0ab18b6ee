"""Trying again: only what may be repeated, never more than the budget bears."""
