"""A scenario's file as the oracle reads it: everything in seconds from its start."""

from __future__ import annotations

import re
from math import inf

from tests.oracle.prompt import era_of, prompt_of
from tests.oracle.spans import Spans, since, spans
from tests.oracle.streams import DATASETS, PRODUCING_STREAMS, STREAMS, STREAMS_OF
from tests.oracle.told import Act, Again, Calibration, Delay, Fault, Online, Run, Table, Told

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LUMI_S = 23.31
_SHIPPED_PERIODS = {"tier0": 120.0, "oms": 120.0} | dict.fromkeys(
    ("conditions", "uploads", "dqm", "jobs", "o2o"), 300.0
)


def seconds(text: str) -> float:
    """`6h30m`, `90s`, `-2d` as a number of seconds."""
    sign, told = (-1, text[1:]) if text.startswith("-") else (1, text)
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", told)
    if not parts or "".join(number + unit for number, unit in parts) != told:
        raise ValueError(f"{text!r} is no duration")
    return sign * sum(float(number) * _UNITS[unit] for number, unit in parts)


def _moment(table: Table, key: str) -> float | None:
    return seconds(table[key]) if key in table else None


def read(scenario: Table) -> Told:
    """The tables of a scenario file (design section 11 and its documented extensions)."""
    return Told(
        start=scenario["start"],
        until=seconds(scenario.get("until", "60h")),
        runs=tuple(
            sorted(
                (_run(i, t, _reopened(t, scenario)) for i, t in enumerate(scenario.get("run", []))),
                key=lambda run: run.number,
            )
        ),
        faults=tuple(_fault(t) for t in scenario.get("fault", [])),
        acts=tuple(_act(t) for t in scenario.get("act", [])),
        tag_lags={t["name"]: seconds(t["delay"]) for t in scenario.get("tag", [])},
        online=_online(scenario.get("agent", {})),
        fills={t["number"]: _moment(t, "end") for t in scenario.get("fill", [])},
        switched_off=_switched_off(scenario.get("switch", [])),
        delays=_delays(scenario),
        helpers=tuple(frozenset(t["datasets"]) for t in scenario.get("helper", [])),
        contradicting=spans((seconds(t["from"]), seconds(t["to"])) for t in scenario.get("unlocked", [])),
        prompt=prompt_of(scenario, _prompts(scenario.get("prompt", []))),
        expected=_expected(scenario.get("agent", {}).get("tier0", {})),
        expected_helpers=frozenset(scenario.get("agent", {}).get("tier0", {}).get("helper_datasets", [])),
        period=_period(scenario.get("agent", {})),
    )


def _reopened(run: Table, scenario: Table) -> Spans:
    rewrites = [t for t in scenario.get("rewrite", []) if t["run"] == run["number"]]
    return spans((seconds(t["at"]), seconds(t["done"]) if "done" in t else inf) for t in rewrites)


