"""Reports outlive backup, restore and prune, with who acknowledged them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from spy.regret import gate
from spy.regret.report import row_of
from spy.store import regrets
from spy.store.backup import write_backup
from spy.store.backup_file import Reader
from spy.store.engine import open_store, reading
from spy.store.prune import prune
from spy.store.restore import restore
from tests.support.month import ALIGNMENT, Month

SMALL = {"regret": {"releases": 4, "period": "1d"}}


@pytest.fixture
def proven(month) -> Month:
    made = month(4, SMALL)
    made.record_all()
    made.late(made.runs[1], ALIGNMENT, made.runs[1], 10.0)
    number = regrets.keep(made.store, row_of(made.report()))
    by = {"who": "ana", "why": "read it", "at": made.now, "instance": "prod"}
    regrets.acknowledge(made.store, number, **by, rulebook=made.rules, other_rules=False)
    return made


def is_open(month: Month, store: sa.Engine) -> bool:
    with reading(store) as connection:
        return gate.look(connection, "prod", month.rules, month.config.regret).is_open


def test_a_restored_store_has_its_reports_and_goes_on_counting(proven, tmp_path):
    write_backup(proven.store, tmp_path / "store.zip", proven.now)
    other = open_store(f"sqlite:///{tmp_path / 'restored.db'}")
    with Reader(tmp_path / "store.zip") as file:
        restore(other, file, proven.now + timedelta(days=1))
    assert is_open(proven, other)
    with reading(other) as connection, reading(proven.store) as before:
        body = regrets.body_of(connection, 1)
        assert body == regrets.body_of(before, 1)
    assert body is not None
    assert body["runs"][1]["late"][0]["tag"] == ALIGNMENT
    assert regrets.keep(other, row_of(proven.report())) == 2
    other.dispose()


def test_prune_never_removes_a_report(proven):
    list(prune(proven.store, proven.now + timedelta(days=500)))
    assert is_open(proven, proven.store)
    with reading(proven.store) as connection:
        assert [row.judged for row in regrets.listed(connection)] == [4]
