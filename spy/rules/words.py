"""Words for what facts say: `(fact, words)`, asked in order; and what can be done about it.

The signs looked for are values, and the beginnings of the notes that `calibration`, `derive`, `online` and `waits` give
with them. A sign that is not found is no mistake: the values are shown then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from spy.domain.verdict import Seen

SeenByName = Mapping[str, Seen]
Words = Callable[[SeenByName, str], str]

_BEGINS_AT = re.compile(r"begins at (\d+)")
_UPLOADED_AT = re.compile(r"uploaded at (\S+?),? ")
_NAMED = re.compile(r"the file named (.*)")
_REACHES = re.compile(r"(\S+) reaches (\S+), the (run|fill) ended ([^\s;]+)")
_NOT_DONE = re.compile(r"not done: (.*)")
_ENTRIES = re.compile(r"entries \((\d+)\) < (\d+)")
_EXIT = re.compile(r"exit code (\S+)")


def name_of(fact: str) -> str:
    return fact.replace("_", " ")


# --- one calibration -------------------------------------------------------------------------------------------------


def _no_payload(seen: SeenByName, product: str) -> str:
    """Of a calibration that is not there: why not, as far as that is known."""
    kind, note = str(seen["no_payload"].value), seen["no_payload"].note
    say = _MISSING.get(kind)
    return say(note, seen, product) if say else ""


def _nothing_proven(note: str, seen: SeenByName, product: str) -> str:
    """Still waited for. What the note says of the upload is nearer to the end than what is waited for."""
    if at := _UPLOADED_AT.match(note):
        return f"{product} was uploaded at {at[1]} and is not seen in the database yet"
    if note.startswith("an interval is newer"):
        return f"{product} has a new interval, and the upload log is asked whose it is"
    if note.startswith("partial harvest"):
        return f"{product} covers a part of the run, and the rest is expected"
    if note.startswith("its stream is done; DQM"):
        return f"{product} is not there, and DQM may still be importing its harvest"
    if note.startswith("its stream is done; asking"):
        return f"{product} is not there, and the database and the upload log are asked once more"
    if note == "upload in_progress":
        return f"{product} is being uploaded"
    return ""


def _unexplained(note: str, seen: SeenByName, product: str) -> str:
    if note.startswith("uploaded, but shifted"):
        at = _BEGINS_AT.search(note)
        return f"{product} was uploaded, but its interval begins at {at[1] if at else 'a later run'}"
    if at := _UPLOADED_AT.match(note):
        place = str(seen["placement"].value) if "placement" in seen else ""
        return _NOT_IN_PLACE.get(place, _NOT_IN_PLACE[""]).format(product=product, at=at[1])
    if note.startswith("the harvest ran"):
        return f"{product} is missing and nothing tells why: its harvest ran with enough data, and no upload followed"
    if note.startswith("the fit says"):
        return f"{product} is missing: its fit says that it wrote one, and no upload followed"
    return f"{product} is missing and nothing tells why: {note}"


_NOT_IN_PLACE = {
    "": "{product} was uploaded at {at} according to the log, but the database holds none for this run",
    "foreign": "{product} was uploaded at {at}, but another payload, not of this run's upload, stands in its place",
    "partial": "{product} was uploaded at {at}, but it covers only a part of the run",
}


def _aborted(note: str, _seen: SeenByName, product: str) -> str:
    code = _EXIT.search(note)
    return f"{product} is missing: its " + (f"fit ended with exit code {code[1]}" if code else "harvest never ran")


def _too_little(note: str, _seen: SeenByName, product: str) -> str:
    numbers = _ENTRIES.search(note)
    told = f"{numbers[1]} entries of the {numbers[2]} needed" if numbers else "too little data"
    return f"{product} is missing: {told}, and this calibration may not be left out"


_MISSING: Mapping[str, Callable[[str, SeenByName, str], str]] = {
    "": _nothing_proven,
    "unexplained": _unexplained,
    "aborted": _aborted,
    "vetoed": lambda _note, _seen, product: f"{product} was not updated: its own fit vetoed the movement that it found",
    "low_statistics": _too_little,
    "no_update": lambda _note, _seen, product: f"{product} is missing: nothing moved, and it may not be left out",
}


def _upload(seen: SeenByName, product: str) -> str:
    result, note = seen["upload_result"].value, seen["upload_result"].note
    if result == "elsewhere":
        named = _NAMED.search(note)
        return f"{product} was uploaded to another tag" + (f", {named[1]}" if named else "")
    told = {
        "failed": "the upload of {} failed",
        "skipped": "the upload of {} left out the tag that prompt reconstruction reads",
    }
    return told.get(str(result), "").format(product)


def _waits(seen: SeenByName, product: str) -> str:
    value, note = str(seen["waits_for"].value), seen["waits_for"].note
    if value.startswith("run "):
        until = note.partition("is finished")[2]
        return f"{product} is harvested, and its upload waits until Tier0 is through with {value}{until}"
    told = {
        "run": "the run is still being taken",
        "harvest": f"{product} is not harvested yet",
        "upload": f"{product} is harvested and not uploaded yet",
    }
    return told.get(value, "")


def _fit(seen: SeenByName, product: str) -> str:
    if seen.get("db_update_vetoed") and seen["db_update_vetoed"].value is True:
        return f"the fit behind {product} vetoed the movement that it found"
    return f"the fit behind {product} ended with exit code {seen['pede_exit_code'].value}"


OF_PRODUCT: Sequence[tuple[str, Words]] = (
    ("no_payload", _no_payload),
    ("upload_result", _upload),
    ("waits_for", _waits),
    ("pede_exit_code", _fit),
)

# --- the run as a whole ----------------------------------------------------------------------------------------------


def _settled(seen: SeenByName, _product: str) -> str:
    found = _NOT_DONE.match(seen["settled"].note)
    if found is None:
        return ""
    return f"Tier0 still works on the express stream{'s' * (', ' in found[1])} {found[1]}"


def _online(seen: SeenByName, _product: str) -> str:
    note = seen["uncovered_online_tags"].note
    short = _REACHES.findall(note)
    if not short:
        return note
    names, (_, reached, what, ended) = ", ".join(tag for tag, *_ in short), short[0]
    rest = "" if len(short) == note.count(";") + 1 else f"; {note}"
    return f"the copies from the online database stop at {reached}, before the {what}'s end at {ended} ({names}{rest})"


def _jobs(seen: SeenByName, _product: str) -> str:
    jobs, failed = seen["express_jobs"].value, seen.get("express_jobs_failed")
    complete = seen.get("express_jobs_complete")
    if complete and complete.value is False:
        return f"not all express jobs have reported yet ({jobs} so far)"
    if not jobs:
        return "no express job has reported yet"
    return f"{failed.value} of {jobs} express jobs failed, more than the rule allows" if failed else ""


def _ended(seen: SeenByName, _product: str) -> str:
    return "" if seen["run_ended"].value else "data are still being taken"


def _known_run(seen: SeenByName, _product: str) -> str:
    return "" if seen["known_to_tier0"].value else "Tier0 has not configured the run yet"


def _set(seen: SeenByName, _product: str) -> str:
    return "" if seen["class_has_set"].value else f"{seen['class_has_set'].note} in the configuration"


OF_RUN: Sequence[tuple[str, Words]] = (
    ("express_jobs", _jobs),
    ("uncovered_online_tags", _online),
    ("settled", _settled),
    ("class_has_set", _set),
    ("known_to_tier0", _known_run),
    ("run_ended", _ended),
)

UNKNOWN_OF_RUN: Mapping[str, Callable[[str], str]] = {
    "missing_streams": lambda note: note,
    "before_lock": lambda note: note,
    "class_has_set": lambda note: f"the run's {note}",
    "settled": lambda note: f"what Tier0 still expects of the run is unknown: {note}",
    "uncovered_online_tags": lambda note: f"how far the online tags reach is unknown: {note}",
    "first_safe_run": lambda note: f"how far Tier0 has locked is unknown: {note}",
}
"""What is missing about the run itself, from the note that says why."""

# --- what to do ------------------------------------------------------------------------------------------------------

REMEDIES: Mapping[str, Sequence[tuple[str, str]]] = {
    "no_payload": (
        ("shifted to a later run", "upload it once more for this run"),
        ("but not in place", "find out what became of the upload and repeat it"),
        ("aborted", "have it harvested again"),
        ("vetoed", "look at the movement and decide about it"),
        ("low_statistics", "decide whether the earlier one will do"),
        ("no_update", "decide whether the earlier one will do"),
        ("unexplained", "find out where it got lost"),
    ),
    "upload_result": (
        ("failed", "repeat the upload"),
        ("skipped", "repeat the upload"),
        ("elsewhere", "upload it to the right tag"),
    ),
    "pede_exit_code": (("", "look at the fit and decide about it"),),
    "express_jobs_failed": (("", "ask data operations about the failed jobs"),),
    "uncovered_online_tags": (
        ("reaches", "ask whether the jobs that copy the online database run"),
        ("unknown: ", "find out how far the online tags reach"),
    ),
    "missing_streams": (("Tier0 does not declare", "ask Tier0 why it does not declare this"),),
    "before_lock": (("has passed", "ask Tier0 whether it has locked the run"),),
    "class_has_set": (("", "give the class a required set in the configuration"),),
}
"""Fact to (sign in its value or note, what its owners do)."""
