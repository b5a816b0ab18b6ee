"""The history page beside the ways others would serve it: `python -m benchmarks.pages`."""
