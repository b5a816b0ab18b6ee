"""Which requests are joined, under what key, and until which write."""
