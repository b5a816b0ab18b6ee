"""Failure drills: something is made to fail on the running site, and what users saw meanwhile is told."""
