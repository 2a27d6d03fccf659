"""Connecting under a deadline.

A connect to an Oracle listener that accepts and stays silent blocks for ever, and no setting of the driver stops it
(measured with oracledb 26.1). So it happens in a daemon thread that is given up. One such thread may hang; as long as
it does, the asynchronous client, which can be given up without a thread, finds out whether the server answers again.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from queue import Empty, Queue
from typing import Any

import sqlalchemy as sa

from spy.database.failures import LOCKS_THE_ACCOUNT, code_of, said
from spy.domain.errors import NoAnswer, Refused


class Hangs(NoAnswer):
    """The database accepted and then said nothing until the deadline."""


class Door:
    """How one engine connects, and never twice with a password that was refused."""

    def __init__(self, service: str, driver: str, deadline: timedelta, secret: Callable[[], str] | None) -> None:
        self.service = service
        self.driver = driver
        self.deadline_s = deadline.total_seconds()
        self.secret = secret
        self.refused = ""
        self.refused_secret: str | None = None
        self.hanging: threading.Thread | None = None

    def connect(self, dialect: sa.Dialect, _record: Any, args: Sequence[Any], given: dict[str, Any]) -> Any:
        """SQLAlchemy's `do_connect`: a connection with its limit set."""
        settings = given | self._limits()
        if self.secret:
            settings["password"] = self.secret()
        if self.refused and settings.get("password") == self.refused_secret:
            what = f"{self.refused}; not tried again with the same password, which would lock the account"
            raise Refused(self.service, what)
        if self.hanging and self.hanging.is_alive():
            self._see_if_it_answers(args, settings)
        connection = self._connect_in_time(dialect, args, settings)
        self.limit(connection)
        return connection

    def limit(self, connection: Any) -> None:
        """The time for one round trip. On every checkout: a ping was seen to reset it (oracle/python-oracledb#558)."""
        if self.driver == "oracledb":
            connection.call_timeout = int(self.deadline_s * 1000)
        elif self.driver == "cx_oracle":
            connection.callTimeout = int(self.deadline_s * 1000)

    def _limits(self) -> dict[str, Any]:
        if self.driver == "oracledb":
            # expire_time, in minutes: without keep-alive a lost path was reported to block for 22 minutes.
            return {"tcp_connect_timeout": self.deadline_s * 0.8, "expire_time": 2}
        if self.driver == "psycopg":
            # Just-in-time compilation took 630 ms of a statement of 90 ms: its cost is guessed from rows never read.
            limits = f"-c statement_timeout={int(self.deadline_s * 1000)} -c default_transaction_read_only=on"
            options = f"{limits} -c jit=off"
            return {"connect_timeout": max(int(self.deadline_s), 2), "options": options}
        return {}

    def _connect_in_time(self, dialect: sa.Dialect, args: Sequence[Any], settings: dict[str, Any]) -> Any:
        box: Queue[Any] = Queue(1)
        given_up = threading.Event()

        def work() -> None:
            try:
                connection = dialect.connect(*args, **settings)
            except Exception as exc:
                box.put(exc)
                return
            box.put(connection)
            if given_up.is_set():
                connection.close()

        thread = threading.Thread(target=work, daemon=True, name=f"connect-{self.service}")
        thread.start()
        try:
            found = box.get(timeout=self.deadline_s)
        except Empty:
            given_up.set()
            self.hanging = thread
            raise Hangs(self.service, f"no connection within {self.deadline_s:g} s") from None
        if isinstance(found, Exception):
            if code_of(found) in LOCKS_THE_ACCOUNT:
                self.refused, self.refused_secret = said(found), settings.get("password")
            raise found
        return found

    def _see_if_it_answers(self, args: Sequence[Any], settings: dict[str, Any]) -> None:
        if self.driver != "oracledb":
            raise Hangs(self.service, "an earlier connect still hangs")
        import oracledb

        async def try_it() -> None:
            connection = await oracledb.connect_async(*args, **settings)
            await connection.close()

        try:
            asyncio.run(asyncio.wait_for(try_it(), self.deadline_s / 2))
        except TimeoutError:
            raise Hangs(self.service, "still accepts connections and does not answer") from None
