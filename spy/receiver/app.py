"""The receiver as a function from request to answer; `server.py` puts it behind HTTP."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from spy.channels.signature import BadSignature, Secret, verify
from spy.clock import iso
from spy.receiver.contract import CONTENT_TYPE, MAX_BODY, Action, Decision, Problem, Rejected, Tier0Side
from spy.receiver.decisions import Decisions, Stored
from spy.receiver.judgement import RunState, current, judge, state_of

log = logging.getLogger(__name__)

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""
PAGE = 200
"""Decisions in one answer of the list."""

_ONE = re.compile(r"/v1/decisions/([0-9A-Za-z_-]{1,128})", re.ASCII)
_RUN = re.compile(r"/v1/runs/([1-9][0-9]{0,9})", re.ASCII)


class Receiver:
    """Stores what is signed, fresh and not fenced off; acts on nothing: Tier0 asks `early_release` and `held`."""

    def __init__(
        self,
        store_path: Path | str,
        secrets: Sequence[Secret],
        tier0: Tier0Side,
        clock: Callable[[], datetime],
        source: str,
    ) -> None:
        """`source`: the one agent that decides about the runs of this Tier0 (its `agent.source`)."""
        self._decisions = Decisions(store_path)
        self._secrets = list(secrets)
        self._tier0 = tier0
        self._clock = clock
        self._source = source

    def close(self) -> None:
        self._decisions.close()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One request. `path` with its query; never raises."""
        try:
            return self._route(method, path, {name.lower(): value for name, value in headers.items()}, body)
        except Rejected as rejected:
            return problem(rejected)
        except Exception:
            # Whatever is broken here, the caller must learn that nothing is certain, and ask again.
            log.exception("a request could not be answered")
            return problem(Rejected(Problem.UNAVAILABLE, "broken on this side; ask before repeating"))

    def early_release(self, run: int) -> datetime | None:
        """When the release that counts for the run was accepted; None if there is none. Run order is Tier0's own."""
        with self._decisions.reading() as table:
            counting = current(table.of_run(run), Action.RELEASE, self._clock())
        return min((stored.received_at for stored in counting), default=None)

    def held(self, run: int, now: datetime) -> bool:
        """Whether a hold is in force; it goes before a release."""
        with self._decisions.reading() as table:
            return bool(current(table.of_run(run), Action.HOLD, now))

    def _route(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        url = urlsplit(path)
        one, run = _ONE.fullmatch(url.path), _RUN.fullmatch(url.path)
        if url.path == "/v1/decisions" and method == "POST":
            return self._take(headers, body)
        if not (url.path == "/v1/decisions" or one or run):
            raise Rejected(Problem.NOT_FOUND, "there is /v1/decisions, /v1/decisions/{id} and /v1/runs/{run}")
        if method != "GET":
            raise Rejected(Problem.METHOD, f"{method} is not possible here")
        if one:
            return self._one(one[1])
        return self._run(int(run[1])) if run else self._list(parse_qs(url.query))

    def _take(self, headers: Mapping[str, str], body: bytes) -> Answer:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
            raise Rejected(Problem.MEDIA_TYPE, f"expected {CONTENT_TYPE}")
        if len(body) > MAX_BODY:
            raise Rejected(Problem.TOO_LARGE, f"more than {MAX_BODY} bytes")
        now = self._clock()
        try:
            message_id = verify(self._secrets, headers, body, now)
        except BadSignature as bad:
            log.warning("refused a decision: %s", bad)
            raise Rejected(Problem.SIGNATURE, "not accepted") from None
        decision = Decision.parse(body, message_id)
        if decision.source != self._source:
            raise Rejected(Problem.FOREIGN_SOURCE, f"source: expected {self._source}, found {decision.source}")
        return self._store(decision, body, now)

    def _store(self, decision: Decision, body: bytes, now: datetime) -> Answer:
        digest = hashlib.sha256(body).hexdigest()
        tier0 = RunState.of(self._tier0, decision.run)
        with self._decisions.writing() as table:
            stored = table.find(decision.id)
            if stored is None:
                judge(table, decision, tier0, now)
                blocked_by = tier0.blocker_of(decision.run) if decision.action is Action.RELEASE else None
                table.add(decision, now, blocked_by, body)
                stored = table.find(decision.id)
                status, outcome = 202, "recorded"
            elif stored.body_sha256 == digest:
                status, outcome = 200, "duplicate"
            else:
                raise Rejected(Problem.ID_REUSED, "this id was accepted with another body")
        if stored is None:
            raise LookupError("a row just written is not there")
        return _json(status, {"outcome": outcome, **_receipt(stored)})

    def _one(self, decision_id: str) -> Answer:
        with self._decisions.reading() as table:
            stored = table.find(decision_id)
            of_run = table.of_run(stored.decision.run) if stored else []
        if stored is None:
            raise Rejected(Problem.UNKNOWN_DECISION, "no decision with this id was accepted")
        return _json(200, self._shown(stored, of_run, RunState.of(self._tier0, stored.decision.run)))

    def _list(self, query: Mapping[str, list[str]]) -> Answer:
        after = query.get("after", ["0"])[-1]
        if not re.fullmatch(r"[0-9]{1,15}", after, re.ASCII):
            raise Rejected(Problem.MALFORMED, "after: expected the number that an earlier answer gave as next")
        with self._decisions.reading() as table:
            page = table.after(int(after), PAGE)
        return _json(200, {"decisions": [_receipt(s) for s in page], "next": page[-1].position if page else int(after)})

    def _run(self, run: int) -> Answer:
        now, tier0 = self._clock(), RunState.of(self._tier0, run)
        with self._decisions.reading() as table:
            of_run = table.of_run(run)
        if not tier0.known and not of_run:
            raise Rejected(Problem.UNKNOWN_RUN, f"run {run} is not configured here")
        return _json(
            200,
            {
                "run": run,
                "stopped": tier0.stopped,
                "locked": tier0.locked,
                "released": tier0.released,
                "blocked_by": None if tier0.is_closed else tier0.blocker_of(run),
                "release": [s.decision.id for s in current(of_run, Action.RELEASE, now)],
                "hold": [s.decision.id for s in current(of_run, Action.HOLD, now)],
                "decisions": [self._shown(s, of_run, tier0) for s in of_run],
            },
        )

    def _shown(self, stored: Stored, of_run: Sequence[Stored], tier0: RunState) -> dict[str, object]:
        decision = stored.decision
        return {
            **_receipt(stored),
            "state": state_of(stored, of_run, tier0, self._clock()).value,
            "body_sha256": stored.body_sha256,
            "fence_token": decision.epoch,
            "seq": decision.seq,
            "not_after": iso(decision.not_after),
            "expires_at": iso(decision.expires_at) if decision.expires_at else None,
            "withdraws": decision.withdraws,
        }


def _receipt(stored: Stored) -> dict[str, object]:
    """What the first answer says, and every later one repeats."""
    return {
        "id": stored.decision.id,
        "kind": stored.decision.action.value,
        "run": stored.decision.run,
        "primary_dataset": stored.decision.primary_dataset,
        "received_at": iso(stored.received_at),
        "blocked_by": stored.blocked_by,
    }


def _json(status: int, content: Mapping[str, object], media_type: str = "application/json") -> Answer:
    return status, {"content-type": media_type, "cache-control": "no-store"}, json.dumps(content).encode("ascii")


def problem(rejected: Rejected) -> Answer:
    kind = rejected.problem
    content = {
        "type": kind.uri,
        "title": kind.value.replace("_", " "),
        "status": kind.status,
        "detail": rejected.detail,
    }
    return _json(kind.status, content, "application/problem+json")
