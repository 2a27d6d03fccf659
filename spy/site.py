"""Where the page is for those who look at it: one URL says host, origin, path prefix, and whether it is encrypted."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without port, is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(url: str) -> bool:
    """Whether nobody on the way can read along."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


@dataclass(frozen=True, slots=True)
class Site:
    origin: str
    """As browsers send it: scheme, host, and the port unless it is the scheme's own."""
    host: str
    prefix: str
    """Path in front of every path of ours, without the last slash; empty at the root."""
    is_secure: bool

    @classmethod
    def of(cls, url: str) -> Site:
        parts = urlsplit(url)
        return cls(f"{parts.scheme}://{parts.netloc}", parts.netloc, parts.path.rstrip("/"), parts.scheme == "https")

    def url(self, path: str) -> str:
        return f"{self.origin}{self.prefix}{path}"
