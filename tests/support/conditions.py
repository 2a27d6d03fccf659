"""What the tests of the conditions probe share: a run, a look, and what the look said."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from probes.conditions.probe import Conditions
from spy.domain.product import Base, Product
from spy.domain.run import Run
from spy.domain.subject import of_tag
from spy.probe import Open, OpenRun

DATA = Path(__file__).parents[1] / "data" / "conddb"
START = datetime(2026, 6, 1, tzinfo=UTC)
END = START + timedelta(hours=3)
NOW = END + timedelta(hours=6)
RUN_TAG = "EcalPedestals_prompt"
LUMI_TAG = "BeamSpotObjects_PCL_byLumi_v0_prompt"
TIME_TAG = "EcalLaserAPDPNRatios_prompt_v3"
GLOBAL_TAG = "160X_dataRun3_Prompt_v1"


def sha1(text):
    return hashlib.sha1(text.encode()).hexdigest()


def product(name, tags, base=Base.RUN):
    return Product(name, f"PromptCalibProd{name}", ("Express",), tags, f"{name}Rcd", base, "detector", ("x@y.invalid",))


def looking_at(*runs, tags=(RUN_TAG, LUMI_TAG, TIME_TAG)):
    return Open(NOW, runs, {"all": product("all", tags)}, gating=frozenset({"all"}))


def open_run(number=398600, end=END, global_tag=GLOBAL_TAG):
    return OpenRun(Run(number, start=START, end=end), global_tag)


def look(engine, open_):
    """Evidence by subject and name: its value, or its problem."""
    found = {}
    for e in Conditions().observe(engine, open_):
        assert e.key not in found
        assert (e.value is None) == bool(e.problem)
        assert not e.final
        found[e.key] = e.problem if e.value is None else e.value
    return found


def facts(found, tag, run=398600):
    return {name: value for (subject, name), value in found.items() if subject == of_tag("prod", run, tag)}


def sql(path, text, *values):
    with sqlite3.connect(path) as connection:
        connection.execute(text, values)
    connection.close()
