"""A store of an older version, with data, is brought to this one."""

from datetime import UTC, datetime

from alembic import command
from sqlalchemy import bindparam, text

from spy.store.engine import open_store, reading
from spy.store.migrate import alembic_config, upgrade
from spy.store.tables import DecisionRow, table_of
from spy.store.types import UtcDateTime
from spy.store.views import services

OLD_DECISION = """
INSERT INTO decision (chunk, run, revision, at, verdict, cause, reasons, outcomes, products, payload_hashes, required,
                      rulebook, program, fence)
VALUES ('398600', 398600, 1, '2026-06-01 00:00:00', 'waiting', '', '["not yet"]', '[]', '{}', '{}', '[]', 'abc', '0', 1)
"""


def test_a_decision_of_the_first_schema_outlives_the_upgrade_and_has_no_basis(store_url: str) -> None:
    store = open_store(store_url)
    config = alembic_config()
    with store.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(OLD_DECISION))
    upgrade(store)
    with reading(store) as connection:
        (row,) = connection.execute(table_of(DecisionRow).select()).all()
    assert (row.chunk, row.reasons, row.basis) == ("398600", ["not yet"], None)
    store.dispose()


OLD_PROBE = """
INSERT INTO probe (name, service, state, since, last_look, problem, every_s, stale_after_s, took_ms, requests)
VALUES ('oms', 'oms', 'ok', '2026-06-01 00:00:00', '2026-06-01 12:00:00', '', 120, 720, 1, 9)
"""
OLD_FACT = """
INSERT INTO evidence (run, subject, name, value, source, seen_at, as_of, final, problem)
VALUES (0, 'service:oms', 'newest_run', :value, 'oms', :seen_at, :as_of, :final, '')
"""

TIMES = [bindparam(name, type_=UtcDateTime()) for name in ("seen_at", "as_of")]


def test_when_a_service_last_told_something_new_is_known_at_once_from_the_ledger(store_url: str) -> None:
    store = open_store(store_url)
    config = alembic_config()
    with store.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        connection.execute(text(OLD_PROBE))
        for value, hour in (("398600", 8), ("398601", 9), ("null", 10)):
            seen_at = datetime(2026, 6, 1, hour, tzinfo=UTC)
            told = {"value": value, "final": False, "seen_at": seen_at, "as_of": seen_at}
            connection.execute(text(OLD_FACT).bindparams(*TIMES), told)
    upgrade(store)
    (line,) = services(store, datetime(2026, 6, 1, 12, tzinfo=UTC))
    assert line.last_new == datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert (line.credential, line.has_breaker, line.breaker_until) == ("", False, None)
    assert line.unknown["credential"] == "the connection does not say"
    store.dispose()
