"""What the upload service does with one file: synchronization of each destination tag, and which intervals land.

The rules are in `probes.uploads.synchronization`; here is what the scenario adds to them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from probes.simulation.again import Again
from probes.simulation.conditions_file import since_of_time
from probes.simulation.tags import SimTag
from probes.simulation.truth import SimProduct, SimRun, TagResult, Upload
from probes.uploads.synchronization import FAIL, SYNCHRONIZE, synchronize

PROCESSING_OK = 4999
EXPORTING_FAILURE = 4210
LUMI_STEP = 50
"""Lumi sections between the intervals of one file of a lumi tag."""


def handle(
    product: SimProduct,
    run: SimRun,
    at: datetime,
    tags: Iterable[SimTag],
    first_safe_run: int | None,
    again: Again | None = None,
) -> Upload:
    """The line and the result in the upload log. `first_safe_run` None: no run was ever locked, so nothing moves."""
    name = _name(product, run, at)
    safe = first_safe_run or run.number
    first = _name(product, run, product.uploaded or at)
    by_hand = again is not None and again.by == "person"
    return Upload(
        file_hash=_sha1(name),
        file_name=name,
        product=product.name,
        run=run.number,
        at=at,
        status_code=EXPORTING_FAILURE if product.upload == "failed" else PROCESSING_OK,
        first_safe_run=safe,
        content=_sha1(first if again and again.payload == "same" else name),
        tags=[_at_the_run(tag, run) if by_hand else _result(tag, product, run, safe) for tag in tags],
    )


def _name(product: SimProduct, run: SimRun, at: datetime) -> str:
    return f"Run{run.number}@{product.name}@{uuid5(NAMESPACE_URL, f'{run.number}/{product.name}/{at.isoformat()}')}"


def _at_the_run(tag: SimTag, run: SimRun) -> TagResult:
    """An expert puts an interval where it is meant to be, whatever is locked."""
    return TagResult(tag.name, "ok", _since(tag, run, run.number))


def intervals(
    upload: Upload, result: TagResult, tag: SimTag, run: SimRun, tail_lumis: int, last: int | None = None
) -> list[tuple[str, int, str]]:
    """Tag, since and payload hash of what lands in one tag; a file of a lumi tag holds several intervals.

    `last`: lumi section that the harvest reaches; None: the whole run.
    """
    if not result.lands:
        return []
    sinces = [result.since]
    if tag.base == "lumi" and result.result == "ok":
        # A moved file keeps one interval, since the earlier ones are dropped.
        sinces = [(run.number << 32) | lumi for lumi in _lumis(last or run.lumis, tail_lumis)]
    return [(tag.name, since, _sha1(f"{upload.content}/{since}")) for since in sinces]


def _lumis(last: int, tail_lumis: int) -> list[int]:
    newest = max(last - min(tail_lumis, 10), 1)
    return [*range(1, newest, LUMI_STEP), newest]


def _result(tag: SimTag, product: SimProduct, run: SimRun, safe: int) -> TagResult:
    asked = _since(tag, run, run.number)
    if tag.name in product.skips:
        return TagResult(tag.name, "skipped", asked, lands=False)
    if product.upload in ("failed", "skipped"):
        return TagResult(tag.name, product.upload, asked, lands=False)
    if product.upload == "elsewhere":
        return TagResult(tag.name, "ok", asked, lands=False, named=f"{tag.name}_test")
    lands = product.upload != "lost"
    can_move = tag.base != "time"
    if product.upload == "shifted" and can_move:
        return TagResult(tag.name, "shifted", _since(tag, run, max(safe, run.number + 1)))
    # Every tag holds an interval of an earlier run: nothing is the first one.
    done = synchronize(tag.synchronization, asked, safe, last=0, base=tag.base)
    if done.action == FAIL:
        return TagResult(tag.name, "skipped", asked, lands=False)
    return TagResult(tag.name, "shifted" if done.action == SYNCHRONIZE else "ok", done.since, lands)


def _since(tag: SimTag, run: SimRun, number: int) -> int:
    if tag.base == "time":
        return since_of_time(run.end or run.start)
    return (number << 32) | 1 if tag.base == "lumi" else number


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
