"""Questions over HTTP: the token, answers that have not changed, and problems as exceptions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from threading import Lock
from typing import Any

import httpx

from spy.client.errors import Problem, Unexpected
from spy.domain.errors import NoAnswer

REMEMBERED = 1000
"""Answers with an ETag that are kept, the last used ones."""
JSON = "application/json"


class Wire:
    """One site. Safe for threads, as httpx is."""

    def __init__(self, url: str, token: str, deadline: timedelta) -> None:
        headers = {"Accept": JSON} | ({"Authorization": f"Bearer {token}"} if token else {})
        timeout = httpx.Timeout(deadline.total_seconds())
        base = f"{url.rstrip('/')}/api/v1/"
        # No redirects: a token goes to the site that it was made for, and nowhere else.
        self.http = httpx.Client(base_url=base, headers=headers, timeout=timeout, follow_redirects=False)
        self._answers: OrderedDict[str, tuple[str, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """The JSON of an answer; the one before, where the site says that nothing has changed."""
        told = {name: _text(value) for name, value in (query or {}).items() if value not in (None, "")}
        key = str(httpx.URL(path, params=told))
        with self._lock:
            before = self._answers.get(key)
        answer = self._send("GET", path, params=told, headers={"If-None-Match": before[0]} if before else {})
        if answer.status_code == 304 and before:
            return before[1]
        found = self._json(answer)
        if etag := answer.headers.get("etag"):
            self._remember(key, etag, found)
        return found

    def post(self, path: str, body: Mapping[str, Any] | None = None, query: Mapping[str, Any] | None = None) -> Any:
        told = {name: _text(value) for name, value in (query or {}).items() if value not in (None, "")}
        return self._json(self._send("POST", path, params=told, json=body))

    def _remember(self, key: str, etag: str, found: Any) -> None:
        with self._lock:
            self._answers[key] = etag, found
            self._answers.move_to_end(key)
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self.http.request(method, path, **more)
        except httpx.HTTPError as broken:
            raise NoAnswer("spy", f"{method} {path}: {type(broken).__name__}: {broken}") from None

    def _json(self, answer: httpx.Response) -> Any:
        if not answer.is_success:
            raise problem(answer)
        try:
            return answer.json()
        except ValueError:
            raise Unexpected(f"{answer.request.url}: {answer.status_code} is no JSON: {answer.text[:60]!r}") from None


def problem(answer: httpx.Response) -> Problem:
    """What a bad answer says; a proxy's page, which says nothing to a program, by its status alone."""
    try:
        told = answer.json()
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    seconds = answer.headers.get("retry-after", "")
    later = timedelta(seconds=int(seconds)) if seconds.isascii() and seconds.isdigit() else None
    title, detail = str(told.get("title", answer.reason_phrase)), str(told.get("detail", answer.text[:200]))
    return Problem(answer.status_code, title, detail, later)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
