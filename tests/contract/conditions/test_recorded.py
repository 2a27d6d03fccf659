"""The conditions probe on the real file, on recorded values and listings."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from probes.conditions import answer, simulator
from spy.database import open_database
from tests.support.conditions import DATA, GLOBAL_TAG, facts, look, looking_at, open_run, sql

SAMPLES = json.loads((DATA / "since_samples.json").read_text())


@pytest.mark.parametrize(
    "sample", [s for samples in SAMPLES["lumi"].values() for s in samples], ids=lambda s: s["since"]
)
def test_real_lumi_values_are_run_and_lumi_section(sample):
    assert answer.encode_lumi(sample["run"], sample["lumi"]) == sample["since"]
    assert answer.decode_lumi(sample["since"]) == (sample["run"], sample["lumi"])


@pytest.mark.parametrize(
    "sample", [s for samples in SAMPLES["time"].values() for s in samples], ids=lambda s: s["since"]
)
def test_real_time_values_are_unix_seconds_in_the_upper_word(sample):
    assert answer.encode_time(datetime.fromisoformat(sample["utc"])) == sample["since"]
    assert answer.decode_time(sample["since"]) == datetime.fromisoformat(sample["utc"])


def test_a_since_stays_exact():
    assert answer.exact(Decimal("7113674196864991233")) == 7113674196864991233
    for lost in (7.113674196864991e18, "1", None, True, Decimal("1.5")):
        with pytest.raises(ValueError, match="no integer"):
            answer.exact(lost)


def test_the_real_file_is_read():
    engine = open_database(f"sqlite:///{DATA / 'qgl_conddb_v2_slim.db'}", service="conditions")
    tag = "QGLikelihoodObject_cmssw8020_v1_AK4PFchs"
    found = facts(look(engine, looking_at(open_run(), tags=(tag, f"{tag}_antib"))), tag)
    assert found == {
        "mapped": f"no such global tag: {GLOBAL_TAG}",
        "time_type": "run",
        "synchronization": "any",
        "since_run": 1,
        "payload_hash": "bfe0e52b1038a503e8f6da81ecb10ef0016f281d",
        "inserted_at": datetime(2016, 11, 22, 14, 28, 11, 643501, tzinfo=UTC),
    }


def test_the_simulated_file_has_the_real_definitions(path):
    def columns(file):
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {t: [tuple(r[1:]) for r in connection.execute(f'PRAGMA table_info("{t}")')] for t in tables}
        connection.close()
        return found

    real = columns(DATA / "qgl_conddb_v2_slim.db")
    del real["coral_sqlite_fk"]  # the old access library's own table
    simulated = columns(path)
    assert {table: simulated[table] for table in real} == real
    assert set(simulated) - set(real) == {"O2O_JOB", "O2O_RUN"}


def test_the_recorded_listing_of_58_intervals_gives_the_valid_one_for_every_run(path, engine):
    lines = (DATA / "conddb_list_SiStripApvGain_FromParticles_GR10_v12_offline.txt").read_text().splitlines()[2:]
    listed = [(int(line.split()[0]), line.split()[3]) for line in lines if line.strip()]
    assert len(listed) == 58
    tag = "SiStripApvGain_FromParticles_GR10_v12_offline"
    sql(path, "INSERT INTO \"TAG\" SELECT ?, \"TIME_TYPE\", 'x', 'offline', -1, '', 0, 0, 0 FROM \"TAG\" LIMIT 1", tag)
    with sqlite3.connect(path) as connection:
        for since, payload in listed:
            simulator.insert_iov(connection, tag, since, payload, datetime(2019, 10, 25, 16, 37, 43, tzinfo=UTC))
    connection.close()
    runs = sorted({since + step for since, _ in listed for step in (-1, 0, 1)} - {0})
    found = look(engine, looking_at(*(open_run(run) for run in runs), tags=(tag,)))
    for run in runs:
        since, payload = max((s, p) for s, p in listed if s <= run)
        assert (facts(found, tag, run)["since_run"], facts(found, tag, run)["payload_hash"]) == (since, payload)
