"""Level 3: where entries and the stamps of tags are shared between processes."""
