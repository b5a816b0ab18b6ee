"""The assistant on real servers."""
