"""What is measured, and how: metrics, their series in one process, and copies of them that travel."""
