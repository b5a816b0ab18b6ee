"""Watches everything: nobody below knows it, and nothing fails when it does."""
