"""One state of each breaker for the whole fleet, kept beside the path of calls."""
