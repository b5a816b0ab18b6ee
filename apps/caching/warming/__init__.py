"""Which keys are asked for most, and loading them before anybody waits for them."""
