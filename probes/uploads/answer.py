"""What the upload log says: the table of files, the status codes, and the log of one file.

Source: the drop box of 2012-14 (jgomezca/HVScan_RPC, logs/dropBox and dropBoxBE), as far as is public. Whether today's
service still answers so is not known. Its times carry no zone; they are taken for UTC, which is a convention.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from html.parser import HTMLParser

from spy.domain.product import Base

NONE, IN_PROGRESS, DONE, FAILED = "none", "in_progress", "done", "failed"
OK, SHIFTED, SKIPPED, ELSEWHERE = "ok", "shifted", "skipped", "elsewhere"

CODES: Mapping[int, str] = {
    100: "WAITING_FOR_START",
    1000: "STARTING",
    1999: "NOTHING_TO_DO",
    2000: "DOWNLOADING",
    2010: "DOWNLOADING_FAILURE",
    2110: "CHECKSUM_FAILURE",
    2210: "UNTARING_ILLCONT",
    2220: "UNTARING_FAILURE",
    2999: "DOWNLOADING_OK",
    3000: "EXTRACTING",
    3010: "EXTRACT_FAILED",
    3999: "EXTRACT_OK",
    4000: "PROCESSING",
    4110: "FILECHECK_FAILED",
    4201: "EXPORTING",
    4210: "EXPORTING_FAILURE",
    4299: "EXPORTING_OK",
    4301: "DUPLICATING",
    4310: "EXPORTING_OK_BUT_DUPLICATION_FAILURE",
    4311: "PCL_EXPORTING_OK_BUT_DUPLICATION_TO_HLTEXPRESS_FAILURE",
    4399: "DUPLICATING_OK",
    4410: "INVALID_FCSR_FROM_TIER0",
    4510: "UNREACHABLE_FCSR_FROM_TIER0",
    4910: "PROCESSING_FAILURE",
    4999: "PROCESSING_OK",
    9910: "DONE_WITH_ERRORS",
    9999: "DONE_ALL_OK",
}
SERVER_CYCLE = frozenset({1999, 9910, 9999})
"""Codes of a cycle of the server, never of a file; 1999 ends in 99 and is only its heartbeat."""
HEADERS = ("Hash", "Last update", "User", "File", "Status", "Acknowledged", "Metadata", "User Text", "Backend", "Log")
ROWS_AT_MOST = 100
"""The service cuts the table there and does not say so."""

_NAMES = {name: code for code, name in CODES.items()}
_FILE = re.compile(r"Run(?P<run>[0-9]+)@(?P<product>[^@]+)@.+")
_TABLE_BEGINS = re.compile(r"(?=<table\b)", re.IGNORECASE)
_TABLE_ENDS = re.compile(r"</table\s*>", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{40}")


def code_of(status: str) -> int:
    """The code behind `PROCESSING OK`, `4999` or `4999 (PROCESSING_OK)`; a ValueError if it is not known."""
    digits = re.match(r"\s*([0-9]+)\b", status)
    name = re.sub(r"[^A-Z0-9]+", "_", status.upper().replace("/", "")).strip("_")
    code = int(digits[1]) if digits else _NAMES.get(name)
    if code is None or code not in CODES:
        raise ValueError(f"unknown status {status!r}")
    return code


def status_of(code: int) -> str:
    """By the last two digits: 99 good, 11 good with a warning, 10 and 20 failed, anything else goes on."""
    if code not in CODES or code in SERVER_CYCLE:
        raise ValueError(f"status {code} ({CODES.get(code, 'unknown')}) is not that of a file")
    return {99: DONE, 11: DONE, 10: FAILED, 20: FAILED}.get(code % 100, IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One row of the table: a file `Run<R>@<input tag>@<uuid>`."""

    file_hash: str
    name: str
    updated_at: datetime
    code: int
    status: str
    has_log: bool
    destination_tags: frozenset[str] | None
    """From its metadata; None where they cannot be read."""


@dataclass(slots=True)
class Uploads:
    """What the table says about one run, newest file per input tag."""

    files: dict[str, UploadedFile] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    """Input tag to why one of its rows cannot be read: then nobody knows which file is the newest."""


def uploads_of(page: str, run: int) -> Uploads:
    """Files of one run in the page that `searchUserLog` answers; a ValueError if it holds no table of uploads."""
    for table in _tables(page):
        if all(name in table for name in HEADERS) and (found := _uploads_in(table, run)) is not None:
            return found
    raise ValueError("a page without the table of uploads")


def _tables(page: str) -> Iterator[str]:
    """Each table that is closed, alone."""
    for part in _TABLE_BEGINS.split(page)[1:]:
        if end := _TABLE_ENDS.search(part):
            yield part[: end.end()]


@lru_cache(maxsize=128)
def _uploads_in(table: str, run: int) -> Uploads | None:
    """None: it is another table.

    The page tells the time, but its table of uploads mostly comes as it came before, and reading it costs more than
    asking for it: so it is read once.
    """
    rows = _rows(table)
    if rows is None:
        return None
    if len(rows) >= ROWS_AT_MOST:
        raise ValueError(f"the table is cut at {ROWS_AT_MOST} rows")
    found = Uploads()
    for row in rows:
        name = _FILE.fullmatch(row.get("File", ""))
        if not name or int(name["run"]) != run:
            continue
        try:
            file = _file(row)
        except ValueError as exc:
            found.problems[name["product"]] = f"{row['File']}: {exc}"
            continue
        before = found.files.get(name["product"])
        if before is None or before.updated_at < file.updated_at:
            found.files[name["product"]] = file
    return found


