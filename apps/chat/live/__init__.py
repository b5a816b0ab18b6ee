"""Live: sockets that see every change of their conversations once, in order, whichever process made it."""
