"""How often something may be done: in this process, or in the whole fleet."""
