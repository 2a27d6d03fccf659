"""A DB-API module of oracledb's shape over SQLite: the Oracle dialect compiles the SQL, and it really runs.

What it does not show: NUMBER as Decimal, `'' IS NULL`, real plans, privileges, the lag of a standby copy.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import types
from datetime import datetime
from pathlib import Path

import oracledb

CANNED = (("sys_context", "STANDIN"), ("1.1 from dual", "1.1"), ("dbms_transaction", None))
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")


class Said:
    """What a driver's exception carries: `args[0]`."""

    offset, context, isrecoverable = 0, "", False

    def __init__(self, full_code, text):
        self.full_code, self.message = full_code, f"{full_code}: {text}"
        self.code = int(full_code[4:]) if full_code.startswith("ORA-") else 0

    def __str__(self):
        return self.message


def failure(full_code, text="injected", kind=oracledb.DatabaseError):
    return kind(Said(full_code, text))


def as_oracle(value):
    """Oracle hands out datetimes where SQLite has text."""
    if isinstance(value, str) and TIMESTAMP.fullmatch(value):
        return datetime.fromisoformat(value)
    return value


def as_sqlite(value):
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


class Cursor:
    arraysize = 100

    def __init__(self, owner, raw):
        self.owner, self.cur = owner, raw.cursor()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __getattr__(self, name):
        return getattr(self.cur, name)

    def setinputsizes(self, *_, **__):
        """Types of the binds; SQLite needs none."""

    def var(self, *_, **__):
        return types.SimpleNamespace(getvalue=lambda *_: "1.2.3")

    def execute(self, sql, params=None):
        if self.owner.fail:
            raise self.owner.fail.pop(0)
        low = " ".join(sql.lower().split())
        self.owner.statements.append(low)
        if low.startswith(("set transaction", "alter ")):
            return self
        for mark, answer in CANNED:
            if mark in low:
                self.cur.execute("SELECT ?", (answer,))
                return self
        bound = {name: as_sqlite(value) for name, value in (params or {}).items()}
        try:
            spelt = re.sub(r"\s+FROM DUAL\b", "", sql, flags=re.I).replace("dbms_lob.getlength(", "length(")
            self.cur.execute(spelt, bound)
        except sqlite3.OperationalError as exc:
            raise failure("ORA-00942" if "no such table" in str(exc) else "ORA-00904", str(exc)) from exc
        return self

    def fetchone(self):
        row = self.cur.fetchone()
        return row and tuple(as_oracle(v) for v in row)

    def fetchall(self):
        return [tuple(as_oracle(v) for v in row) for row in self.cur.fetchall()]

    def fetchmany(self, size=None):
        return [tuple(as_oracle(v) for v in row) for row in self.cur.fetchmany(size or self.arraysize)]


class Connection:
    autocommit, call_timeout, outputtypehandler = False, 0, None
    version, max_identifier_length = "19.0.0.0.0", 128

    def __init__(self, owner):
        self.owner = owner
        self.raw = sqlite3.connect(":memory:", check_same_thread=False)
        self.raw.execute("ATTACH ? AS cms_conditions", (str(owner.path),))
        owner.connections.append(self)

    def cursor(self):
        return Cursor(self.owner, self.raw)

    def __getattr__(self, name):
        return getattr(self.raw, name)


class Standin:
    """One database. `fail` holds exceptions that the next connects or statements raise, in order."""

    def __init__(self, path: Path):
        self.path = path
        self.fail: list[Exception] = []
        self.statements: list[str] = []
        self.connections: list[Connection] = []
        self.passwords: list[str | None] = []

    def connect(self, *_, **settings):
        self.passwords.append(settings.get("password"))
        if self.fail:
            raise self.fail.pop(0)
        return Connection(self)

    def close(self):
        # A question that was left behind may be at work still, and SQLite does not survive a close in the middle.
        for thread in threading.enumerate():
            if thread.name.startswith("ask-"):
                thread.join(5)
        for connection in self.connections:
            connection.raw.close()

    def module(self) -> types.ModuleType:
        module = types.ModuleType("oracledb")
        module.__dict__.update({k: v for k, v in vars(oracledb).items() if not k.startswith("__")})
        vars(module).update(connect=self.connect, makedsn=lambda *_, **__: "stand-in")
        vars(module).update(paramstyle="named", __version__=oracledb.__version__)
        return module
