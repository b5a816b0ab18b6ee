"""Conversations on their way out, in the formats that come back in: read in pages, written as they are read."""
