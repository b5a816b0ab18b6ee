"""Every promise of the project as a test; real servers where the server is the point."""
