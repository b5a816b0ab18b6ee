"""The hop into Django, driven directly and over real sockets."""
