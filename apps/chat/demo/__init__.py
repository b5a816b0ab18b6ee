"""Made-up conversations to try the chat with: a small team at work, the same for the same seed."""
