"""One client per watched service: keep-alive, total deadline, ETag, credentials, circuit breaker, errors by name."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlencode

import httpcore
import httpx

from spy.clock import monotonic, utc_now
from spy.domain.errors import NoAnswer, Refused, SourceError, Unreadable
from spy.http.answer import Answer, http_date
from spy.http.breaker import Breaker
from spy.http.tls import Tls
from spy.http.tokens import Tokens
from spy.http.wire import WireTransport, seconds_left, within

# The front end in front of several services treats only agents with "python" or "curl" in their name as programs.
USER_AGENT = "spy-agency python-httpx"
MAX_BODY_BYTES = 32 * 1024 * 1024
CACHE_BYTES = 32 * 1024 * 1024
KEEPALIVE_S = 900.0
"""Above every poll period: httpx's own 5 s would throw each connection away."""

_JSON = "application/json"
_HOST = re.compile(r"^https?://([0-9A-Za-z.-]+)")


@dataclass(frozen=True, slots=True)
class _Reply:
    """A whole answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    charset: str


class Http:
    """Questions to one service: GET, and POST where its question is a body. Shared by threads.

    Errors: NoAnswer (time-out, refused, reset, 5xx, 429), Refused (401, 403, redirect to a login page, certificate),
    Unreadable (any other status, too long a body). `transport` replaces the sockets by an in-process service;
    `seconds` is the clock of the breaker, which in virtual time must be virtual too.
    """

    def __init__(
        self,
        service: str,
        url: str,
        *,
        deadline: timedelta,
        transport: httpx.BaseTransport | None = None,
        auth: Tokens | None = None,
        cert: tuple[Path, Path] | None = None,
        authorities: Path | None = None,
        verify: bool = True,
        connections: int = 8,
        max_body: int = MAX_BODY_BYTES,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self.service = service
        self.requests = 0
        """Requests sent so far."""
        self.cert = cert
        self._base = url.rstrip("/") + "/"
        self._deadline_s = deadline.total_seconds()
        self.auth = auth
        self._max_body = max_body
        self.breaker = Breaker(service, seconds)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], _Reply] = OrderedDict()
        self._kept_bytes = 0
        self._thread = threading.local()
        if transport is None:
            tls = Tls(service, cert, authorities, verify) if url.startswith("https:") else None
            transport = WireTransport(tls, connections=connections, keepalive_s=KEEPALIVE_S)
        self._transport = transport
        self._client = httpx.Client(
            transport=transport,
            timeout=self._deadline_s,
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT},
        )
        self._headers = {**self._client.headers, **_basic(httpx.URL(url))}  # names in lower case: each once
        # The same questions come again at each look: their URLs are taken apart once.
        self._url_of = lru_cache(maxsize=1024)(lambda asked: httpx.URL(self._base + asked.lstrip("/")))

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        accept: str = _JSON,
        allow: Collection[int] = (),
    ) -> Answer:
        """Ask for `path` below the service's URL. A status other than 200 is an error unless `allow` names it."""
        asked = path + (f"?{urlencode(params, safe='[]@:,')}" if params else "")
        return self._answered(asked, partial(self._conditional, asked, accept), allow)

    def post(self, path: str, question: object, *, allow: Collection[int] = ()) -> Answer:
        """Ask `path` a question that stands in a JSON body and changes nothing there; answers are not kept."""
        body = json.dumps(question).encode()
        return self._answered(path, partial(self._posted, path, body), allow)

    def _answered(self, asked: str, send: Callable[[str | None], _Reply], allow: Collection[int]) -> Answer:
        self.breaker.check()
        try:
            with within(self._deadline_s):
                reply = self._authorized(send)
            answer = self._judged(asked, reply, allow)
        except NoAnswer as error:
            self.breaker.failed(error)
            raise
        except SourceError:
            self.breaker.succeeded()  # it does answer, if only to refuse
            raise
        self.breaker.succeeded()
        return answer

    @contextmanager
    def fresh(self) -> Iterator[None]:
        """Inside, this thread asks without If-None-Match and past caches on the way."""
        before = self._is_fresh
        self._thread.fresh = True
        try:
            yield
        finally:
            self._thread.fresh = before

    def close(self) -> None:
        self._client.close()

    @property
    def url(self) -> str:
        """Base of every path, with a slash at its end: some services have two interfaces, told apart by it."""
        return self._base

    @property
    def _is_fresh(self) -> bool:
        return bool(getattr(self._thread, "fresh", False))

    def _authorized(self, send: Callable[[str | None], _Reply]) -> _Reply:
        """`send` with a token where one is needed, and once more with a new one if it was rejected."""
        if self.auth is None:
            return send(None)
        token = self.auth.token()
        reply = send(token)
        if reply.status == 401:
            renewed = self.auth.renewed(token)
            if renewed != token:
                return send(renewed)
        return reply

    def _posted(self, asked: str, body: bytes, token: str | None) -> _Reply:
        headers = {"accept": _JSON, "content-type": _JSON}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return self._send(asked, headers, body)

    def _conditional(self, asked: str, accept: str, token: str | None) -> _Reply:
        """Ask, and let 304 stand for the body that we keep."""
        headers = {"accept": accept}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        kept = None if self._is_fresh else self._kept.get((asked, accept))
        if kept is not None:
            headers["if-none-match"] = kept.headers["etag"]
        elif self._is_fresh:
            headers["cache-control"] = "no-cache"
        reply = self._send(asked, headers)
        if reply.status == 304 and kept is not None:
            return _Reply(200, {**kept.headers, **reply.headers}, kept.body, kept.charset)
        if reply.status == 200 and reply.headers.get("etag"):
            self._keep((asked, accept), reply)
        return reply

    def _keep(self, key: tuple[str, str], reply: _Reply) -> None:
        with self._lock:
            old = self._kept.pop(key, None)
            self._kept[key] = reply
            self._kept_bytes += len(reply.body) - (len(old.body) if old else 0)
            while self._kept_bytes > CACHE_BYTES or len(self._kept) > 5000:
                self._kept_bytes -= len(self._kept.popitem(last=False)[1].body)

    def _send(self, asked: str, headers: Mapping[str, str], body: bytes | None = None) -> _Reply:
        with self._lock:
            self.requests += 1
        try:
            # A token may have used a part of the deadline; waiting for a free connection counts as well.
            left = seconds_left(self._deadline_s)
            with closing(self._exchanged(self._request(asked, headers, left, body))) as response:
                told = self._body(asked, response)
                lower = dict(response.headers.items())
                return _Reply(response.status_code, lower, told, _charset(lower.get("content-type", "")))
        except (httpx.TimeoutException, httpcore.TimeoutException):
            raise NoAnswer(self.service, f"{asked}: no whole answer within {self._deadline_s:g} s") from None
        except httpx.TransportError as error:
            raise self._broken(asked, error) from None
        except httpx.DecodingError:
            raise Unreadable(self.service, f"{asked}: the compressed body cannot be unpacked") from None

    def _request(self, asked: str, headers: Mapping[str, str], left: float, body: bytes | None) -> httpx.Request:
        """As the client's own `build_request` makes it, without merging at each look what never changes."""
        return httpx.Request(
            "GET" if body is None else "POST",
            self._url_of(asked),
            headers={**self._headers, **headers},
            content=body,
            cookies=self._client.cookies if self._client.cookies else None,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), left)},
        )

    def _exchanged(self, request: httpx.Request) -> httpx.Response:
        """Straight to the transport: of what the client does on the way, only cookies concern us, and most set none."""
        response = self._transport.handle_request(request)
        response.request = request
        if "set-cookie" in response.headers:
            self._client.cookies.extract_cookies(response)
        return response

    def _body(self, asked: str, response: httpx.Response) -> bytes:
        parts = bytearray()
        for part in response.iter_bytes():
            parts += part
            if len(parts) > self._max_body:
                sample = parts[:500].decode("utf-8", "replace")
                raise Unreadable(self.service, f"{asked}: longer than {self._max_body} bytes, not read further", sample)
        return bytes(parts)

    def _broken(self, asked: str, error: httpx.TransportError) -> SourceError:
        text = str(error)
        if "certificate" in text.lower() or "[SSL" in text:
            return Refused(self.service, f"{asked}: TLS: {text}")
        return NoAnswer(self.service, f"{asked}: {type(error).__name__}: {text or 'the connection broke'}")

    def _judged(self, asked: str, reply: _Reply, allow: Collection[int]) -> Answer:
        status = reply.status
        text, is_garbled = _decoded(reply)
        if status == 200 or status in allow:
            return Answer(self.service, asked, status, text, reply.headers, is_garbled)
        what = f"{asked}: status {status}{_told(reply.headers)}"
        if 300 <= status < 400 and status != 304:
            target = _HOST.match(reply.headers.get("location", ""))
            raise Refused(self.service, f"{what}: redirect to {target[1] if target else 'another page'}, a login page?")
        if status in (401, 403):
            raise Refused(self.service, f"{what}: credentials or permission")
        if status >= 500 or status in (408, 425, 429):
            raise NoAnswer(self.service, what, _retry_after(reply.headers))
        raise Unreadable(self.service, what, text)


