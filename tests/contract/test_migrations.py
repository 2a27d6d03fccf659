"""A store of an older version, with data, is brought to this one."""

from alembic import command
from sqlalchemy import text

from spy.store.engine import open_store, reading
from spy.store.migrate import alembic_config, upgrade
from spy.store.tables import DecisionRow, table_of

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
