"""What the site promises, in one place: judged by itself and by Prometheus."""
