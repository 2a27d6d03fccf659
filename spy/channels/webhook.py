"""Signed messages to the receiver, and the question what became of one.

The answer decides what may follow: taken, surely not taken, or nobody knows. A 2xx counts only with the receipt of the
receiver's contract, since a login page says 200 as well. Source: docs/receiver.md; Standard Webhooks 1.0.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from spy.channels.message import CONTENT_TYPE
from spy.channels.signature import Secret, sign
from spy.domain.errors import ConfigError, DeliveryError
from spy.http.tls import Tls
from spy.http.wire import WireTransport, within

USER_AGENT = "spy-agency"
MAX_ANSWER = 65_536
"""Bytes of an answer that are read."""

FINAL = frozenset({"stale_epoch", "stale_seq", "too_late", "expired", "withdrawn", "id_reused"})
"""Problems that no repetition changes; a person or a newer decision must act."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 1, 5, 15, 60, 300, 1800, 7200, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)


def next_try(attempts: int, jitter: float, longest: timedelta = _DELAYS[-1]) -> timedelta:
    """How long to wait after so many attempts: a dense head, then the table of Standard Webhooks.

    `jitter`, 0 to 1, lengthens every wait but the first by up to a tenth; `longest` bounds it before that.
    """
    delay = min(_DELAYS[min(max(attempts, 0), len(_DELAYS) - 1)], longest)
    return delay * (1 + 0.1 * min(max(jitter, 0.0), 1.0))


@dataclass(frozen=True, slots=True)
class Reply:
    """The receiver has the message."""

    status: int
    outcome: str
    """recorded | duplicate"""
    blocked_by: int | None
    """A lower run that Tier0 must lock first."""
    text: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the receiver holds under one id."""

    body_sha256: str
    """Hexadecimal; to be compared with what was sent."""
    state: str
    """recorded | blocked | applied | superseded | withdrawn | expired"""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx.Headers
    fields: Mapping[str, Any]
    """The JSON object of the body; empty if it is none."""

    @property
    def problem(self) -> str:
        """Last part of a problem's type, such as `stale_seq`; empty if the answer is no problem of the contract."""
        kind = self.fields.get("type")
        return kind.rpartition(":")[2] if isinstance(kind, str) and kind.startswith("urn:readiness:problem:") else ""

    @property
    def text(self) -> str:
        told = self.fields.get("detail") or self.fields.get("outcome") or ""
        return " ".join(f"{self.status} {self.problem} {_printable(told)}".split())


