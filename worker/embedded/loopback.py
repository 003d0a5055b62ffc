"""Ports on the loopback interface for servers that cannot pick their own."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"

# Another process may take a port between our look and the server's bind; three such accidents
# in a row mean that something else is wrong.
PORT_TRIES = 3


def find_free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
