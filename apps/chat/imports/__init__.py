"""Files of conversations on their way in: opened, split into rows, recognised, written in batches."""
