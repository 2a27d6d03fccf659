"""The newest word on each fact: the right one, and without reading the history of the services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from spy.domain.subject import of_service
from spy.store import newest
from spy.store.engine import reading, writing
from spy.store.tables import EvidenceRow, table_of
from tests.support.filled_store import FilledStore

_evidence = table_of(EvidenceRow)
SERVICES = ("tier0", "oms", "conditions", "a", "zz")


def talked(store: FilledStore, times: int) -> None:
    """Each service says the same few things again and again, in turns."""
    for time in range(times):
        for service in SERVICES:
            facts = {f"fact_{n}": time * n for n in range(4)} | {"only_once": True} if time == 0 else {"fact_1": time}
            evidence = [store.fact(of_service(service), name, value, service) for name, value in facts.items()]
            store.look(service, *evidence, ago=timedelta(minutes=times - time))


def test_it_is_the_last_row_of_every_fact_of_every_service(empty: FilledStore) -> None:
    talked(empty, 5)
    about = _evidence.c
    grouped = select(func.max(about.id)).where(about.run == 0).group_by(about.subject, about.name)
    with reading(empty.engine) as connection:
        found = sorted(connection.execute(newest.of_run(0)).scalars())
        assert found == sorted(connection.execute(grouped).scalars())
    assert len(found) == 5 * len(SERVICES)


def test_a_store_without_evidence_has_none(empty: FilledStore) -> None:
    with reading(empty.engine) as connection:
        assert list(connection.execute(newest.of_run(0)).scalars()) == []
        assert list(connection.execute(newest.of_run(398600)).scalars()) == []


def plan(store: FilledStore) -> Any:
    text = str(newest.OF_SERVICES.compile(store.engine, compile_kwargs={"literal_binds": True}))
    is_sqlite = store.engine.dialect.name == "sqlite"
    with reading(store.engine) as connection:
        rows = connection.exec_driver_sql(f"{'EXPLAIN QUERY PLAN' if is_sqlite else 'EXPLAIN'} {text}")
        return [str(row[-1]).strip(" ->") for row in rows]


def test_every_access_to_evidence_is_a_step_down_the_index(empty: FilledStore) -> None:
    talked(empty, 200)
    with writing(empty.engine) as connection:
        connection.exec_driver_sql("ANALYZE")
    lines = [line for line in plan(empty) if "evidence" in line]
    assert len(lines) >= 3, "subjects, names, keys: each has its own step"
    assert [line for line in lines if "ix_evidence_fact" not in line] == []
