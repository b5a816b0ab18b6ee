"""What was measured, in the database."""
