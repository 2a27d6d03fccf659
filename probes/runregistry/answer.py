"""Answers of RunRegistry's `POST runs_filtered_ordered`, read strictly.

`{"runs": [{"run_number", "rr_attributes": {"class", "state", "significant"}, "DatasetTripletCache":
{"triplet_summary": {"tracker-strip": {"GOOD": 400, "STANDBY": 62, "causes": [], "comments": []}}}}],
"pages", "count"}`; `triplet_summary` counts lumi sections per flag, an absent flag means 0. Errors are
`{"err": "text"}`, also behind 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from spy.http import Answer

FLAGS = ("GOOD", "BAD", "STANDBY", "EXCLUDED", "NOTSET", "EMPTY")
_NOBODY_JUDGED = frozenset({"EXCLUDED", "NOTSET", "EMPTY"})


@dataclass(frozen=True, slots=True)
class RunRow:
    number: int
    run_class: str
    """Such as `Collisions22`, as people set it."""
    state: str
    """OPEN | SIGNOFF | COMPLETED"""
    significant: bool
    flags: str
    """`tracker-strip:GOOD 400/462, ...`: the commonest flag of each column that somebody judged; empty: none."""


@dataclass(frozen=True, slots=True)
class Page:
    rows: Mapping[int, RunRow]
    problems: Mapping[int, str]
    """Runs whose record cannot be read, and why."""
    pages: int
    """How many there are in total."""


def page(answer: Answer) -> Page:
    body = answer.json()
    if isinstance(body, dict) and "err" in body:
        answer.refuse(f"RunRegistry says: {body['err']!r:.200}")
    runs = body.get("runs") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(runs, list):
        answer.refuse('expected {"runs": [...], "pages", "count"}')
    pages = body.get("pages")
    if not _is_count(pages):
        answer.refuse(f"expected a whole number of pages, found {pages!r:.60}")
    rows: dict[int, RunRow] = {}
    problems: dict[int, str] = {}
    for told in runs:
        number = told.get("run_number") if isinstance(told, dict) else None
        if not _is_count(number):
            answer.refuse(f"expected a run_number, found {number!r:.60}")
        try:
            rows[number] = _row(number, told)
        except ValueError as wrong:
            problems[number] = f"run {number}: {wrong}"
    return Page(rows, problems, pages)


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _row(number: int, told: Mapping[str, Any]) -> RunRow:
    attributes = _object(told, "rr_attributes")
    run_class, state, significant = (attributes.get(name) for name in ("class", "state", "significant"))
    if not isinstance(run_class, str) or not isinstance(state, str):
        raise ValueError(f"expected texts as class and state, found {run_class!r:.60} and {state!r:.60}")
    if not isinstance(significant, bool):
        raise ValueError(f"expected true or false as significant, found {significant!r:.60}")
    return RunRow(number, run_class, state, significant, _flags(_object(told, "DatasetTripletCache")))


def _object(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = told.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"expected an object as {key}, found {value!r:.60}")
    return value


def _flags(cache: Mapping[str, Any]) -> str:
    parts = []
    for column, told in sorted(_object(cache, "triplet_summary").items()):
        counts = {flag: told.get(flag, 0) for flag in FLAGS} if isinstance(told, dict) else {}
        if not counts or not all(_is_count(count) for count in counts.values()):
            raise ValueError(f"expected whole numbers of lumi sections per flag of {column}, found {told!r:.60}")
        if any(count for flag, count in counts.items() if flag not in _NOBODY_JUDGED):
            flag = max(FLAGS, key=lambda name: counts[name])
            parts.append(f"{column}:{flag} {counts[flag]}/{sum(counts.values())}")
    return ", ".join(parts)
