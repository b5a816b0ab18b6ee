"""Drills on real servers."""
