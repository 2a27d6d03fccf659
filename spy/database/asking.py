"""Asking a database: whatever it does, the answer or an error comes within the deadline."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from queue import Empty, Queue
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from spy.database.door import Hangs
from spy.database.engine import deadline_of
from spy.database.failures import original, source_error
from spy.domain.errors import NoAnswer

Answer = TypeVar("Answer")

LEAKS_ALLOWED = 4
"""Abandoned calls that may still hang in their threads before no further one is started."""

_abandoned: WeakKeyDictionary[sa.Engine, list[threading.Thread]] = WeakKeyDictionary()


@contextmanager
def reading(service: str, engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection whose errors are SourceErrors. Each round trip has the deadline; for the whole use `ask`."""
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "oracle":
                # All statements of a look see the same state of the database.
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            yield connection
    except DBAPIError as exc:
        raise source_error(service, original(exc)) from exc
    except PoolTimeout as exc:
        raise NoAnswer(service, "all connections to the database are still busy") from exc


def ask(service: str, engine: sa.Engine, question: Callable[[sa.Connection], Answer]) -> Answer:
    """What `question` returns, or a SourceError within the engine's deadline.

    It runs in a daemon thread: a server that sends one byte now and then keeps every time limit of a driver.
    """
    hanging = _abandoned[engine] = [thread for thread in _abandoned.get(engine, []) if thread.is_alive()]
    if len(hanging) >= LEAKS_ALLOWED:
        raise Hangs(service, f"{len(hanging)} earlier calls still hang")
    box: Queue[tuple[bool, Any]] = Queue(1)

    def work() -> None:
        try:
            with reading(service, engine) as connection:
                found = question(connection)
            box.put((True, found))
        except BaseException as exc:
            box.put((False, exc))

    thread = threading.Thread(target=work, daemon=True, name=f"ask-{service}")
    thread.start()
    seconds = deadline_of(engine).total_seconds()
    try:
        # A little longer than the limits inside, so that the more telling error wins.
        good, found = box.get(timeout=seconds + min(seconds * 0.2, 1.0))
    except Empty:
        hanging.append(thread)
        raise Hangs(service, f"no answer within {seconds:g} s") from None
    if not good:
        raise found
    answer: Answer = found
    return answer


def close_database(engine: sa.Engine, patience: timedelta = timedelta(seconds=1)) -> None:
    """Closes what can be closed in time; a server that answers no goodbye is left to the end of the process."""
    thread = threading.Thread(target=engine.dispose, daemon=True, name="close-database")
    thread.start()
    thread.join(patience.total_seconds())
