"""Filters of the performance pages."""
