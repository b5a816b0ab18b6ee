"""Health: what the site can do now, told to machines in one format, at a cost that probing cannot raise."""
