"""Filters for the pages of policies."""
