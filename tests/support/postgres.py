"""A PostgreSQL server of the tests' own: made with initdb in a folder of /tmp, gone with the test process."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

# Nobody else can reach it, and it is thrown away: durability would only cost time.
SETTINGS = (
    "listen_addresses=''",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
    "max_connections=60",
    "timezone=Pacific/Chatham",  # far from UTC: a time that forgot its zone shows
)


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, of the newest version installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if (p / "initdb").exists()]
    return max(versions, key=lambda p: float(p.parent.name), default=None)


def missing() -> str:
    """Why there can be no PostgreSQL here; empty where there can."""
    return "" if binaries() else "no PostgreSQL server on this machine (Debian package postgresql)"


def account() -> str | None:
    """Whom the server runs as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Server:
    """Runs while entered. Reached by a Unix socket in its own folder, so no port is open to others."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="spy-postgres-"))
        """Short, since a socket's path may have 107 bytes; not in pytest's folder, which the account may not enter."""
        self._account = account()
        self._numbers = count(1)

    def __enter__(self) -> Self:
        try:
            if self._account:
                shutil.chown(self.folder, self._account)
            self._call("initdb", "--auth=trust", "--username=spy", "--encoding=UTF8", "--locale=C", "--no-sync")
            options = " ".join(f"-c {setting}" for setting in SETTINGS)
            self._call("pg_ctl", "-w", "-o", f"{options} -k {self.folder}", "-l", str(self.folder / "log"), "start")
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh empty database. Dropped afterwards, with whoever is still connected."""
        name = f"spy_{next(self._numbers)}"
        self._admin(f"CREATE DATABASE {name}")
        try:
            yield f"postgresql+psycopg://spy@/{name}?host={self.folder}"
        finally:
            self._admin(f"DROP DATABASE {name} WITH (FORCE)")

    def _admin(self, statement: str) -> None:
        with psycopg.connect(f"host={self.folder} user=spy dbname=postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def _call(self, program: str, *arguments: str) -> None:
        folder = binaries()
        assert folder is not None
        group = pwd.getpwnam(self._account).pw_gid if self._account else None
        # Output goes to a file: the server would hold a pipe open, and reading it would never end.
        with (self.folder / f"{program}.out").open("w+") as out:
            done = subprocess.run(
                [str(folder / program), "-D", str(self.folder / "data"), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                user=self._account,
                group=group,
                extra_groups=[] if self._account else None,
                timeout=60,
            )
            if done.returncode:
                out.seek(0)
                raise RuntimeError(f"{program}: {out.read()}")
