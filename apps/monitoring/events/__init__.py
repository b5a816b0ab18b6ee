"""What happened, told once for all processes: the markers on the charts."""
