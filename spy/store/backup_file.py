"""The file of a backup: a zip of one JSON-lines part per table, and a manifest that vouches for each of them.

`manifest.json` is written last: format, program, schema revision, time, and each part's table, columns, number of rows
and SHA-256. Its own SHA-256 is the comment of the zip. A row is a list in the order of the columns; a time is ISO 8601
in UTC, a JSON column its stored text, everything else as JSON has it.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from spy.domain.errors import BackupError

FORMAT = 1
MANIFEST = "manifest.json"
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError)
"""What reading a damaged zip raises: the last ones where a flag or a method was hit."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table."""

    table: str
    columns: tuple[str, ...]
    rows: int
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.table}.jsonl"


@dataclass(frozen=True, slots=True)
class Manifest:
    program: str
    schema: str
    """Revision of the schema, as the migrations name it."""
    made_at: str
    """ISO 8601, UTC: the moment that the backup shows."""
    database: str
    """sqlite | postgresql: where it comes from; it restores into either."""
    parts: tuple[Part, ...]
    format: int = FORMAT


class Writer:
    """Writes beside the wanted file and takes its name only when whole; an existing file is never replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unfinished = path.with_name(path.name + ".unfinished")
        if path.exists():
            raise BackupError(f"{path}: exists already; a backup never replaces a file")
        try:
            # For its owner only: it tells who acted, and why.
            opened = os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as wrong:
            raise BackupError(f"{path}: cannot be written: {wrong.strerror}") from None
        self._file: IO[bytes] = os.fdopen(opened, "wb")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)

    def add(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Part:
        digest, number = hashlib.sha256(), 0
        with self._zip.open(f"{table}.jsonl", "w", force_zip64=True) as out:
            for row in rows:
                line = json.dumps(list(row), separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
                digest.update(line)
                out.write(line)
                number += 1
        return Part(table, tuple(columns), number, digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        text = json.dumps(asdict(manifest), indent=1).encode()
        self._zip.writestr(MANIFEST, text)
        self._zip.comment = hashlib.sha256(text).hexdigest().encode()
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._unfinished.rename(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            with suppress(OSError):  # a full disk is told by the first error
                self._zip.close()
            with suppress(OSError):
                self._file.close()
            self._unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise BackupError(f"{self.path}: cannot be written: {error.strerror}") from error


class Reader:
    """A backup whose every part was read once and found whole; BackupError names the part that is not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as wrong:
            raise BackupError(f"{path}: cannot be read: {wrong.strerror}") from None
        except _DAMAGE as damage:
            raise BackupError(f"{path}: no backup, or its end is missing: {damage}") from None
        try:
            self.manifest = self._read_manifest()
            for part in self.manifest.parts:
                self._check(part)
        except BaseException:
            self._zip.close()
            raise

    def rows(self, part: Part) -> Iterator[list[Any]]:
        with self._zip.open(part.name) as lines:
            for line in lines:
                yield json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def _read_manifest(self) -> Manifest:
        try:
            text = self._zip.read(MANIFEST)
        except _DAMAGE as damage:
            raise BackupError(f"{self.path}: {MANIFEST} is damaged or missing: {damage}") from None
        if hashlib.sha256(text).hexdigest().encode() != self._zip.comment:
            raise BackupError(f"{self.path}: {MANIFEST} is damaged: its check sum differs")
        told = json.loads(text)
        if told.get("format") != FORMAT:
            raise BackupError(f"{self.path}: format {told.get('format')!r}, known is {FORMAT}: of a newer program?")
        parts = tuple(Part(p["table"], tuple(p["columns"]), p["rows"], p["sha256"]) for p in told.pop("parts"))
        return Manifest(parts=parts, **told)

    def _check(self, part: Part) -> None:
        digest, number = hashlib.sha256(), 0
        try:
            with self._zip.open(part.name) as lines:
                for line in lines:
                    digest.update(line)
                    number += 1
        except _DAMAGE as damage:
            raise BackupError(f"{self.path}: part {part.name} is damaged or missing: {damage}") from None
        if digest.hexdigest() != part.sha256 or number != part.rows:
            raise BackupError(f"{self.path}: part {part.name} is damaged: its check sum differs ({number} rows found)")
