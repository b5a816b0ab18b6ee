"""Policies that staff change while the site runs: declared beside the code that obeys them, kept as revisions."""
