"""The API as methods: single answers as values, lists as iterators over all their pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

from spy.client.decode import decoded
from spy.client.errors import Unexpected
from spy.client.shapes import (
    Act,
    Alert,
    Audited,
    Chunk,
    Decision,
    Done,
    Fact,
    Happened,
    Me,
    Message,
    ProductInRun,
    Readiness,
    Run,
    Service,
)
from spy.client.stream import changes
from spy.client.trends import Trends
from spy.client.wire import Wire
from spy.clock import iso
from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.verdict import State

T = TypeVar("T")
PAGE = 200


class Spy:
    """One site. Every method may raise NoAnswer, Problem or Unexpected; none repeats a question by itself."""

    def __init__(self, url: str, token: str = "", deadline: timedelta = timedelta(seconds=15)) -> None:
        """`url` as people know the page, with its path; `deadline` for each step of one question."""
        self._wire = Wire(url, token, deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._wire.http.close()

    # --- may it be reconstructed

    def readiness(self, chunk: str) -> Readiness:
        """Of `398600`, `398600/Muon0` or `398600:1-250`. Costs the site little where nothing has changed."""
        return decoded(Readiness, self._wire.get(f"readiness/{quote(chunk, safe='')}"))

    def all_readiness(self) -> Iterator[Readiness]:
        """Of all runs, the newest first."""
        return self._all(Readiness, "readiness", "readiness")

    def first_unready_run(self) -> int | None:
        """Beside Tier0's first condition-safe run; None while nothing is known."""
        told = self._wire.get("first-unready-run")
        result = told.get("result") if isinstance(told, dict) else None
        if not isinstance(result, list) or len(result) != 1 or not isinstance(result[0], int | None):
            raise Unexpected(f"first-unready-run: expected one run number or null, found {told!r:.60}")
        return result[0]

    def changes(
        self, after: int | None = None, pause: Callable[[float], None] = time.sleep
    ) -> Generator[Decision, None, None]:
        """Decisions as they are made, from the one after id `after` on (0: all); goes on where it was cut."""
        return changes(self._wire, after, pause)

    # --- why, and since when

    def runs(self) -> Iterator[Run]:
        return self._all(Run, "runs", "runs")

    def run(self, number: int) -> dict[str, Any]:
        """Everything about one run, as the JSON that it is."""
        found: dict[str, Any] = self._wire.get(f"runs/{number}")
        return found

    def chunks(self, stage: Stage | None = None, is_open: bool | None = None) -> Iterator[Chunk]:
        return self._all(Chunk, "chunks", "chunks", stage=stage, open=is_open)

    def decisions(
        self,
        run: int | None = None,
        verdict: State | None = None,
        rule: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Decision]:
        """The newest first. `rule`: only those in which it was not content, or was waived."""
        times = {"since": since and iso(since), "until": until and iso(until)}
        return self._all(Decision, "decisions", "decisions", run=run, verdict=verdict, rule=rule, **times)

    def evidence(self, run: int | None = None, subject: str = "", name: str = "") -> Iterator[Fact]:
        """The newest of each fact about a run, or about a subject such as `service:tier0`."""
        return self._all(Fact, "evidence", "evidence", run=run, subject=subject, name=name)

    def history(self, subject: str, name: str) -> Iterator[Fact]:
        """What one fact was over time, the newest first."""
        return self._all(Fact, "evidence/history", "evidence", subject=subject, name=name)

    def timeline(self, run: int) -> list[Happened]:
        """One run from beam to reconstruction, by time."""
        return self._whole(Happened, f"runs/{run}/timeline", "happened")

    def products_of_run(self, run: int) -> list[ProductInRun]:
        return self._whole(ProductInRun, f"runs/{run}/products", "products")

    def product(self, name: str) -> Iterator[ProductInRun]:
        """One product over the runs, the newest first."""
        return self._all(ProductInRun, f"products/{quote(name, safe='')}", "runs")

    # --- the agent itself

    def services(self) -> list[Service]:
        return self._whole(Service, "services", "services")

    def trends(self, since: datetime | None = None, until: datetime | None = None, limit: int = 50) -> Trends:
        """What a period saved and what it cost; the last 7 days if nothing is said."""
        times = {"since": since and iso(since), "until": until and iso(until)}
        return decoded(Trends, self._wire.get("trends", {**times, "limit": limit}))

    def alerts(self, acknowledged: bool | None = None) -> list[Alert]:
        return self._whole(Alert, "alerts", "alerts", acknowledged=acknowledged)

    def deliveries(self, status: str = "", chunk: str = "", kind: str = "", recipient: str = "") -> Iterator[Message]:
        wanted = {"status": status, "chunk": chunk, "kind": kind, "recipient": recipient}
        return self._all(Message, "deliveries", "deliveries", **wanted)

    def audit(self) -> Iterator[Audited]:
        return self._all(Audited, "audit", "audit")

    def me(self) -> Me:
        return decoded(Me, self._wire.get("me"))

    # --- acts; after a NoAnswer look at `acts` before one is repeated

    def acts(
        self, do: Do | None = None, who: str = "", run: int | None = None, in_force: bool | None = None
    ) -> Iterator[Act]:
        return self._all(Act, "acts", "acts", do=do, who=who, run=run, in_force=in_force)

    def act(self, do: Do, why: str, *, preview: bool = False, **wish: Any) -> Done:
        """`wish`: chunk or from_run (to_run), until, until_tag, rule, product; `who` where the site has no login."""
        return decoded(Done, self._wire.post("acts", {"do": do, "why": why, **wish}, {"preview": preview}))

    def end(self, act: int, why: str, who: str = "") -> Done:
        return decoded(Done, self._wire.post(f"acts/{act}/end", {"why": why, "who": who}))

    def extend(self, act: int, until: str, why: str, who: str = "") -> Done:
        return decoded(Done, self._wire.post(f"acts/{act}/extend", {"until": until, "why": why, "who": who}))

    def agree(self, proposal: int, who: str = "") -> Done:
        return decoded(Done, self._wire.post(f"proposals/{proposal}", None, {"who": who}))

    def _all(self, shape: type[T], path: str, key: str, **filters: Any) -> Iterator[T]:
        cursor: str | None = ""
        while cursor is not None:
            told = self._wire.get(path, {**filters, "limit": PAGE, "cursor": cursor})
            yield from _entries(shape, told, path, key)
            cursor = told.get("next")

    def _whole(self, shape: type[T], path: str, key: str, **filters: Any) -> list[T]:
        return list(_entries(shape, self._wire.get(path, filters), path, key))


def _entries(kind: type[T], told: Any, path: str, key: str) -> Iterator[T]:
    if not isinstance(told, dict) or not isinstance(told.get(key), list):
        raise Unexpected(f"{path}: expected an object with the list {key!r}, found {told!r:.60}")
    for place, entry in enumerate(told[key]):
        yield decoded(kind, entry, f"{path}[{place}]")
