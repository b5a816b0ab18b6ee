"""The edge: sockets to Channels, hits to the response path, the rest into Django by one hop."""
