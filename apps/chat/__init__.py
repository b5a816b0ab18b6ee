"""The product: conversations, messages, imports and search."""
