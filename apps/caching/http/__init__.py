"""Finished answers in memory: kept by Django's side, given out before Django is entered."""
