"""Answers of WMArchive's performance endpoint, metric `jobstate` along axis `workflow`, read strictly.

`GET data/performance?metrics[]=jobstate&axes[]=workflow&workflow=<regex>&start_date=YYYYMMDD&end_date=YYYYMMDD` gives
`{"result": [{"performance": {"status": {}, "visualizations": {"jobstate": {"workflow": [{"label", "jobstates"}]}}}}]}`,
where `jobstates` is a list of `{"jobstate", "count"}`. A group without jobs is left out. `status.totalMatchedJobs` is
the sum over all groups (absent when nothing matched); `status.max_date` is where the aggregated data end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spy.clock import from_iso
from spy.http import Answer

GOOD = "success"
FAILED = frozenset({"jobfailed", "submitfailed"})
"""The other states of a report; a state that is named neither way is not read as good."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Reports about one run's express jobs. There is one per attempt: a retried job counts more than once."""

    jobs: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """`counts` and `problems` by run; a run in neither has no report yet."""

    counts: Mapping[int, Counts]
    problems: Mapping[int, str]
    """Why what is told about a run cannot be believed."""
    reaches: datetime | None
    """UTC; how far the aggregated reports go; None: the archive does not say."""


def workflows(runs: Iterable[int], instance: str) -> str:
    """The filter for the express workflows of these runs; Tier0 appends era and version to those of a replay."""
    return f"^Express_Run({'|'.join(map(str, runs))})_Stream[0-9A-Za-z]+{_suffix(instance)}$"


def _suffix(instance: str) -> str:
    return "" if instance == "prod" else "_.+"


def performance(answer: Answer, instance: str) -> Told:
    """Unreadable if the answer as a whole is no such answer; what is wrong with one workflow spoils only its run."""
    told = _below(answer, answer.json(), "result")
    if not isinstance(told, list) or len(told) != 1:
        answer.refuse(f'expected one element in "result", found {told!r:.60}')
    performed = _below(answer, told[0], "performance")
    status = _below(answer, performed, "status")
    groups = _below(answer, _below(answer, _below(answer, performed, "visualizations"), "jobstate"), "workflow")
    if not isinstance(groups, list) or not isinstance(status, dict):
        answer.refuse("expected a list of workflows and an object as status")
    counts, problems = _by_run(answer, groups, instance)
    total = status.get("totalMatchedJobs")
    if total is not None and not problems and total != sum(_all_jobs(group) for group in groups):
        answer.refuse(f"status counts {total!r:.20} jobs, its groups hold {sum(map(_all_jobs, groups))}")
    return Told(counts, problems, _reaches(answer, status))


def _below(answer: Answer, value: Any, key: str) -> Any:
    if not isinstance(value, dict) or key not in value:
        answer.refuse(f'expected an object with "{key}", found {value!r:.60}')
    return value[key]


def _by_run(answer: Answer, groups: list[Any], instance: str) -> tuple[dict[int, Counts], dict[int, str]]:
    named = re.compile(rf"^Express_Run([1-9][0-9]*)_Stream[0-9A-Za-z]+{_suffix(instance)}$")
    counts: dict[int, Counts] = {}
    problems: dict[int, str] = {}
    seen: set[str] = set()
    for group in groups:
        label = _below(answer, group, "label")
        found = named.match(label) if isinstance(label, str) else None
        if found is None:
            answer.refuse(f"expected express workflows only, found {label!r:.80}")
        run = int(found[1])
        try:
            if label in seen:
                raise ValueError("told twice")
            more = _counts(group)
        except ValueError as wrong:
            problems[run] = f"workflow {label}: {wrong}"
        else:
            so_far = counts.get(run, Counts())
            counts[run] = Counts(so_far.jobs + more.jobs, so_far.failed + more.failed)
        seen.add(label)
    return {run: told for run, told in counts.items() if run not in problems}, problems


def _counts(group: dict[str, Any]) -> Counts:
    """ValueError, saying what is wrong, unless all states are known, told once, and counted in whole numbers."""
    states = group.get("jobstates")
    if not isinstance(states, list):
        raise ValueError(f"expected a list of jobstates, found {states!r:.60}")
    numbers: dict[str, int] = {}
    for told in states:
        if not isinstance(told, dict):
            raise ValueError(f"expected a jobstate with its count, found {told!r:.60}")
        state, count = told.get("jobstate"), told.get("count")
        if state != GOOD and state not in FAILED:
            raise ValueError(f"expected jobstate {GOOD}, {' or '.join(sorted(FAILED))}, found {state!r:.60}")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise ValueError(f"expected a whole number of jobs as count of {state}, found {count!r:.60}")
        if state in numbers:
            raise ValueError(f"jobstate {state} is counted twice")
        numbers[state] = count
    return Counts(sum(numbers.values()), sum(numbers.get(state, 0) for state in FAILED))


def _all_jobs(group: dict[str, Any]) -> int:
    return sum(told["count"] for told in group["jobstates"])


def _reaches(answer: Answer, status: dict[str, Any]) -> datetime | None:
    told = status.get("max_date")
    if told is None:
        return None
    try:
        return from_iso(told)
    except (ValueError, TypeError):
        answer.refuse(f"expected a UTC time as max_date, found {told!r:.60}")
