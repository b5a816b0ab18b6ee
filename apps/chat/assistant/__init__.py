"""The assistant: replies that are written by one process and followed by all."""
