"""Whether the tags that jobs copy from the online database (O2O) reach the run's end: docs/rules.md."""

from __future__ import annotations

from datetime import datetime

from spy.clock import iso
from spy.domain.evidence import Fact, Kind, Scope
from spy.domain.product import OnlineTag, Required
from spy.domain.verdict import Seen
from spy.rules.view import View

NAME = "uncovered_online_tags"
DERIVED: tuple[Fact, ...] = (
    Fact(NAME, Kind.STRING, Scope.RUN, "required online tags that do not reach the run's end yet; empty: all do"),
)


class _Unknown(Exception):
    """Something about one tag is not known; the text says which and why."""


def uncovered(view: View, needed: Required | None) -> Seen:
    """Never known bad: a job may still come. Unknown as soon as anything about one tag is unknown."""
    if needed is None:
        return _said(view, None, f"no set for class {view.of_run('run_class').value or 'unknown'}")
    end = view.of_run("run_end")
    if not isinstance(end.value, datetime):
        return _said(view, None, f"the run's end is unknown: {end.note}")
    unknown, short = [], {}
    for tag in needed.online_tags:
        try:
            what, needed_until = ("fill", _fill_end(view, tag)) if tag.after_fill else ("run", end.value)
            if needed_until is None:
                short[tag.name] = f"{tag.name} comes after the fill, and fill {view.of_run('fill').value} goes on"
                continue
            reached = reaches(view, tag, needed_until)
        except _Unknown as missing:
            unknown.append(str(missing))
            continue
        if reached < needed_until:
            short[tag.name] = f"{tag.name} reaches {iso(reached)}, the {what} ended {iso(needed_until)}"
    if unknown:
        return _said(view, None, "; ".join(unknown))
    covering = [tag.name for tag in needed.online_tags if tag.name not in short]
    note = "; ".join(short.values()) or f"reach the run's end {iso(end.value)}: {', '.join(covering) or 'none needed'}"
    return _said(view, ",".join(short), note)


def reaches(view: View, tag: OnlineTag, end: datetime) -> datetime:
    """Until when (UTC) the online database was copied into the tag, as far as is known."""
    since = _time(view, tag, "online_since")
    if not tag.on_change or since >= end:
        return since
    # Nothing new since then, or nothing copied since then: only a good run of the job tells.
    return max(since, _time(view, tag, "online_job_start") - tag.delay)


def _fill_end(view: View, tag: OnlineTag) -> datetime | None:
    """None while the fill goes on."""
    over = view.of_run("fill_ended")
    if over.value is None:
        raise _Unknown(f"whether the fill that {tag.name} waits for is over: {over.note}")
    end = view.of_run("fill_end")
    if over.value is True and not isinstance(end.value, datetime):
        raise _Unknown(f"the end of the fill that {tag.name} waits for: {end.note}")
    return end.value if over.value is True and isinstance(end.value, datetime) else None


def _time(view: View, tag: OnlineTag, name: str) -> datetime:
    seen = view.fact(view.situation.tag(tag.name), name)
    if not isinstance(seen.value, datetime):
        raise _Unknown(f"{name} of {tag.name}: {seen.note or 'no time'}")
    return seen.value


def _said(view: View, value: str | None, note: str) -> Seen:
    return Seen(NAME, value, "derived", view.situation.run, view.situation.now, None, note)
