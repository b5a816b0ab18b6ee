"""Live: staff who watch see every second what the processes just did; while nobody watches nothing is sent."""
