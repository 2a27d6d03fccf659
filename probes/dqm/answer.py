"""What the DQM GUI answers: samples, folders, histograms with labelled bins, the exit code of an alignment fit.

Source: cms-DQM/dqmgui_prod (classic: `data/json`, `jsonfairy`), cms-DQM/dqmgui (new: `/api/v1`), and for the objects of
the alignment CMSSW Alignment/MillePedeAlignmentAlgorithm (MillePedeDQMModule). Every ValueError says what is wrong.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spy.domain.errors import Unreadable
from spy.http import Answer

_DATASET = re.compile(
    r"/Stream(?P<stream>[^/]+)/(?P<era>[^/-]+)-(?P<producer>PromptCalibProd[^-]*)-Express-v(?P<version>\d+)/ALCAPROMPT"
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^"]+|"', re.DOTALL)
_NOT_A_NUMBER = re.compile(r"(?<![\w.])[-+]?(nan|inf(inity)?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sample:
    """The output of one harvest: `/StreamExpress/Run2026D-PromptCalibProdSiStrip-Express-v1/ALCAPROMPT`."""

    dataset: str
    stream: str
    producer: str
    version: int

    @classmethod
    def of(cls, dataset: str) -> Sample | None:
        """None for a dataset that is no harvest's."""
        found = _DATASET.fullmatch(dataset)
        return cls(dataset, found["stream"], found["producer"], int(found["version"])) if found else None


def newest(samples: list[Sample], producer: str, streams: tuple[str, ...]) -> Sample | None:
    fitting = [s for s in samples if s.producer == producer and s.stream in streams]
    return max(fitting, key=lambda s: s.version, default=None)


def exit_code(text: str) -> int:
    """Leading integer of the fit's end file, such as `     0   Ended normally`."""
    found = re.match(r"\s*(-?\d+)\b", text)
    if not found:
        raise ValueError(f"PedeExitCode says {text.strip()[:80]!r}")
    return int(found[1])


def flag(bins: Mapping[str, float], label: str) -> bool:
    """A bin that is 0 or 1, found by its label."""
    value = bins.get(label)
    if value not in (0, 1):
        raise ValueError(f"bin {label!r} is {'not there' if value is None else f'{value}, neither 0 nor 1'}")
    return value == 1


def readable(given: Answer, read: Callable[[Any], Any], content: Any = None) -> Any:
    """`read` of the answer's JSON; a shape that the schema does not allow is Unreadable, with the answer kept."""
    try:
        return read(given.json() if content is None else content)
    except (KeyError, TypeError, IndexError, AttributeError) as exc:
        raise given.unreadable(f"not the expected shape: {type(exc).__name__}: {exc}") from exc
    except ValueError as exc:
        raise given.unreadable(str(exc)) from exc


# --- classic interface --------------------------------------------------------------------------------------------


def tolerant_json(given: Answer) -> Any:
    """JSON as the classic GUI writes it: bare nan and inf, a comma right after `[`, texts that escape only quotes."""
    try:
        return given.json()
    except Unreadable:
        if given.is_garbled or given.text.lstrip()[:1] not in ("{", "["):
            raise
        try:
            return json.loads("".join(_repaired(given.text)), strict=False)
        except ValueError:
            # The first error is about what really came.
            pass
        raise


def _repaired(text: str) -> Iterator[str]:
    for token in _TOKEN.finditer(text):
        part = token[0]
        if part.startswith('"'):
            yield re.sub(r'\\(?!")', r"\\\\", part)
        else:
            yield re.sub(r"\[\s*,", "[", _NOT_A_NUMBER.sub("null", part))


def classic_samples(content: Any, run: int) -> list[Sample]:
    """Of `data/json/samples`. A group type can occur twice, and the run is text."""
    items = [item for group in content["samples"] for item in group["items"]]
    named = [item["dataset"] for item in items if item["type"] == "offline_data" and item["run"] == str(run)]
    return [sample for name in named if (sample := Sample.of(name))]


