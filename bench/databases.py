"""A fresh database of each kind that the program meets, thrown away afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.postgres import Server, missing

KINDS = ("sqlite", "postgresql")


@contextmanager
def database(kind: str) -> Iterator[str]:
    """URL of an empty database; without a PostgreSQL server on the machine there is none of that kind."""
    if kind == "sqlite":
        with TemporaryDirectory(prefix="bench-") as folder:
            yield f"sqlite:///{Path(folder, 'bench.db')}"
        return
    with Server() as server, server.database() as url:
        yield url


def kinds() -> list[str]:
    """What can be measured here; says what is left out, which is no success."""
    if why := missing():
        print(f"postgresql: not measured: {why}")
        return ["sqlite"]
    return list(KINDS)