class Webhook:
    """One endpoint. `url` takes messages; below it each is found by its id. `deadline`: of one attempt, in total."""

    def __init__(
        self,
        url: str,
        secret: Secret,
        *,
        deadline: timedelta,
        clock: Callable[[], datetime],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        parts = httpx.URL(url)
        if parts.scheme not in ("http", "https") or not parts.host or parts.userinfo or parts.query or parts.fragment:
            raise ConfigError(["release.url: expected http(s)://host[:port]/path, without user, query or fragment"])
        self._url = url.rstrip("/")
        self._target = f"receiver {parts.host}"
        self._secret = secret
        self._deadline_s = deadline.total_seconds()
        self._clock = clock
        # No connection is kept: one that the other side has just closed would make a message ambiguous for nothing.
        tls = Tls("receiver") if parts.scheme == "https" and transport is None else None
        self._client = httpx.Client(
            transport=transport or WireTransport(tls, connections=4, keepalive_s=0.0),
            timeout=self._deadline_s,
            trust_env=False,
            follow_redirects=False,
            headers={"user-agent": USER_AGENT, "accept": "application/json"},
        )

    def close(self) -> None:
        self._client.close()

    def send(self, message_id: str, body: bytes) -> Reply:
        """One attempt, signed with its own time. Returns if the receiver has it now; DeliveryError otherwise."""
        headers = sign(self._secret, message_id, self._clock(), body) | {"content-type": CONTENT_TYPE}
        answer = self._ask("POST", self._url, headers, body)
        if answer.status in (200, 202):
            return self._receipt(answer, message_id)
        if answer.problem == "duplicate" and answer.status == 409:
            return Reply(409, "duplicate", None, answer.text)
        raise self._refusal(answer)

    def ask(self, message_id: str) -> Known | None:
        """What the receiver holds under this id; None if it says that it has none. DeliveryError if it cannot tell."""
        answer = self._ask("GET", f"{self._url}/{message_id}", {}, None)
        if answer.status == 404 and answer.problem == "unknown_decision":
            return None
        digest, state = answer.fields.get("body_sha256"), answer.fields.get("state")
        is_readable = isinstance(digest, str) and _SHA256.fullmatch(digest) and isinstance(state, str)
        if answer.status == 200 and answer.fields.get("id") == message_id and is_readable:
            return Known(str(digest), _printable(state))
        raise self._error(f"asked for {message_id}: {answer.text}", answer, ambiguous=True)

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> _Answer:
        try:
            with (
                within(self._deadline_s),
                self._client.stream(method, url, headers=dict(headers), content=body) as response,
            ):
                return _Answer(response.status_code, response.headers, _fields(_read(response)))
        except _NOT_SENT as problem:
            # A question that did not arrive leaves open what it was about.
            raise DeliveryError(self._target, f"not reached: {_name(problem)}", ambiguous=body is None) from None
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as problem:
            # The request, or a part of it, went out: it may have been taken although no whole answer came.
            raise DeliveryError(self._target, f"no whole answer: {_name(problem)}", ambiguous=True) from None

    def _receipt(self, answer: _Answer, message_id: str) -> Reply:
        outcome, blocked_by = answer.fields.get("outcome"), answer.fields.get("blocked_by")
        if outcome not in ("recorded", "duplicate") or answer.fields.get("id") != message_id:
            raise self._error(f"{answer.status} without the receipt of the contract", answer, ambiguous=True)
        return Reply(answer.status, outcome, blocked_by if type(blocked_by) is int else None, answer.text)

    def _refusal(self, answer: _Answer) -> DeliveryError:
        status, text = answer.status, answer.text
        if 300 <= status < 400:
            return self._error(f"{text}: redirects are not followed, correct release.url", answer)
        if status == 410:
            return self._error(f"{text}: the endpoint wants no more messages", answer, retry=False, disable=True)
        if status == 409 and answer.problem in FINAL:
            return self._error(text, answer, retry=False)
        if 400 <= status < 500 and status != 409:
            return self._error(text, answer)
        # 5xx, a 409 that is none of the contract's, an unexpected 2xx: it may have been taken.
        return self._error(text, answer, ambiguous=True)

    def _error(
        self, what: str, answer: _Answer, *, retry: bool = True, ambiguous: bool = False, disable: bool = False
    ) -> DeliveryError:
        return DeliveryError(
            self._target,
            what,
            retry=retry,
            ambiguous=ambiguous,
            retry_after=_retry_after(answer.headers.get("retry-after", ""), self._clock()),
            code=answer.status,
            disable=disable,
        )


def _read(response: httpx.Response) -> bytes:
    content = bytearray()
    for part in response.iter_bytes():
        content += part
        if len(content) > MAX_ANSWER:
            raise httpx.DecodingError(f"an answer of more than {MAX_ANSWER} bytes")
    return bytes(content)


def _fields(body: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _retry_after(text: str, now: datetime) -> timedelta | None:
    """Seconds or an HTTP date; anything else is as if it were not there."""
    if re.fullmatch(r"[0-9]{1,8}", text, re.ASCII):
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now, timedelta(0))


def _name(problem: Exception) -> str:
    return f"{type(problem).__name__}: {_printable(str(problem))}".rstrip(": ")


def _printable(value: object) -> str:
    """Words of the other side, on one line and not too long."""
    return "".join(c if c.isprintable() else " " for c in str(value))[:200]
