"""Flights: identical work in progress runs once, in this process and in all others."""
