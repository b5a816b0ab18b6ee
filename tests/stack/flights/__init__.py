"""Two web processes and Redis: identical requests are one execution, whatever is killed when."""
