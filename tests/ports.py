"""Ports of loopback that nobody listens on."""

import socket


def free_ports(count: int) -> list[int]:
    """So many different ones: all are held until the last is known."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