def _basic(url: httpx.URL) -> dict[str, str]:
    """The header for a user in the URL."""
    if not url.userinfo:
        return {}
    request = next(httpx.BasicAuth(url.username, url.password).auth_flow(httpx.Request("GET", url)))
    return {"authorization": request.headers["authorization"]}


@lru_cache(maxsize=256)
def _charset(content_type: str) -> str:
    """What the header declares; a field of it that cannot be read is as if it were not there."""
    return httpx.Response(200, headers={"content-type": content_type}).charset_encoding or "utf-8"


def _decoded(reply: _Reply) -> tuple[str, bool]:
    try:
        return reply.body.decode(reply.charset), False
    except (UnicodeDecodeError, LookupError):
        return reply.body.decode("utf-8", "replace"), True


def _told(headers: Mapping[str, str]) -> str:
    """What the service's error headers say; the bodies are pages for people."""
    told = [headers[name] for name in ("x-error-detail", "x-error-info") if headers.get(name)]
    return f": {': '.join(told)[:300]}" if told else ""


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Seconds or an HTTP date (counted from the answer's own date); None if absent or unreadable."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return timedelta(seconds=int(text))
    until = http_date(text)
    if until is None:
        return None
    return max(until - (http_date(headers.get("date", "")) or utc_now()), timedelta(0))
