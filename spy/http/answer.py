"""What a service answered, and how strictly it is read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Never

from spy.clock import age_text, iso
from spy.domain.errors import Unreadable

_TITLE = re.compile(r"<title[^>]*>\s*([^<]{1,120})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status that was allowed, with its body as text."""

    service: str
    asked: str
    """Path and query, for messages."""
    status: int
    text: str
    headers: Mapping[str, str]
    """Keys in lower case."""
    is_garbled: bool = False
    """Some bytes do not fit the charset; they stand as U+FFFD in the text."""

    @property
    def date(self) -> datetime | None:
        """The server's own time of the answer, aware; None if it gives none that can be read."""
        return http_date(self.headers.get("date", ""))

    def dated(self, now: datetime, limit: timedelta) -> datetime | None:
        """`date`, but Unreadable if the answer is older than `limit`: then a cache or a frozen replica speaks."""
        date = self.date
        if date is not None and now - date > limit:
            # No age in the text: it would be another fact at each look.
            raise self.unreadable(f"an answer of {iso(date)}, older than {age_text(limit)}")
        return date

    def json(self, *, tolerant: bool = False) -> Any:
        """The body as JSON, whatever the content type says. Unreadable, naming what came instead, if it is none.

        NaN and Infinity are no JSON; `tolerant` reads them as None.
        """
        if self.text.lstrip()[:1] == "<":
            found = _TITLE.search(self.text)
            raise self.unreadable(f"an HTML page{f' ({found[1].strip()})' if found else ''} instead of JSON")
        if self.is_garbled:
            raise self.unreadable("bytes that are no text in the declared charset")

        def constant(name: str) -> None:
            if not tolerant:
                raise ValueError(f"{name} is no JSON")

        try:
            return json.loads(self.text, parse_constant=constant, parse_float=_finite)
        except RecursionError:
            raise self.unreadable("JSON nested too deeply") from None
        except ValueError as error:
            raise self.unreadable(f"no valid JSON: {str(error) or 'empty'}") from None

    def unreadable(self, what: str) -> Unreadable:
        """An error that names the question and keeps the beginning of the answer."""
        return Unreadable(self.service, f"{self.asked}: {what}", self.text)

    def refuse(self, what: str) -> Never:
        raise self.unreadable(what)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is out of range")
    return value


def http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
