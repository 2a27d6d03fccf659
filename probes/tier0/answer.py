"""Answers of T0WmaDataSvc 2.1.1, read strictly: what decides must be there and of its type, other keys may come and go.

Every body is `{"result": [...]}`, a list even for one number or flag.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from spy.http import Answer

_NAME = re.compile(r"[0-9A-Za-z_-]+")
"""What may be sent as a name: the service itself checks no more than the first character."""
_PRODUCER = "PromptCalibProd"
"""Entries of `alca_skim` that start so run the prompt calibration loop; Tier0 counts them with the same test."""
_REST_OK = "100"


@dataclass(frozen=True, slots=True)
class RunConfig:
    run: int
    era: str


@dataclass(frozen=True, slots=True)
class ExpressConfig:
    run: int
    stream: str
    producers: tuple[str, ...]
    """Sorted `PromptCalibProd*` names; empty where `alca_skim` is null or lists none."""
    cmssw: str
    """Release of the express reconstruction, else of the repacking; empty where neither is told."""


@dataclass(frozen=True, slots=True)
class RecoConfig:
    run: int
    dataset: str
    cmssw: str
    global_tag: str
    """Cut to 50 characters by the service: no longer tag can be compared with it."""


def first_safe_run(answer: Answer) -> int | None:
    """Lowest run that is not locked; None while no run was ever locked."""
    value = _only(answer)
    return None if value is None else _integer(answer, "first condition-safe run", value)


def flag(answer: Answer) -> bool:
    """One boolean: `promptreco_status`, `run_stream_done`, `run_dataset_done`."""
    value = _only(answer)
    if not isinstance(value, bool):
        answer.refuse(f"expected true or false, found {value!r:.60}")
    return value


def run_config(answer: Answer, run: int | None = None) -> RunConfig | None:
    """The row of `run` (None: of whatever run came); None if Tier0 has none."""
    found = [RunConfig(_run(answer, row, run), _text(answer, row, "acq_era")) for row in _rows(answer)]
    if len(found) > 1:
        answer.refuse(f"expected one row, found {len(found)}")
    return found[0] if found else None


def express_config(answer: Answer, run: int) -> dict[str, ExpressConfig]:
    """The declared express streams of a run, by name."""
    found: dict[str, ExpressConfig] = {}
    for row in _rows(answer):
        stream = _name(answer, row, "stream")
        if stream in found:
            answer.refuse(f"stream {stream} is declared twice")
        cmssw = next((c for key in ("reco_cmssw", "cmssw") if isinstance(c := row.get(key), str) and c), "")
        found[stream] = ExpressConfig(_run(answer, row, run), stream, _producers(answer, row), cmssw)
    return found


def reco_config(answer: Answer, run: int | None) -> list[RecoConfig]:
    """The released datasets of a run (None: of the highest released one); empty until it was really released."""
    rows = [
        RecoConfig(
            _run(answer, row, run),
            _name(answer, row, "primary_dataset"),
            _text(answer, row, "cmssw"),
            _text(answer, row, "global_tag"),
        )
        for row in _rows(answer)
    ]
    if len({row.run for row in rows}) > 1:
        answer.refuse("expected rows of one run, found several")
    return rows


def _result(answer: Answer) -> list[Any]:
    code = answer.headers.get("x-rest-status", _REST_OK)
    if code != _REST_OK:
        answer.refuse(f"X-Rest-Status {code} with status {answer.status}")
    body = answer.json()
    result = body.get("result") if isinstance(body, dict) else None
    if not isinstance(result, list):
        answer.refuse('expected {"result": [...]}')
    return result


def _only(answer: Answer) -> Any:
    result = _result(answer)
    if len(result) != 1:
        answer.refuse(f"expected one element in result, found {len(result)}")
    return result[0]


def _rows(answer: Answer) -> list[dict[str, Any]]:
    result = _result(answer)
    for row in result:
        if not isinstance(row, dict):
            answer.refuse(f"expected rows in result, found {row!r:.60}")
    return result


def _run(answer: Answer, row: dict[str, Any], asked: int | None) -> int:
    run = _integer(answer, "run", row.get("run"))
    if asked is not None and run != asked:
        # Without its argument the service answers for the highest run: never take that for ours.
        answer.refuse(f"asked for run {asked}, found run {run}")
    return run


def _integer(answer: Answer, what: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        answer.refuse(f"expected a run number as {what}, found {value!r:.60}")
    return value


def _text(answer: Answer, row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        answer.refuse(f"expected a text in {key}, found {value!r:.60}")
    return value


def _name(answer: Answer, row: dict[str, Any], key: str) -> str:
    value = _text(answer, row, key)
    if not _NAME.fullmatch(value):
        answer.refuse(f"expected a name in {key}, found {value!r:.60}")
    return value


def _producers(answer: Answer, row: dict[str, Any]) -> tuple[str, ...]:
    """A missing `alca_skim` is no empty one: the producers would be read as none."""
    if "alca_skim" not in row:
        answer.refuse("a row without alca_skim")
    skims = row["alca_skim"]
    if skims is None:
        return ()
    if not isinstance(skims, str):
        answer.refuse(f"expected a text or null in alca_skim, found {skims!r:.60}")
    names = {name.strip() for name in skims.split(",") if name.strip().startswith(_PRODUCER)}
    for name in names:
        if not _NAME.fullmatch(name):
            answer.refuse(f"expected names in alca_skim, found {name!r:.60}")
    return tuple(sorted(names))
