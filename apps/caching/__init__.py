"""What was worked out already: three levels of memory that never show what is no longer true."""
