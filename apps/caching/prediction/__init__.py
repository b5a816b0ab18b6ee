"""What a TTL would bring, known before it is set: learned from a sample of the keys that are read."""
