"""What Prometheus is told: one target for all processes that share a data directory."""
