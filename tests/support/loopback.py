"""Sockets reach this machine only."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import pytest


def is_loopback(host: object) -> bool:
    """Whether a host as sockets take it is this machine; '' and None are "any interface", which binding asks for."""
    if host in ("localhost", "", None):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse(host: object) -> None:
    # Not an OSError: the code under test would take that for an outage and the test would pass.
    pytest.fail(f"the test reaches for {host!r}, beyond loopback")


def checked(method: Callable[..., Any], address_at: int) -> Callable[..., Any]:
    """A socket method that looks at the address among its arguments first."""

    def call(self: socket.socket, *args: Any) -> Any:
        address = args[address_at]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            refuse(address[0])
        return method(self, *args)

    return call


def guard(patch: pytest.MonkeyPatch) -> None:
    """Puts the check round everything that sends or looks a name up."""
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if is_loopback(name):
            return look_up(host, *args, **kwargs)
        if str(name).rstrip(".").endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return refuse(name)

    patch.setattr(socket, "getaddrinfo", getaddrinfo)
    patch.setattr(socket.socket, "connect", checked(socket.socket.connect, 0))
    patch.setattr(socket.socket, "connect_ex", checked(socket.socket.connect_ex, 0))
    patch.setattr(socket.socket, "sendto", checked(socket.socket.sendto, -1))


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now. Bind port 0 instead wherever the server allows it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
