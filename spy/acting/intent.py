"""From what a person typed to an act, checked against what is open now, with sentences on what it will do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from spy.clock import duration, from_iso, utc_text
from spy.config import Config
from spy.domain.act import Act, Do
from spy.domain.errors import ActError
from spy.domain.release import Stage
from spy.domain.run import Chunk
from spy.store.engine import reading
from spy.store.views import RunLine
from spy.store.views.runs import line_of, open_lines

_ABOUT_ALL = (Do.STOP, Do.RESUME)
_BEFORE_THE_LOCK = (Do.KEEP_BACK, Do.HOLD_TIER0, Do.WAIVE, Do.WITHDRAW, Do.REQUEUE)
_NEEDS_STAGE: dict[Do, tuple[Stage, ...]] = {
    Do.WITHDRAW: (Stage.ACCEPTED,),
    Do.REQUEUE: (Stage.WITHDRAWN, Stage.REFUSED),
}


@dataclass(frozen=True, slots=True)
class Intent:
    """As typed."""

    do: Do
    who: str
    why: str
    chunk: str = ""
    from_run: int | None = None
    until: str = ""
    until_tag: str = ""
    rule: str = ""
    product: str = ""
    to_run: int | None = None
    instead_of: int = 0
    """The act that ends when this one begins, with a later end than it has; 0: none."""


def planned(intent: Intent, config: Config, store: Engine, now: datetime) -> tuple[Act, list[str]]:
    """The act, and what it will do; an ActError says what is not possible, and what is instead."""
    chunk = _chunk(intent)
    _check_names(intent, config)
    act = Act(
        do=intent.do,
        who=intent.who.strip(),
        why=intent.why.strip(),
        at=now,
        run=chunk.run if chunk else None,
        from_run=intent.from_run,
        to_run=intent.to_run,
        dataset=chunk.dataset if chunk else "",
        rule=intent.rule,
        product=intent.product,
        until=_until(intent.until, now),
        until_tag=intent.until_tag,
    )
    with reading(store) as connection:
        followed = open_lines(connection, now)
        # That somebody looks after what was lost is worth knowing of a run that is closed, too.
        closed = line_of(connection, act.run, now) if act.do is Do.ACKNOWLEDGE and act.run is not None else None
    if closed is not None and closed.run not in [line.run for line in followed]:
        followed.append(closed)
    if act.run is not None:
        _check_run(act, followed)
    return act, list(_effect(act, followed))


def _chunk(intent: Intent) -> Chunk | None:
    if intent.do in _ABOUT_ALL:
        return None
    if bool(intent.chunk) == (intent.from_run is not None):
        raise ActError(f"{intent.do}: give a chunk, such as 398600, or --from-run 398600; not both")
    if intent.to_run is not None and (intent.from_run is None or intent.to_run < intent.from_run):
        raise ActError(f"{intent.do}: --to-run {intent.to_run} needs a --from-run that is not above it")
    chunk = Chunk.parse(intent.chunk) if intent.chunk else None
    if chunk and chunk.lumis:
        raise ActError(f"{intent.do}: lumi ranges are answered when asked, never acted on; give run {chunk.run}")
    return chunk


def _until(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        return from_iso(text) if text[:4].isdigit() and "-" in text else now + duration(text)
    except OverflowError:
        raise ActError(f"--until {text!r}: too far away") from None
    except ValueError as wrong:
        raise ActError(f"--until {text!r}: expected 2026-06-01T12:00:00Z or a duration such as 6h ({wrong})") from None


def _check_names(intent: Intent, config: Config) -> None:
    tags = [tag for product in config.product for tag in product.destination_tags]
    _must_be_among("--rule", "rule", intent.rule, [rule.name for rule in config.rule])
    _must_be_among("--product", "product", intent.product, list(config.products))
    _must_be_among("--until-tag", "destination tag", intent.until_tag, tags)


def _must_be_among(option: str, what: str, name: str, known: Sequence[str]) -> None:
    if not name or name in known:
        return
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(set(known)))}"
    raise ActError(f"{option}: no {what} is called {name!r}; {hint}")


def _check_run(act: Act, followed: Sequence[RunLine]) -> None:
    line = next((line for line in followed if line.run == act.run), None)
    if line is None:
        runs = ", ".join(str(line.run) for line in followed) or "none"
        raise ActError(f"{act.do}: run {act.run} is not open; open runs: {runs}")
    if act.do in _BEFORE_THE_LOCK and line.stage.is_closed:
        told = f"run {act.run} is {line.stage} since {utc_text(line.since)}"
        raise ActError(f"{act.do}: {told}: nothing that is sent changes it any more")
    stages = _NEEDS_STAGE.get(act.do)
    if stages and line.stage not in stages:
        wanted = " or ".join(stages)
        raise ActError(f"{act.do}: the release of run {act.run} is {line.stage}, not {wanted}: {_instead(act, line)}")


def _instead(act: Act, line: RunLine) -> str:
    if act.do is Do.REQUEUE:
        return "there is nothing to send again"
    if line.stage in (Stage.SENT, Stage.AMBIGUOUS):
        return "whether Tier0 has it is being found out; try again when it is accepted"
    return f"Tier0 has nothing to take back; `spy keep-back {line.run}` keeps it from being sent"


def _effect(act: Act, followed: Sequence[RunLine]) -> Iterable[str]:
    """What will happen, in sentences."""
    concerned = [line for line in followed if act.concerns(line.run)]
    if act.dataset:
        yield f"Releasing one dataset locks the whole run: the act is about all of run {act.run}."
    means = _MEANS[act.do].format(what=_what(act), rule=act.rule, product=act.product or "every product")
    yield means[0].upper() + means[1:]
    if act.do in (Do.KEEP_BACK, Do.HOLD_TIER0, Do.STOP):
        yield from _stopped(act, concerned, followed)
    if act.do is Do.KEEP_BACK:
        yield from (_clock_runs_on(line) for line in concerned if line.deadline)


def _what(act: Act) -> str:
    if act.to_run is not None:
        end = f", each until it has an interval of {act.until_tag} put there by hand" if act.until_tag else ""
        return f"runs {act.from_run} to {act.to_run}{end}"
    if act.from_run is not None:
        end = f", until {act.until_tag} holds an interval that begins there or later" if act.until_tag else ""
        return f"run {act.from_run} and every later run{end}"
    return f"run {act.run}" if act.run is not None else "everything"


_MEANS: dict[Do, str] = {
    Do.KEEP_BACK: "No early release of {what} goes out from us; Tier0's own clock runs on.",
    Do.RELEASE_BACK: "The keep-back of {what} ends: it goes out when it is ready and its turn has come.",
    Do.HOLD_TIER0: "Tier0 is told to hold {what}: it locks neither this run nor any later one before the hold ends.",
    Do.UNHOLD_TIER0: "Tier0 is told to lift the hold of {what}; what is overdue there is locked at once.",
    Do.WAIVE: "The failure of rule {rule} is accepted for {what}, {product}; it is shown wherever the run is.",
    Do.WITHDRAW: "Tier0 is told to forget the release of {what}; it is queued again only by a person (spy requeue).",
    Do.REQUEUE: "The release of {what} is sent again under a new revision, if the run is ready.",
    Do.ACKNOWLEDGE: "{what} is marked as taken care of; no release and no mail changes.",
    Do.SILENCE: "No mail is sent about {what}; the gate does not change.",
    Do.STOP: "No release is sent any more; decisions go on, and Tier0's own clock runs on.",
    Do.RESUME: "Sending goes on with what is ready; a halt after an unexpected lock is lifted too.",
}


def _stopped(act: Act, concerned: Sequence[RunLine], followed: Sequence[RunLine]) -> Iterable[str]:
    """Tier0 locks in run order: who stands behind waits too."""
    first = act.run if act.run is not None else act.from_run if act.from_run is not None else 0
    later = [line.run for line in followed if line.run > first and not line.stage.is_closed]
    if act.do is Do.STOP or act.from_run is not None:
        runs = [line.run for line in concerned if not line.stage.is_closed]
        yield f"Open runs concerned now: {', '.join(map(str, runs)) or 'none'}."
    elif later:
        yield f"Tier0 works in run order, so it also stops the later open runs: {', '.join(map(str, later))}."
    else:
        yield "No later run is open now; those that come stand behind it, since Tier0 works in run order."


def _clock_runs_on(line: RunLine) -> str:
    lock = utc_text(line.deadline) if line.deadline else "an unknown time"
    return f"Run {line.run}: Tier0 locks it by its own clock at about {lock} all the same; `spy hold` stops that."
