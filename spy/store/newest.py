"""Keys of the newest evidence: about a run, whose rows are few, and about the services, whose history never ends.

A `max(id) … GROUP BY subject, name` reads every row. For the services this goes from fact to fact by the index (run,
subject, name, id): three steps down the index for each fact, none for its older rows. It costs more per fact, so runs
do without.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ScalarSelect, Select, func, select

from spy.store.tables import EvidenceRow, table_of

_evidence = table_of(EvidenceRow)
_SERVICES = 0
"""`run` of evidence about services."""


def _least(column: str, *where: Any) -> ScalarSelect[Any]:
    """The lowest subject or name beyond where we are; none at the end."""
    later = _evidence.alias()
    conditions = [later.c.run == _SERVICES, *(compare(later.c) for compare in where)]
    return select(func.min(later.c[column])).where(*conditions).scalar_subquery()


def _subjects() -> CTE:
    first = select(_least("subject").label("subject")).cte("subjects", recursive=True)
    after = _least("subject", lambda c: c.subject > first.c.subject)
    return first.union_all(select(after).where(first.c.subject.is_not(None)))


def _facts() -> CTE:
    subjects = _subjects()
    name = _least("name", lambda c: c.subject == subjects.c.subject).label("name")
    first = select(subjects.c.subject, name).where(subjects.c.subject.is_not(None)).cte("facts", recursive=True)
    after = _least("name", lambda c: c.subject == first.c.subject, lambda c: c.name > first.c.name)
    return first.union_all(select(first.c.subject, after).where(first.c.name.is_not(None)))


def _newest() -> Select[Any]:
    facts, rows = _facts(), _evidence.alias()
    same = (rows.c.run == _SERVICES) & (rows.c.subject == facts.c.subject) & (rows.c.name == facts.c.name)
    newest = select(func.max(rows.c.id)).where(same).scalar_subquery()
    return select(newest).select_from(facts).where(facts.c.name.is_not(None))


OF_SERVICES = _newest()
"""One key per fact about a service."""


def of_run(run: int) -> Select[Any]:
    """One key per fact about a run, or about the services (0)."""
    if run == _SERVICES:
        return OF_SERVICES
    return (
        select(func.max(_evidence.c.id)).where(_evidence.c.run == run).group_by(_evidence.c.subject, _evidence.c.name)
    )
