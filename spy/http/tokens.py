"""Bearer tokens: from a file that somebody renews, or from an OAuth token service."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import httpx

from spy.clock import monotonic
from spy.domain.errors import NoAnswer, Refused, SourceError, Unreadable
from spy.http.tls import Tls
from spy.http.wire import WireTransport, within

MARGIN_S = 15.0
"""A token is renewed this much before it expires."""
_CODE = re.compile(r"^[a-z_]{1,60}$")


class Tokens(Protocol):
    def token(self) -> str:
        """A token that should be valid. SourceError if there is none."""

    def renewed(self, rejected: str) -> str:
        """A token after `rejected` was answered by 401; the same one if no other can be had."""


class FileToken:
    """A token that another program keeps fresh in a file; read at each use."""

    def __init__(self, service: str, path: Path) -> None:
        self._service = service
        self._path = path

    def token(self) -> str:
        try:
            text = self._path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(self._service, f"token file {self._path} cannot be read: {type(error).__name__}") from None
        if not re.fullmatch(r"[!-~]+", text):
            raise Refused(self._service, f"token file {self._path} holds no token (one word is expected)")
        return text

    def renewed(self, rejected: str) -> str:
        return self.token()


class ClientCredentials:
    """OAuth client credentials, as OMS wants them; the token is kept for `expires_in` minus a margin."""

    def __init__(
        self,
        service: str,
        url: str,
        *,
        client_id: str,
        secret: Callable[[], str],
        audience: str,
        deadline: timedelta,
        transport: httpx.BaseTransport | None = None,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        """`secret` is asked at each renewal, so that a changed file is seen; `seconds` counts the token's life."""
        self._service = service
        self._url = url
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "audience": audience}
        self._secret = secret
        self._deadline_s = deadline.total_seconds()
        self._seconds = seconds
        tls = Tls(service) if url.startswith("https:") and transport is None else None
        self._client = httpx.Client(
            transport=transport or WireTransport(tls, connections=1, keepalive_s=5.0),
            timeout=self._deadline_s,
            trust_env=False,
        )
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0

    def token(self) -> str:
        with self._turn():
            if not self._token or self._seconds() >= self._good_until:
                self._fetch()
            return self._token

    def renewed(self, rejected: str) -> str:
        with self._turn():
            if self._token == rejected:
                self._fetch()
            return self._token

    def close(self) -> None:
        self._client.close()

    @property
    def left_s(self) -> float | None:
        """For how long the token that we have will be used; None: there is none yet."""
        return max(0.0, self._good_until - self._seconds()) if self._token else None

    def _turn(self) -> _Turn:
        return _Turn(self._lock, self._service, self._deadline_s)

    def _fetch(self) -> None:
        self._token = ""
        try:
            form = self._form | {"client_secret": self._secret()}
        except OSError as error:
            raise Refused(self._service, f"token service: the client secret cannot be read: {error}") from None
        try:
            with within(self._deadline_s):
                response = self._client.post(self._url, data=form)
        except httpx.TimeoutException:
            raise NoAnswer(self._service, f"token service: no answer within {self._deadline_s:g} s") from None
        except httpx.HTTPError as error:
            raise NoAnswer(self._service, f"token service: {type(error).__name__}") from None
        if response.status_code != 200:
            raise self._refusal(response)
        self._keep(response)

    def _keep(self, response: httpx.Response) -> None:
        try:
            body = response.json()
            token, life_s = str(body["access_token"]), float(body["expires_in"])
        except (ValueError, KeyError, TypeError):
            raise Unreadable(self._service, "token service: no access_token and expires_in in its answer") from None
        if not re.fullmatch(r"[!-~]+", token) or not life_s > 0.0:
            raise Unreadable(self._service, "token service: an empty or expired token")
        self._token = token
        self._good_until = self._seconds() + max(life_s - MARGIN_S, 0.0)

    def _refusal(self, response: httpx.Response) -> SourceError:
        """Only the OAuth error code is quoted: other parts of the body might repeat what we sent."""
        status = response.status_code
        if status >= 500 or status == 429:
            return NoAnswer(self._service, f"token service: status {status}")
        try:
            code = str(response.json()["error"])
        except (ValueError, KeyError, TypeError):
            code = ""
        quoted = f" ({code})" if _CODE.match(code) else ""
        return Refused(self._service, f"token service refused the client: status {status}{quoted}")


class _Turn:
    """The lock of one token, waited for no longer than the deadline."""

    def __init__(self, lock: threading.Lock, service: str, seconds: float) -> None:
        self._lock = lock
        self._service = service
        self._seconds = seconds

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=self._seconds):
            raise NoAnswer(self._service, "token service: still waiting for a token")

    def __exit__(self, *_: object) -> None:
        self._lock.release()