def classic_objects(content: Any) -> dict[str, str | None] | None:
    """Of `data/json/archive`: object name to value of a scalar, None for a histogram. None: no such sample.

    Absence has no status code: `{}` and `{"contents": []}` for an unknown sample, one entry with `streamerinfo` for an
    empty folder.
    """
    entries = content.get("contents", [])
    if not any("streamerinfo" in entry or "obj" in entry for entry in entries):
        return None
    objects = [entry for entry in entries if "obj" in entry]
    return {o["obj"]: str(o["value"]) if o["properties"]["kind"] == "SCALAR" else None for o in objects}


@dataclass(frozen=True, slots=True)
class Histogram:
    """Contents of one object, rows of y by bins of x (one row for a one-dimensional histogram)."""

    kind: str
    entries: float
    content: list[list[float]]
    labels: Mapping[int, str]
    """Of the x axis, by bin counted from 0; only the labelled bins."""
    errors: Sequence[float] = ()
    """Of the bins of a one-dimensional histogram; empty where none are told."""

    def bins(self) -> dict[str, float]:
        """The first row by label."""
        return {label: self.content[0][at] for at, label in self.labels.items()}


def fairy_histogram(content: Any) -> Histogram:
    """Of `jsonfairy`. A missing object and a scalar both come as `{"hist": "unsupported type"}`."""
    hist = content["hist"]
    if not isinstance(hist, dict):
        raise ValueError(f"no histogram: {hist!r}")
    rows = hist["bins"]["content"]
    rows = rows if rows and isinstance(rows[0], list) else [rows]
    labels = _fairy_labels(hist["xaxis"], len(rows[0]))
    errors = hist["bins"].get("error") or ()
    return Histogram(str(hist["type"]), float(hist["stats"]["entries"]), rows, labels, errors)


def _fairy_labels(axis: Any, bins: int) -> dict[int, str]:
    """Labels come with the centre of their bin, the axis with its edges (none where it has one bin)."""
    labels = axis.get("labels", [])
    if len(labels) == bins:
        return {at: label["value"] for at, label in enumerate(sorted(labels, key=lambda label: label["center"]))}
    if not labels:
        return {}
    low, high = axis["first"]["value"], axis["last"]["value"]
    return {int((label["center"] - low) / (high - low) * bins): label["value"] for label in labels}


# --- new interface ------------------------------------------------------------------------------------------------


def new_samples(content: Any, run: int) -> list[Sample]:
    """Of `/api/v1/samples`: per run, not per lumi section; the filters are substrings."""
    named = [item["dataset"] for item in content["data"] if item["run"] == run and item["lumi"] == 0]
    return [sample for name in named if (sample := Sample.of(name))]


def new_objects(content: Any) -> list[str]:
    """Of `/api/v1/archive`: names of the objects in the folder; values are asked one by one."""
    return [entry["name"] for entry in content["data"] if "name" in entry]


def root_text(content: Any) -> str:
    """A scalar comes as a TObjString."""
    if content["_typename"] != "TObjString":
        raise ValueError(f"no scalar but a {content['_typename']}")
    return str(content["fString"])


def root_histogram(content: Any) -> Histogram:
    """ROOT JSON of a TH1 or TH2, whose array has a bin of underflow and one of overflow on each axis."""
    kind = str(content["_typename"])
    nx, ny = content["fXaxis"]["fNbins"], content["fYaxis"]["fNbins"]
    flat = content["fArray"]
    is_2d = kind.startswith("TH2")
    if len(flat) != (nx + 2) * (ny + 2 if is_2d else 1):
        raise ValueError(f"{kind} of {nx} x {ny} bins with {len(flat)} values")
    rows = [flat[(nx + 2) * y + 1 : (nx + 2) * y + 1 + nx] for y in (range(1, ny + 1) if is_2d else range(1))]
    labels = (content["fXaxis"].get("fLabels") or {"arr": []})["arr"]
    named = {label["fUniqueID"] - 1: label["fString"] for label in labels}
    squared = [] if is_2d else content.get("fSumw2", [])[1 : nx + 1]
    return Histogram(kind, float(content["fEntries"]), rows, named, [math.sqrt(value) for value in squared])
