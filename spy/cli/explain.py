"""`spy explain`: the decision on one run, told so that it convinces who does not know the program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from spy.app import probes_of, rulebook_of
from spy.cli import printing
from spy.cli.explanation import Explanation, Ruled, Weight, explained
from spy.cli.options import AsJson, ConfigFile, existing_store, load, moment, now_of
from spy.cli.printing import say, utc
from spy.cli.telling import tell_context, tell_rules
from spy.domain.act import Act
from spy.domain.errors import ActError
from spy.domain.run import Chunk
from spy.domain.verdict import State
from spy.replay.people import People
from spy.store import views
from spy.store.engine import reading
from spy.store.views.past import evidence_at
from spy.store.views.runs import open_lines

ChunkArg = Annotated[str, typer.Argument(metavar="CHUNK", help="RUN, RUN/DATASET or RUN:FIRST-LAST, such as 398600.")]
At = Annotated[str, typer.Option("--at", metavar="T", help="As it stood then: 2026-06-01T12:00:00Z; default: now.")]


def explain(*, chunk: ChunkArg, at: At = "", config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Tell every rule's outcome for a run, with the values seen, their source and age, whom to call, what is next."""
    asked, settings = Chunk.parse(chunk), load(config)
    given = moment("--at", at) if at else None
    store = existing_store(settings)
    now = now_of(store)
    when = given or now
    detail = views.run_detail(store, asked.run, now, settings.products)
    with reading(store) as connection:
        lines, held_until = open_lines(connection, now), People(connection).held_until(asked.run, when)
    if detail is None:
        runs = ", ".join(str(line.run) for line in lines) or "none"
        raise ActError(f"explain: run {asked.run} was never followed; open runs: {runs}")
    later = [line.run for line in lines if line.run > asked.run and not line.stage.is_closed]
    configured = rulebook_of(settings, probes_of(settings)).hash
    told = explained(detail, evidence_at(store, asked.run, when), settings, when, later, held_until)
    if told is None:
        first = f"; the first decision came at {utc(detail.revisions[0].at)}" if detail.revisions else ""
        raise ActError(f"explain: nothing was decided about run {asked.run} by {utc(when)}{first}")
    if as_json:
        printing.answer({"asked": str(asked), "rulebook_of_configuration": configured, **printing.plain(told)})
        return
    if str(asked) != told.chunk:
        say(f"Calibrations belong to whole runs: answered for run {told.chunk}.")
    if configured != told.decision.rulebook:
        decided = f"Decided by rules {told.decision.rulebook}, the configuration has {configured}"
        say(f"{decided}: what a rule wants is told as the configuration has it now.")
    _tell(told)


def _tell(told: Explanation) -> None:
    decision = told.decision
    head = f"Run {told.chunk} is {decision.verdict} since {utc(told.since)}"
    say(f"{head} (as of {utc(told.at)}).", printing.STYLES[decision.verdict])
    for reason in decision.reasons:
        say(f"because {reason}", indent=2)
    if decision.verdict is not State.READY:
        say(f"{'Means':<10}{decision.headline}")
    say(f"{'Call':<10}{_call(told)}")
    say(f"{'Next':<10}{told.next_step}")
    say(f"{'Release':<10}{_stage(told)}")
    for move in told.moves:
        say(f"{utc(move.at)}  {move.before} → {move.after}: {move.why}", indent=10)
    required = ", ".join(decision.required) or "no product"
    say(f"{'Requires':<10}{required}")
    by = f"rules {decision.rulebook}, program {decision.program}"
    say(f"{'Decision':<10}revision {decision.revision} of {utc(decision.at)}, by {by}")
    for weight in Weight:
        tell_rules([ruled for ruled in told.rules if ruled.weight is weight], weight)
    tell_context(told.context)
    _acts(told)
    _messages(told)


def _call(told: Explanation) -> str:
    deciding = [ruled for ruled in told.rules if ruled.weight is Weight.DECIDES]
    people = {who: _why_them(who, deciding) for who in told.call}
    return ", ".join(f"{who} ({why})" for who, why in people.items()) or "nobody needs to be called"


def _why_them(who: str, deciding: Sequence[Ruled]) -> str:
    mine = [ruled for ruled in deciding if who in ruled.call]
    owned = [f"{r.product.detector}, {r.product.name}" for r in mine if r.product and who in r.product.owners]
    return "; ".join(dict.fromkeys(owned or [f"rule {ruled.outcome.rule}" for ruled in mine]))


def _stage(told: Explanation) -> str:
    since = f" since {utc(told.moves[-1].at)}" if told.moves else ": nothing was sent"
    would = f"; shadow would have sent it at {utc(told.would_at)}" if told.would_at else ""
    return f"{told.stage}{since}{would}"


def _acts(told: Explanation) -> None:
    if told.acts:
        say()
        say("What people did", "bold")
    for act, in_force in zip(told.acts, told.in_force, strict=True):
        say(f"{utc(act.at)}  {_act(act)}{'' if in_force else ' [over]'}", indent=2)


def _act(act: Act) -> str:
    about = f" of rule {act.rule}{f' for {act.product}' if act.product else ''}" if act.rule else ""
    until = f", until {utc(act.until)}" if act.until else ""
    if act.until_tag and act.to_run:
        until += f", until each holds an interval of {act.until_tag} put there by hand"
    elif act.until_tag:
        until += f", until {act.until_tag} holds an interval from run {act.from_run} on"
    about += f" of runs {act.from_run} to {act.to_run}" if act.to_run else ""
    return f"{act.do}{about} by {act.who}: {act.why}{until}"


def _messages(told: Explanation) -> None:
    if told.messages:
        say()
        say("Messages", "bold")
    for message in told.messages:
        subject = f" “{message.subject}”" if message.subject else ""
        acked = f", taken {utc(message.acked_at)}" if message.acked_at else ""
        error = f"; last answer: {message.last_code or ''} {message.last_error}".rstrip() if message.last_error else ""
        attempts = f"{message.attempts} attempt{'s' * (message.attempts != 1)}"
        head = f"{utc(message.created_at)}  {message.kind} to {message.recipient}{subject}"
        say(f"{head}: {message.status}, {attempts}{acked}{error} (id {message.id})", indent=2)
