"""HTTP answers that are shared while they are made: which, under what key, and in what form."""