def _run(index: int, table: Table, reopened: Spans) -> Run:
    streams = frozenset(table.get("streams", STREAMS[table["class"]]))
    start, end = seconds(table["start"]), _moment(table, "end")
    jobs = table.get("express_jobs", 200)
    silent = table.get("empty_alca_skim", [])
    stable = table.get("stable_beams", table["class"] != "cosmics")
    return Run(
        number=table["number"],
        era=era_of(table),
        seen_class=_seen_class(table["class"], stable),
        start=start,
        end=end,
        lumis=table.get("lumis", int((end - start) / _LUMI_S) if end else 1000),
        streams=streams,
        declared=(streams & PRODUCING_STREAMS) - frozenset(silent),
        datasets=frozenset(table.get("datasets", DATASETS[table["class"]])),
        stable_beams=stable,
        tracker_in=table.get("tracker_in", True),
        transferred=table.get("transferred", True),
        express_done=_moment(table, "express_done"),
        express_jobs=jobs,
        express_jobs_failed=table.get("express_jobs_failed", jobs // 100),
        fill=table.get("fill", 11200 + index if table["class"] in ("collisions", "heavy-ions") else 0),
        reopened=reopened,
        calibrations=tuple(_calibration(t, streams) for t in table.get("product", [])),
    )


def _seen_class(told: str, stable: bool) -> str:
    """Beams that were never stable make no collisions; cosmics are runs without any beam."""
    return told if told == "cosmics" or stable else "commissioning"


def _calibration(table: Table, streams: frozenset[str]) -> Calibration:
    harvested, outcome = _moment(table, "harvested"), table.get("outcome", "payload")
    usual = None if harvested is None else harvested + 1800
    return Calibration(
        name=table["name"],
        stream=next(iter(STREAMS_OF[table["name"]] & streams), ""),
        harvested=harvested,
        outcome=outcome,
        upload=table.get("upload", "ok"),
        attempted=(_moment(table, "uploaded") or usual) if outcome == "payload" and usual else None,
        vanishes=_moment(table, "vanishes"),
        lumis=table.get("lumis"),
        again=tuple(sorted(map(_again, table.get("again", [])), key=lambda again: again.at)),
        skipped=frozenset(table.get("skips", [])),
    )


def _again(table: Table) -> Again:
    return Again(seconds(table["at"]), table.get("by", "tier0"), table.get("payload", "new"), table.get("lumis"))


def _fault(table: Table) -> Fault:
    return Fault(
        table["service"],
        table["kind"],
        spans([(seconds(table["from"]), seconds(table["to"]) if "to" in table else inf)]),
    )


def _act(table: Table) -> Act:
    chunk = str(table.get("chunk", ""))
    return Act(
        at=seconds(table["at"]),
        until=seconds(table["until"]) if "until" in table else inf,
        do=table["do"],
        run=int(chunk.split("/")[0]) if chunk else None,
        rule=table.get("rule", ""),
        product=table.get("product", ""),
        from_run=table.get("from_run"),
        to_run=table.get("to_run"),
        until_tag=table.get("until_tag", ""),
    )


def _online(agent: Table) -> Online:
    tags = agent.get("online_tag", [])
    classes = agent.get("class", {})
    return Online(
        required={name: tuple(told["online_tags"]) for name, told in classes.items() if "online_tags" in told},
        after_fill=frozenset(t["tag"] for t in tags if t.get("after_fill", False)),
        delays={t["tag"]: seconds(t["delay"]) for t in tags if "delay" in t},
    )


def _switched_off(switches: list[Table]) -> Spans:
    off: Spans = Spans()
    for switch in sorted(switches, key=lambda s: seconds(s["at"])):
        rest = since(seconds(switch["at"]))
        off = off - rest if switch["enabled"] else off | rest
    return off


def _delays(scenario: Table) -> tuple[Delay, ...]:
    """What the agent is told about Tier0's clock is true unless the file says otherwise."""
    agent = scenario.get("agent", {}).get("tier0", {})
    delay = seconds(scenario.get("reco_delay", agent.get("reco_delay", "48h")))
    offset = seconds(scenario.get("lock_offset", agent.get("lock_offset", "30m")))
    changes = [
        Delay(seconds(c["at"]), seconds(c["reco_delay"]), offset, frozenset(c.get("datasets", [])))
        for c in scenario.get("delay", [])
    ]
    return (Delay(-inf, delay, offset), *sorted(changes, key=lambda change: change.at))


def _prompts(tables: list[Table]) -> list[tuple[float, str, str]]:
    return [(seconds(t["at"]), t.get("era", ""), t["global_tag"]) for t in tables if "global_tag" in t]


def _expected(tier0: Table) -> dict[str, float]:
    offset = seconds(tier0.get("lock_offset", "30m"))
    told = {"": tier0.get("reco_delay", "48h"), **tier0.get("dataset_delay", {})}
    return {dataset: seconds(delay) - offset for dataset, delay in told.items()}


def _period(agent: Table) -> float:
    told = {name: seconds(probe["every"]) for name, probe in agent.get("probe", {}).items() if "every" in probe}
    return max({**_SHIPPED_PERIODS, **told, "shortest": 300.0}.values())
