"""Monitoring: privacy."""
