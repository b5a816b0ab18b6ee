"""Live delivery on real servers: clients that resume, processes that die, a bus that is lost."""
