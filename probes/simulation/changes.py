"""What changes at Tier0 on the way, and how each change is read from its table of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from probes.simulation.production import Era, eras
from probes.simulation.reading import Table


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Tier0's published table of locks shows these runs as not locked for a while; none named: it is empty."""

    start: datetime
    end: datetime
    runs: tuple[int, ...] = ()

    def covers(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Helper:
    """A further Tier0 agent: it takes these primary datasets out of the main one's run order into its own."""

    datasets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Tier0's configuration of prompt reconstruction from a time on; what is empty stays as the run's era has it."""

    at: datetime
    era: str
    """Empty: all."""
    global_tag: str
    cmssw: str

    def concerns(self, era: str, moment: datetime) -> bool:
        return self.at <= moment and self.era in ("", era)


@dataclass(frozen=True, slots=True)
class GlobalTag:
    """A further prompt global tag: like all others, but for some tags."""

    name: str
    drops: tuple[str, ...]
    adds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Tier0 takes back that a stream of a run is done."""

    at: datetime
    run: int
    stream: str
    done: datetime | None
    """When it is done after all; None: never."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay instance of Tier0 processes an old run once more: its job reports go to the same archive."""

    run: int
    at: datetime
    express_jobs: int
    express_jobs_failed: int


@dataclass(frozen=True, slots=True)
class Restart:
    """The agent is started anew, with another configuration."""

    at: datetime
    agent: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    helpers: tuple[Helper, ...] = ()
    unlocked: tuple[Unlocked, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    """Sorted by time."""
    global_tags: tuple[GlobalTag, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    replays: tuple[Replay, ...] = ()
    restarts: tuple[Restart, ...] = ()

    def prompt(self, era: str, moment: datetime) -> tuple[str, str]:
        """Global tag and release that Tier0 is configured with; empty where nothing was changed."""
        changed = [prompt for prompt in self.prompts if prompt.concerns(era, moment)]
        tags, releases = [p.global_tag for p in changed if p.global_tag], [p.cmssw for p in changed if p.cmssw]
        return (tags[-1] if tags else ""), (releases[-1] if releases else "")

    def maps(self, usual: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Prompt global tag to the tags that it maps. `usual`: those of the eras, which all map the same."""
        common = next(iter(usual.values()), [])
        own = {g.name: [tag for tag in common if tag not in g.drops] + list(g.adds) for g in self.global_tags}
        return {**usual, **own}


def read_eras(top: Table) -> dict[str, Era]:
    """The real eras and those of the file, which are like a real one but for what they say."""
    found = dict(eras())
    for table in top.tables("era", lambda values: str(values.get("name", ""))):
        table.need("name", "like")
        like = found[table.choice("like", tuple(eras()), next(iter(eras())))]
        tag, cmssw = table.text("prompt_global_tag", like.prompt_global_tag), table.text("cmssw", like.cmssw)
        name = table.text("name", like.name)
        found[name] = replace(like, name=name, prompt_global_tag=tag, cmssw=cmssw)
        table.finish()
    return found


def read_changes(top: Table) -> Changes:
    return Changes(
        helpers=tuple(_helper(t) for t in top.tables("helper")),
        unlocked=tuple(_unlocked(t) for t in top.tables("unlocked")),
        prompts=tuple(sorted((_prompt(t) for t in top.tables("prompt")), key=lambda prompt: prompt.at)),
        global_tags=tuple(_global_tag(t) for t in top.tables("global_tag")),
        rewrites=tuple(_rewrite(t) for t in top.tables("rewrite")),
        replays=tuple(_replay(t) for t in top.tables("replay")),
        restarts=tuple(_restart(t) for t in top.tables("restart")),
    )


def _start(table: Table) -> datetime:
    """Stands in for a time that is missing or wrong, which is reported anyway."""
    return table.start or datetime.max.replace(tzinfo=UTC)


def _helper(table: Table) -> Helper:
    table.need("datasets")
    helper = Helper(tuple(table.names("datasets", [])))
    table.finish()
    return helper


def _unlocked(table: Table) -> Unlocked:
    table.need("from", "to")
    runs = tuple(table.run_numbers("runs"))
    unlocked = Unlocked(table.time("from", _start(table)), table.time("to", _start(table)), runs)
    if unlocked.end <= unlocked.start:
        table.wrong("to", "must lie after from")
    table.finish()
    return unlocked


def _prompt(table: Table) -> Prompt:
    table.need("at")
    at = table.time("at", _start(table))
    prompt = Prompt(at, table.text("era"), table.text("global_tag"), table.text("cmssw"))
    if not prompt.global_tag and not prompt.cmssw:
        table.wrong("global_tag", "is missing, and so is cmssw: nothing changes")
    table.finish()
    return prompt


def _global_tag(table: Table) -> GlobalTag:
    table.need("name")
    tag = GlobalTag(table.text("name"), tuple(table.names("drops", [])), tuple(table.names("adds", [])))
    table.finish()
    return tag


def _rewrite(table: Table) -> Rewrite:
    table.need("at", "run", "stream")
    at, run = table.time("at", _start(table)), table.number("run", 1, lowest=1)
    rewrite = Rewrite(at, run, table.text("stream"), table.time("done", None))
    table.finish()
    return rewrite


def _replay(table: Table) -> Replay:
    table.need("run", "at")
    run, at, jobs = table.number("run", 1, lowest=1), table.time("at", _start(table)), table.number("express_jobs", 200)
    replay = Replay(run, at, jobs, table.number("express_jobs_failed", 0))
    if replay.express_jobs_failed > jobs:
        table.wrong(
            "express_jobs_failed", f"found {replay.express_jobs_failed}, at most express_jobs ({jobs}) can fail"
        )
    table.finish()
    return replay


def _restart(table: Table) -> Restart:
    table.need("at", "agent")
    restart = Restart(table.time("at", _start(table)), table.table("agent"))
    table.finish()
    return restart
