"""What staff see of the cache, in all processes together."""
