"""Levels of memory in front of what is slow, and what staff need to tune them."""
