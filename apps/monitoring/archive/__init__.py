"""What is kept by name beside the figures: texts of statements, groups of exceptions."""
