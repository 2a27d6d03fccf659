"""What happened in a scenario, read from the agent's own tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from spy.channels.post import Mail
from spy.clock import iso
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import State
from spy.store.engine import reading
from spy.store.tables import DecisionRow, OutboxRow, ProbeRow, ReleaseRow, RunRow, table_of

if TYPE_CHECKING:
    from probes.simulation.step import Steps

_decision = table_of(DecisionRow)
_outbox = table_of(OutboxRow)
_release = table_of(ReleaseRow)
_run = table_of(RunRow)
_probe = table_of(ProbeRow)


def report(steps: Steps) -> dict[str, Any]:
    """Changes of verdicts, messages, mails and the end of every chunk, with virtual times."""
    with reading(steps.store) as connection:
        decisions = list(connection.execute(select(_decision).order_by(_decision.c.id)))
        releases = list(connection.execute(select(_release).order_by(_release.c.run)))
        messages = list(connection.execute(select(_outbox).order_by(_outbox.c.created_at, _outbox.c.id)))
        runs = list(connection.execute(select(_run)))
        requests = {row.name: row.requests for row in connection.execute(select(_probe))}
    return {
        "scenario": steps.scenario.name,
        "changes": _changes(decisions),
        "revisions": [_revision(row) for row in decisions],
        "messages": [_message(row) for row in messages if row.kind != "mail" and row.attempts],
        "mails": [_mail(at, mail) for at, mail in steps.post.mails],
        "final": _final(steps, decisions, releases),
        "refused_acts": steps.refused_acts,
        "requests": requests,
        "open_run_hours": sum((_open_for(row, steps.at) for row in runs), timedelta(0)).total_seconds() / 3600,
    }


def _changes(decisions: list[Any]) -> list[dict[str, Any]]:
    last: dict[str, str] = {}
    changes = []
    for row in decisions:
        before = last.get(row.chunk, "none")
        if before != row.verdict:
            told = {"at": iso(row.at), "chunk": row.chunk, "from": before, "to": row.verdict, "reasons": row.reasons}
            changes.append(told)
        last[row.chunk] = row.verdict
    return changes


def _revision(row: Any) -> dict[str, Any]:
    """Every decision, also one that changes only the reasons."""
    told = {"verdict": row.verdict, "cause": row.cause, "reasons": row.reasons}
    return {"at": iso(row.at), "chunk": row.chunk, "revision": row.revision, **told}


def _message(row: Any) -> dict[str, Any]:
    return {
        "at": iso(row.created_at),
        "chunk": row.chunk,
        "kind": row.kind,
        "id": row.id,
        "attempts": row.attempts,
        "accepted_at": iso(row.acked_at) if row.acked_at else None,
        "status": row.status,
        "error": row.last_error,
    }


def _mail(at: datetime, mail: Mail) -> dict[str, Any]:
    chunk = mail.thread.removeprefix("run-").partition(".")[0]
    return {"at": iso(at), "chunk": chunk, "to": mail.to, "subject": mail.subject, "id": mail.id}


def _final(steps: Steps, decisions: list[Any], releases: list[Any]) -> dict[str, Any]:
    last = {row.chunk: row for row in decisions}
    final = {}
    for row in releases:
        decision = last.get(row.chunk)
        verdict = decision.verdict if decision else State.UNKNOWN
        reasons = list(decision.reasons) if decision else ["not judged"]
        final[row.chunk] = {
            "verdict": str(verdict),
            "release": row.stage,
            "reasons": [*reasons, row.detail][: len(reasons) + bool(row.detail)],
            "flagged": _flagged(decision.outcomes if decision else []),
        }
    for run in steps.scenario.runs:
        if str(run.number) not in final and run.start <= steps.at:
            final[str(run.number)] = {
                "verdict": "unknown",
                "release": "none",
                "reasons": ["the agent never saw it"],
                "flagged": {},
            }
    return final


def _flagged(outcomes: list[Any]) -> dict[str, list[str]]:
    """Product to what shadow rules found odd about its numbers and its payload."""
    flagged: dict[str, set[str]] = {}
    for outcome in outcomes:
        kind, name = part_of(Subject(outcome["subject"]))
        if outcome["shadow"] and outcome["state"] == State.BLOCKED and kind == "product":
            told = [str(seen["value"]) for seen in outcome["seen"] if seen["name"].startswith("odd_")]
            flagged.setdefault(name, set()).update(word for words in told for word in words.split(",") if word)
    return {name: sorted(words) for name, words in flagged.items()}


def _open_for(row: Any, until: datetime) -> timedelta:
    closed: datetime = row.closed_at or until
    return closed - row.opened_at  # type: ignore[no-any-return]
