"""What happened to a run, as tables: revisions, moves, messages, acts, evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from dash import dcc, html

from dashboard.marks import at, folded, mark, row, stage_word, table
from spy.domain.act import Act
from spy.domain.evidence import Evidence
from spy.domain.subject import part_of
from spy.store.views import Decision, Message, Move, shown

TABLE, ASK, SHOWN = "evidence", "evidence-ask", "evidence-shown"
"""Types of the parts of what is folded away."""


def _listed(title: str, heads: Sequence[str], rows: Iterable[html.Tr]) -> list[Any]:
    found = list(rows)
    return [html.H3(title), table(heads, found, title) if found else html.P("None.", className="quiet")]


def revisions(found: Sequence[Decision]) -> list[Any]:
    rows = (row(f"{d.revision}", at(d.at), mark(d.verdict), d.headline or "–") for d in reversed(found))
    return _listed("Revisions of the verdict", ("Nr", "At", "Verdict", "Why"), rows)


def moves(found: Sequence[Move]) -> list[Any]:
    rows = (row(at(m.at), stage_word(m.before), stage_word(m.after), m.why) for m in reversed(found))
    return _listed("Moves of the release", ("At", "From", "To", "Why"), rows)


def messages(found: Sequence[Message]) -> list[Any]:
    heads = ("Created", "Kind", "To", "Status", "Attempts", "Acknowledged", "Last error", "Id")
    rows = (
        row(
            at(m.created_at),
            m.kind,
            m.recipient,
            m.status,
            str(m.attempts),
            at(m.acked_at),
            m.last_error or "–",
            html.Code(m.id),
        )
        for m in reversed(found)
    )
    return _listed("Messages", heads, rows)


def acts(found: Sequence[Act]) -> list[Any]:
    rows = (
        row(at(a.at), str(a.do), a.who, f"{a.rule} {a.product}".strip() or "–", a.why, _end(a)) for a in reversed(found)
    )
    return _listed("Human acts", ("At", "What", "Who", "On", "Why", "Until"), rows)


def _end(act: Act) -> Any:
    if act.ended_at is not None:
        return [at(act.ended_at), f" ended by {act.ended_by}"]
    return at(act.until, "until ended")


def context(found: Sequence[Evidence], sources: Collection[str]) -> list[Any]:
    """What services say on which nothing depends; nothing at all where none was asked."""
    said = [e for e in found if e.source in sources]
    if not said:
        return []
    rows = [row(html.Code(e.name), shown(e.value) or e.problem, at(e.seen_at), at(e.since)) for e in said]
    title = f"{', '.join(sorted({_called(e.source) for e in said}))} says (context: decides nothing)"
    return [html.H2(title), table(("Name", "Value", "Seen", "So since"), rows, title)]


def _called(source: str) -> str:
    return "RunRegistry" if source == "runregistry" else source


def evidence(run: int, count: int) -> list[Any]:
    """Folded, and empty until it is unfolded: dashboard/unfolded.py."""
    if not count:
        return [folded("evidence", "No facts in evidence", html.P("None.", className="quiet"))]
    inside = html.Div(html.P("Loading …"), id={"type": TABLE, "run": run}, **{"data-run": str(run)})
    stores = [dcc.Store(id={"type": name, "run": run}) for name in (ASK, SHOWN)]
    return [folded("evidence", f"All {count} facts in evidence", inside, *stores)]


def evidence_table(found: Sequence[Evidence]) -> Any:
    rows = [
        row(
            "/".join(part_of(e.subject)).removesuffix("/"),
            html.Code(e.name),
            shown(e.value),
            e.source,
            "final" if e.final else at(e.seen_at),
            at(e.since),
            e.problem or "–",
        )
        for e in found
    ]
    heads = ("About", "Name", "Value", "Source", "Seen", "So since", "Problem")
    return table(heads, rows, "Evidence")
