"""Charts: what each draws, read from the tables for any range of time, and from the processes once a second."""
