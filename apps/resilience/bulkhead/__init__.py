"""How many calls to a dependency may be under way at once."""
