"""What the upload service does with the begin of an interval, by the synchronization of the destination tag.

Part of the simulated service. Source: the expected outcomes in the service's own test (cms-sw/cmssw
CondCore/Utilities, test of the upload service).
"""

from __future__ import annotations

from dataclasses import dataclass

CREATE, APPEND, INSERT, SYNCHRONIZE, FAIL = "CREATE", "APPEND", "INSERT", "SYNCHRONIZE", "FAIL"
MOVES = frozenset({"prompt", "hlt", "express"})


@dataclass(frozen=True, slots=True)
class Synchronized:
    action: str
    """CREATE, APPEND, INSERT, SYNCHRONIZE (moved), or FAIL (nothing is inserted)."""
    since: int


def synchronize(
    synchronization: str,
    since: int,
    first_safe_run: int,
    *,
    last: int | None,
    base: str = "run",
    first_in_file: int | None = None,
) -> Synchronized:
    """Where an interval lands that is to begin at `since`, in the encoding of the tag's `base` (run, lumi, time).

    `last` is the last since of the tag, None for an empty tag, into which anything may go. `first_in_file` is the
    begin of the uploaded file. A time is never moved; of a lumi only the run half.
    """
    run = since >> 32 if base == "lumi" else since
    is_late = base != "time" and run < first_safe_run
    if first_in_file is not None and since < first_in_file:
        return Synchronized(FAIL, since)
    if synchronization == "mc":
        return Synchronized(CREATE if last is None and since == 1 else FAIL, since)
    if last is None:
        return Synchronized(CREATE, since)
    if synchronization == "pcl" and is_late:
        return Synchronized(FAIL, since)
    if synchronization == "offline" and since <= last:
        return Synchronized(FAIL, since)
    if synchronization in MOVES and is_late:
        moved = (first_safe_run << 32) | (since & 0xFFFFFFFF) if base == "lumi" else first_safe_run
        return Synchronized(SYNCHRONIZE, moved)
    return Synchronized(APPEND if since > last else INSERT, since)
