"""`spy status`: whether anything is wrong, which run holds the frontier and why, what happens next, whom to call."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from spy.app import probes_of, rulebook_of
from spy.cli import printing
from spy.cli.options import AsJson, ConfigFile, existing_store, load, now_of
from spy.cli.printing import utc
from spy.clock import age_text
from spy.regret import gate
from spy.store import views
from spy.store.engine import reading
from spy.store.views import Overview, RunLine

Row = tuple[str | Text, ...]


def status(*, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Say in one sentence whether anything is wrong; then the open runs and the watched services."""
    settings = load(config)
    store = existing_store(settings)
    rules = rulebook_of(settings, probes_of(settings)).hash
    with reading(store) as connection:
        live = gate.look(connection, settings.agent.instance, rules, settings.regret)
    own = {rule.name: rule.text for rule in settings.rule}
    operators = {name: service.owner for name, service in settings.service.items()}
    about = (settings.products, settings.mail.crew, settings.context, own, operators)
    seen = views.overview(store, now_of(store), settings.web.stale_after, *about)
    if as_json:
        printing.answer({**_plain(seen), "live": live})
        return
    printing.say(seen.sentence, printing.STYLES[seen.state])
    for more in seen.also:
        printing.say(more, indent=2)
    for name, text in (*_lines(seen), ("Live mode", f"{'open' if live.is_open else 'closed'}: {live.says}")):
        printing.say(f"{name:<12}{text}")
    if lines := [*seen.queue, *seen.aside]:
        printing.say()
        printing.table(("run", "class", "verdict", "cause", "release", "tier0 locks", "acts"), map(_run, lines))
    if seen.services:
        printing.say()
        printing.table(("probe", "state", "last good look", "problem"), _services(seen))


def _lines(seen: Overview) -> Iterable[tuple[str, str]]:
    yield "Next", seen.next_step
    yield "Call", ", ".join(seen.whom) or "nobody needs to be called"
    yield "Mode", _mode(seen)
    yield "Tier0", f"prompt reconstruction {_switch(seen.prompt_enabled)}; first condition-safe run {_known(seen)}"
    frontier = seen.frontier
    yield "Frontier", f"run {frontier.run}, {frontier.verdict}" if frontier else "no open run"
    yield "Agent", f"last looked {utc(seen.heartbeat)}, {age_text(seen.age)} ago" if seen.age else "has never looked"


def _mode(seen: Overview) -> str:
    means = {"shadow": "decides and records, sends nothing", "live": "sends releases to Tier0"}
    return f"{seen.mode}: {means.get(seen.mode, '')}" if seen.mode else "unknown: no agent ever ran on this store"


def _switch(is_on: bool | None) -> str:
    return "unknown" if is_on is None else "enabled" if is_on else "SWITCHED OFF"


def _known(seen: Overview) -> str:
    return str(seen.first_safe_run) if seen.first_safe_run is not None else "unknown"


def _run(line: RunLine) -> Row:
    acts = ", ".join(f"{act.do} by {act.who}" for act in line.acts)
    release = f"{line.stage} since {utc(line.since)}"
    run_class = line.run_class or "unknown"
    return str(line.run), run_class, printing.stated(line.verdict), line.cause, release, utc(line.deadline), acts


def _services(seen: Overview) -> Iterable[Row]:
    for line in seen.services:
        state = line.state if line.is_believed else f"{line.state}, no longer believed"
        good = f"{age_text(line.age)} ago" if line.age is not None else "never"
        yield line.probe, Text(state, "" if state == "ok" else "bold red"), good, line.problem


def _plain(seen: Overview) -> dict[str, object]:
    """For programs: names as on the page; decisions without their outcomes, which `explain` has."""
    told: dict[str, object] = {
        name: getattr(seen, name)
        for name in ("sentence", "state", "also", "next_step", "whom", "mode", "halt", "stop", "heartbeat", "is_old")
    }
    told |= {name: getattr(seen, name) for name in ("prompt_enabled", "first_safe_run", "newest_run", "services")}
    frontier = seen.frontier
    told |= {"frontier": frontier.run if frontier else None}
    return told | {
        "queue": [_plain_run(line) for line in seen.queue],
        "aside": [_plain_run(line) for line in seen.aside],
    }


def _plain_run(line: RunLine) -> dict[str, object]:
    names = ("run", "run_class", "start", "end", "verdict", "cause", "reasons", "revision", "stage", "since", "detail")
    return {name: getattr(line, name) for name in (*names, "deadline", "products", "required", "untracked", "acts")}
