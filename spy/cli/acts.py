"""What people do: each command writes one act, with who, why and until when, and says first what it will do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from spy.acting.intent import Intent
from spy.acting.perform import Asked, Done, at_a_shell, confirm, perform, preview_of
from spy.cli import printing
from spy.cli.options import AsJson, ConfigFile, existing_store, load, now_of
from spy.domain.act import Do

ChunkArg = Annotated[str, typer.Argument(metavar="CHUNK", help="RUN or RUN/DATASET, such as 398600.")]
MaybeChunk = Annotated[
    str, typer.Argument(metavar="CHUNK", help="RUN or RUN/DATASET, such as 398600; or give --from-run.")
]
Who = Annotated[str, typer.Option(envvar="SPY_WHO", help="Who acts: your name or address; every act is signed.")]
Why = Annotated[str, typer.Option(help="The reason, for those who read it at night.")]
Until = Annotated[str, typer.Option(metavar="TIME", help="2026-06-01T12:00:00Z, or from now on: 6h, 2d, 1h30m.")]
FromRun = Annotated[int | None, typer.Option(min=1, metavar="RUN", help="Instead of CHUNK: it and every later run.")]
ToRun = Annotated[int | None, typer.Option(min=1, metavar="RUN", help="With --from-run: the last run it is about.")]
UntilTag = Annotated[
    str,
    typer.Option(
        metavar="TAG",
        help="With --from-run: ends when TAG holds an interval that begins there or later; "
        "with --to-run: for each run when it has one put there by hand.",
    ),
]
RuleName = Annotated[str, typer.Option("--rule", metavar="RULE", help="Whose failure is accepted.")]
ProductName = Annotated[str, typer.Option("--product", metavar="PRODUCT", help="Only for this product; default: all.")]
Preview = Annotated[bool, typer.Option("--preview", help="Only say what it would do.")]


def _perform(intent: Intent, preview: bool, file: Path | None, as_json: bool) -> None:
    config = load(file)
    store = existing_store(config)
    asked = Asked(store, config, at_a_shell(intent.who), now_of(store))
    done = preview_of(asked, intent) if preview else perform(asked, intent)
    if as_json:
        printing.answer({"preview": preview, "act": done.act, "proposal": done.proposal, "effect": done.effect})
        return
    for sentence in done.effect:
        printing.say(sentence)
    printing.say("Preview: nothing was done." if preview else _receipt(done))


def _receipt(done: Done) -> str:
    act = done.act
    if done.proposal:
        return f"Not done yet: {act.do} needs a second person, who says: spy confirm {done.proposal} --who NAME"
    until = f" until {printing.utc(act.until)}" if act.until else ""
    return f"Done: act {act.id}, {act.do} by {act.who}{until}: {act.why}"


def keep_back(
    *,
    chunk: MaybeChunk = "",
    from_run: FromRun = None,
    to_run: ToRun = None,
    who: Who,
    why: Why,
    until: Until = "",
    until_tag: UntilTag = "",
    preview: Preview = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Keep a run back: no early release from us. Tier0's own clock runs on."""
    _perform(Intent(Do.KEEP_BACK, who, why, chunk, from_run, until, until_tag, to_run=to_run), preview, config, as_json)


def waive(
    *,
    chunk: MaybeChunk = "",
    rule: RuleName,
    product: ProductName = "",
    from_run: FromRun = None,
    to_run: ToRun = None,
    who: Who,
    why: Why,
    until: Until = "",
    until_tag: UntilTag = "",
    preview: Preview = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Accept the failure of one rule for a run; the waiver is shown wherever the run is."""
    intent = Intent(Do.WAIVE, who, why, chunk, from_run, until, until_tag, rule, product, to_run)
    _perform(intent, preview, config, as_json)


def hold(
    *,
    chunk: ChunkArg,
    who: Who,
    why: Why,
    until: Until,
    preview: Preview = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Have Tier0 hold a run, and with it every later one, until a time. Only before its lock."""
    _perform(Intent(Do.HOLD_TIER0, who, why, chunk, until=until), preview, config, as_json)


def release_back(
    *,
    chunk: MaybeChunk = "",
    from_run: FromRun = None,
    to_run: ToRun = None,
    who: Who,
    why: Why,
    preview: Preview = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """End a keep-back: the run goes out when it is ready. With --from-run: one that was made with it."""
    _perform(Intent(Do.RELEASE_BACK, who, why, chunk, from_run, to_run=to_run), preview, config, as_json)


def _about_a_run(do: Do, says: str) -> Callable[..., None]:
    """An act on one run that needs no end."""

    def command(
        *,
        chunk: ChunkArg,
        who: Who,
        why: Why,
        preview: Preview = False,
        config: ConfigFile = None,
        as_json: AsJson = False,
    ) -> None:
        _perform(Intent(do, who, why, chunk), preview, config, as_json)

    command.__doc__ = says
    return command


def _for_the_crew(do: Do, says: str) -> Callable[..., None]:
    """An act that changes no release."""

    def command(
        *,
        chunk: MaybeChunk = "",
        from_run: FromRun = None,
        who: Who,
        why: Why,
        until: Until = "",
        until_tag: UntilTag = "",
        preview: Preview = False,
        config: ConfigFile = None,
        as_json: AsJson = False,
    ) -> None:
        _perform(Intent(do, who, why, chunk, from_run, until, until_tag), preview, config, as_json)

    command.__doc__ = says
    return command


def _about_all(do: Do, says: str) -> Callable[..., None]:
    """An act on everything that the agent sends."""

    def command(
        *,
        who: Who,
        why: Why,
        preview: Preview = False,
        config: ConfigFile = None,
        as_json: AsJson = False,
    ) -> None:
        _perform(Intent(do, who, why), preview, config, as_json)

    command.__doc__ = says
    return command


def agree(
    *,
    proposal: Annotated[int, typer.Argument(metavar="PROPOSAL", help="Its number, as the first person was told.")],
    who: Who,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Agree, as the second person, to an act that needs two."""
    settings = load(config)
    store = existing_store(settings)
    done = confirm(Asked(store, settings, at_a_shell(who), now_of(store)), proposal)
    if as_json:
        printing.answer({"act": done.act, "effect": done.effect})
        return
    for sentence in done.effect:
        printing.say(sentence)
    printing.say(_receipt(done))


COMMANDS: dict[str, Callable[..., Any]] = {
    "keep-back": keep_back,
    "release-back": release_back,
    "hold": hold,
    "unhold": _about_a_run(Do.UNHOLD_TIER0, "Lift a hold at Tier0 before its end."),
    "waive": waive,
    "withdraw": _about_a_run(Do.WITHDRAW, "Take an accepted release back. Only before Tier0's lock."),
    "requeue": _about_a_run(Do.REQUEUE, "Send a withdrawn or refused release again, if the run is ready."),
    "acknowledge": _for_the_crew(Do.ACKNOWLEDGE, "Say that somebody takes care of a run. Changes no release."),
    "silence": _for_the_crew(Do.SILENCE, "Send no mail about a run. Never changes a release."),
    "stop": _about_all(Do.STOP, "Stop all sending at once. Decisions go on."),
    "resume": _about_all(Do.RESUME, "End a stop; sending goes on with what is ready."),
    "confirm": agree,
}
"""Command name to its function."""