def _file(row: Mapping[str, str]) -> UploadedFile:
    file_hash = row["Hash"].strip()
    if not _HASH.fullmatch(file_hash):
        raise ValueError(f"hash {file_hash!r} is no SHA1")
    code = code_of(row["Status"])
    return UploadedFile(
        file_hash=file_hash,
        name=row["File"],
        updated_at=datetime.fromisoformat(row["Last update"].replace(",", ".")).replace(tzinfo=UTC),
        code=code,
        status=status_of(code),
        has_log=row["Log"].strip() not in ("", "-"),
        destination_tags=_destination_tags(row["Metadata"]),
    )


def _destination_tags(metadata: str) -> frozenset[str] | None:
    try:
        tags = json.loads(metadata)["destinationTags"]
        return frozenset(map(str, tags)) if isinstance(tags, dict) else None
    except (ValueError, KeyError, TypeError):
        return None


def _rows(html: str) -> list[dict[str, str]] | None:
    tables = _Tables()
    tables.feed(html)
    for table in tables.closed:
        if table and tuple(table[0]) == HEADERS:
            if any(len(row) != len(HEADERS) for row in table[1:]):
                raise ValueError("a row of the table of uploads has too few or too many cells")
            return [dict(zip(HEADERS, row, strict=True)) for row in table[1:]]
    return None


class _Tables(HTMLParser):
    """All tables of a page as rows of cells. Long texts stand in an attribute of their otherwise empty cell."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open.append([])
        elif tag == "tr" and self._open:
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open and self._open[-1]:
            self._open[-1][-1].append(dict(attrs).get("data-expanded") or "")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False
        elif tag == "table" and self._open:
            self.closed.append(self._open.pop())

    def handle_data(self, data: str) -> None:
        if self._in_cell and self._open and self._open[-1] and self._open[-1][-1]:
            self._open[-1][-1][-1] = (self._open[-1][-1][-1] + data).strip()


# --- the log of one file ------------------------------------------------------------------------------------------

_SYNCHRONIZING = re.compile(r'Synchronizing since value:(?P<asked>\d+) to "[^"]*" with run=(?P<first_safe>\d+)')
_SKIPPED = re.compile(r"Cannot synchronize to PCL since firstSince < syncValue")
_EXPORTING = re.compile(r"going to export input tag \S+ to dest tag (?P<tag>\S+) with destSince (?P<since>\d+) in ")
_DUPLICATING = re.compile(r"going to duplicate .* to dest tag\(s\) (?P<tag>\S+) with destSince (?P<since>\d+) in ")
_FAILED = re.compile(r"(exportation|duplicating) failed for .* to dest tag(\(s\))? (?P<tag>\S+) with destSince ")
_EXPORTED = re.compile(r"(exportation|duplication) to \S+ done\.")
_HANDLED = re.compile(r"done handling ")


@dataclass(slots=True)
class TagLog:
    since: int | None
    """After synchronization, in the encoding of the tag; None: nothing was exported."""
    moved: bool
    result: str = IN_PROGRESS


@dataclass(slots=True)
class FileLog:
    """What the log of one file says about its destination tags."""

    tags: dict[str, TagLog] = field(default_factory=dict)
    skipped: int = 0
    """Tags that were skipped; the log does not name them."""
    handled: bool = False
    """The log is complete."""


def read_log(text: str) -> FileLog:
    """Line by line: the synchronization comes before the tag that it is for, the outcome after it, often unnamed."""
    log = FileLog()
    moved = False
    current: TagLog | None = None
    for line in text.splitlines():
        if found := _SYNCHRONIZING.search(line):
            moved = int(found["asked"]) < int(found["first_safe"])
        elif _SKIPPED.search(line):
            log.skipped += 1
            moved = False
        elif found := _EXPORTING.search(line) or _DUPLICATING.search(line):
            current = log.tags[found["tag"]] = TagLog(int(found["since"]), moved)
            moved = False
        elif found := _FAILED.search(line):
            log.tags.setdefault(found["tag"], TagLog(None, moved)).result = FAILED
        elif _EXPORTED.search(line) and current:
            current.result = SHIFTED if current.moved else OK
        elif _HANDLED.search(line):
            log.handled = True
    return log


def outcome(log: FileLog, tag: str, wanted: frozenset[str], file: UploadedFile, run: int, base: Base) -> TagLog:
    """What became of one of the tags `wanted` of a finished file; a ValueError says why nobody can tell."""
    found = log.tags.get(tag)
    if found is not None:
        if found.result == IN_PROGRESS and log.handled:
            raise ValueError(f"the log of {file.name} ends without a result for the tag")
        if found.result == OK and _run_of(found.since, base) > run:
            found.result = SHIFTED
        return found
    if file.status == FAILED:
        return TagLog(None, False, FAILED)
    if not log.handled:
        return TagLog(None, False)
    if file.destination_tags is not None and tag not in file.destination_tags:
        return TagLog(None, False, ELSEWHERE)
    unnamed = (file.destination_tags or wanted) - set(log.tags)
    if tag in unnamed and len(unnamed) <= log.skipped:
        return TagLog(None, False, SKIPPED)
    raise ValueError(f"the log of {file.name} does not name the tag")


def _run_of(since: int | None, base: Base) -> int:
    """0 for a time: the service never moves it."""
    since = since or 0
    return {Base.RUN: since, Base.LUMI: since >> 32, Base.TIME: 0}[base]
