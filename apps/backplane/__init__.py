"""What processes share: connections to Redis and the message bus between them."""
