"""The upload log of the simulated world, as pages of the drop box and logs of its files.

The page has the layout of the real one: a table of the server's cycles, a search form, and the table of files, whose
long texts stand in an attribute for a script to show. Times are naive; here they are UTC.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from html import escape
from typing import Protocol

from probes.simulation.truth import TagResult, Upload
from probes.simulation.wire import Request, Response
from probes.uploads.answer import CODES, HEADERS, ROWS_AT_MOST

FIELDS = ("beginDate", "endDate", "fileHash", "username", "fileName", "statusCode", "metadata", "userText", "backend")
DATABASE = "oracle://cms_orcon_prod/CMS_CONDITIONS"
USER = "cmsprod"
BACKEND = "online"
ENDINGS = {"Success": (99,), "Warning": (11,), "Failure": (10, 20)}


class SimTag(Protocol):
    """What is needed of a destination tag."""

    @property
    def base(self) -> str: ...
    @property
    def synchronization(self) -> str: ...


class World(Protocol):
    """What this simulator needs of the simulated world."""

    @property
    def now(self) -> datetime: ...
    @property
    def uploads(self) -> list[Upload]: ...
    @property
    def tags(self) -> Mapping[str, SimTag]: ...


class Simulator:
    """`/logs/dropBox/searchUserLog`, `getFileLog` and `getStatus`."""

    path = "/logs/dropBox/"

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, request: Request) -> Response:
        pages: dict[str, Callable[[Request], Response]] = {
            "searchUserLog": self._search,
            "getFileLog": self._file_log,
            "getStatus": self._status,
        }
        page = pages.get(request.path.rpartition("/logs/dropBox/")[2])
        return page(request) if page else _page(404, "<h2>404 Not Found</h2>")

    def empty(self, request: Request) -> Response:
        """No file at all."""
        if request.path.endswith("searchUserLog"):
            return _page(200, _document(_cycles(self.world.now) + _table([])))
        return _text("" if request.path.endswith("getFileLog") else "[]")

    def _search(self, request: Request) -> Response:
        wanted = {name: request.first(name) for name in FIELDS}
        missing = [name for name, value in wanted.items() if value is None]
        if missing:
            return _page(404, f"<h2>404 Not Found</h2><p>Missing parameters: {','.join(missing)}</p>")
        given = {name: value or "" for name, value in wanted.items()}
        try:
            begin = date.fromisoformat(given["beginDate"])
            end = date.fromisoformat(given["endDate"])
        except ValueError:
            return _page(500, "<h2>500 Internal Server Error</h2>")
        found = [u for u in self.world.uploads if begin <= u.at.date() <= end and _matches(u, given)]
        return _page(200, _document(_cycles(self.world.now) + _form(given) + _table(found[:ROWS_AT_MOST])))

    def _file_log(self, request: Request) -> Response:
        wanted = request.first("fileHash")
        for upload in self.world.uploads:
            if upload.file_hash == wanted:
                return _text("\n".join(log_lines(upload, self.world.tags)) + "\n")
        return _page(500, "<h2>500 Internal Server Error</h2>")

    def _status(self, request: Request) -> Response:
        failed = [u for u in self.world.uploads if u.status_code % 100 in (10, 20)]
        recent = [u for u in failed if u.at > self.world.now - timedelta(hours=1)]
        return _text(json.dumps([[u.file_hash, u.status_code, f"{u.at:%Y-%m-%d %H:%M:%S}"] for u in recent]))


def _matches(upload: Upload, given: Mapping[str, str]) -> bool:
    texts = {
        "fileHash": upload.file_hash,
        "username": USER,
        "fileName": upload.file_name,
        "metadata": _metadata(upload),
        "userText": _user_text(upload),
        "backend": BACKEND,
    }
    ending = ENDINGS.get(given["statusCode"])
    return (ending is None or upload.status_code % 100 in ending) and all(
        given[name].strip().lower() in text.lower() for name, text in texts.items()
    )


def _metadata(upload: Upload) -> str:
    content: dict[str, object] = {
        "destinationDatabase": DATABASE,
        "destinationTags": {result.named or result.tag: {} for result in upload.tags},
        "inputTag": upload.product,
        "since": None,
        "userText": _user_text(upload),
    }
    return json.dumps(content)


def _user_text(upload: Upload) -> str:
    return f"Tier0 PCL Upload for {upload.product}"


# --- pages --------------------------------------------------------------------------------------------------------


def _page(status: int, body: str) -> Response:
    return Response(status, body.encode(), {"Content-Type": "text/html;charset=utf-8"})


def _text(body: str) -> Response:
    return Response(200, body.encode(), {"Content-Type": "text/plain;charset=utf-8"})


def _document(body: str) -> str:
    return f"<!DOCTYPE HTML>\n<html><head><title>dropBox logs</title></head><body>\n{body}</body></html>\n"


def _cycles(now: datetime) -> str:
    """When each backend last looked for files: every 30 s, for Tier0 every 10 min."""
    last = f"{now:%Y-%m-%d %H:%M:%S}"
    cells = "".join(f'<td class="statusFinishedOK">{last}</td>' for _ in range(3))
    heads = "<th></th><th>offline</th><th>online</th><th>tier0</th>"
    return f'<table class="status"><tr>{heads}</tr><tr><td>Backends\' latest runs</td>{cells}</tr></table>\n'


def _form(given: Mapping[str, str]) -> str:
    inputs = "".join(f'<tr><td>{n}</td><td><input name="{n}" value="{escape(v)}"></td></tr>' for n, v in given.items())
    return f'<form action="searchUserLog" method="get"><table class="status">{inputs}</table></form>\n'


def _table(uploads: Sequence[Upload]) -> str:
    heads = "".join(f"<th>{header}</th>" for header in HEADERS)
    rows = "".join(f"<tr>{''.join(_cells(upload))}</tr>\n" for upload in uploads)
    title = "<h2>Result of the search in the userLog</h2>"
    table = f'<table id="userLogSearchResultTable"><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table>'
    return f'<div id="userLogSearchResult">{title}\n{table}</div>\n'


def _cells(upload: Upload) -> Iterator[str]:
    link = f'href="getFileLog?fileHash={upload.file_hash}"'
    failed = upload.status_code % 100 in (10, 20)
    yield _cell(upload.file_hash, 8)
    yield _cell(f"{upload.at:%Y-%m-%d %H:%M:%S}")
    yield _cell(USER)
    yield _cell(upload.file_name, 20)
    yield _cell(CODES.get(upload.status_code, str(upload.status_code)).replace("_", " "))
    yield "<td ><a>No, acknowledge it</a></td>" if failed else _cell("-")
    yield _cell(_metadata(upload), 40)
    yield _cell(_user_text(upload), 40)
    yield _cell(BACKEND)
    yield f'<td ><a target="_blank" {link}>Read</a></td>'


def _cell(text: str, limit: int = 1000) -> str:
    if len(text) <= limit:
        return f"<td >{escape(text)}</td>"
    full, short = escape(text), escape(text[:limit])
    return f"<td class='expandableCell' data-expanded='{full}' data-unexpanded='{short}'></td>"


# --- the log of one file ------------------------------------------------------------------------------------------


def log_lines(upload: Upload, tags: Mapping[str, SimTag]) -> Iterator[str]:
    """What the server writes while it handles one file; a tag skipped by the pcl rule is not named."""
    at = f"[{upload.at:%Y-%m-%d %H:%M:%S},000]"
    yield f"{at} INFO: starting to process {upload.file_hash} "
    for result in upload.tags:
        for line in _tag_lines(upload, result, tags[result.tag]):
            yield f"{at} {line}"
    yield f"{at} INFO: done handling {upload.file_hash} "


def _tag_lines(upload: Upload, result: TagResult, tag: SimTag) -> Iterator[str]:
    target = "pcl" if result.result == "skipped" else tag.synchronization
    if tag.base != "time":
        yield _synchronization_line(upload, result, target, result.since >> 32 if tag.base == "lumi" else result.since)
    if result.result == "skipped":
        yield "ERROR: Cannot synchronize to PCL since firstSince < syncValue"
        return
    target_tag = result.named or result.tag
    what = f"input tag {upload.product} to dest tag {target_tag} with destSince {result.since} in {DATABASE}"
    comment = f'user comment: "{_user_text(upload)}"'
    yield f"INFO: going to export {what}, {comment}"
    if result.result == "failed":
        yield (
            "ERROR: An exception of category 'Conditions' occurred.\nException Message:\n"
            "IOVImportIterator::setUp Error: since time out of range, below last since"
        )
        yield f"ERROR: exportation failed for {what}, {comment}"
    else:
        yield f"INFO: exportation to {target} done."


def _synchronization_line(upload: Upload, result: TagResult, target: str, run_after: int) -> str:
    if target not in ("hlt", "express", "prompt", "pcl"):
        return f'INFO: Keeping since value:{upload.run} for "{target}" synchronization'
    safe = upload.first_safe_run
    if result.result == "shifted":
        safe = run_after
    elif result.result == "skipped":
        safe = max(safe, upload.run + 1)
    return f'INFO: Synchronizing since value:{upload.run} to "{target}" with run={safe}'
