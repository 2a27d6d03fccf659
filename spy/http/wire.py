"""Sockets under one total deadline.

httpx's and httpcore's time limits hold per socket operation: a server that sends one byte each half second keeps a
request alive for ever. Here every operation gets what is *left* of the deadline that its thread has set.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address

import httpcore
import httpx

from spy.clock import monotonic
from spy.http.tls import Tls


class _Limit(threading.local):
    at: float | None = None
    """Monotonic seconds at which this thread's request must be over."""


_limit = _Limit()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All socket operations of this thread share this time; an enclosing limit that ends earlier holds."""
    outer = _limit.at
    own = monotonic() + seconds
    _limit.at = own if outer is None else min(own, outer)
    try:
        yield
    finally:
        _limit.at = outer


def seconds_left(most: float | None = None) -> float:
    """What is left of this thread's deadline, at most `most`; raises httpcore.ReadTimeout when it has passed."""
    left = (_limit.at - monotonic()) if _limit.at is not None else (most or 0.0)
    if left <= 0.0:
        raise httpcore.ReadTimeout("the total deadline has passed")
    return left if most is None else min(left, most)


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose every read, write and handshake is cut to what is left of the deadline."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, seconds_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, seconds_left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, seconds_left(timeout)))

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """Connects within the deadline: the name look-up and all addresses of the host together."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError(f"{host} has no address")
        for address in _addresses(host, port, seconds_left(timeout)):
            try:
                stream = self._inner.connect_tcp(address, port, seconds_left(timeout), local_address, socket_options)
                return DeadlineStream(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """Look a name up. In a thread of its own, since the system's resolver knows no deadline; an address is no name."""
    with suppress(ValueError):
        return [str(ip_address(host))]
    found: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put([str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except OSError as error:
            found.put(error)

    threading.Thread(target=look_up, name=f"look-up {host}", daemon=True).start()
    try:
        result = found.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout(f"the name {host} was not resolved in time") from None
    if isinstance(result, OSError):
        raise httpcore.ConnectError(f"the name {host} is not known: {result.strerror}")
    return list(dict.fromkeys(result))


class WireTransport(httpx.BaseTransport):
    """Keep-alive connections to one service. Redirects, proxies and cookies are none of its business."""

    def __init__(self, tls: Tls | None, *, connections: int, keepalive_s: float) -> None:
        self._tls = tls
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls.context if tls else None,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=keepalive_s,
            network_backend=DeadlineBackend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._tls:
            self._tls.refresh()
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        with _in_words_of_httpx():
            response = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    # No body is no part, not an empty one, which would go through h11 for nothing.
                    content=request.read() or (),
                    extensions=request.extensions,
                )
            )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _in_words_of_httpx():
            yield from self._response.iter_stream()

    def close(self) -> None:
        with _in_words_of_httpx():
            self._response.close()


_HTTPCORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
)


@contextmanager
def _in_words_of_httpx() -> Iterator[None]:
    """httpcore's errors under httpx's names, so that in-process transports and real sockets fail alike."""
    try:
        yield
    except _HTTPCORE_ERRORS as error:
        kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error
