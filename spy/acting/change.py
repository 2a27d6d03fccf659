"""End an act before its time, or let it last longer.

Kinds that have an ending act are ended by it, as at the command line: it is a row with who and why, and ends every act
of its kind on the same runs. The other kinds are ended where they stand. An act that lasts longer is a new one, which
takes the place of the old.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from spy.acting.intent import Intent, planned
from spy.acting.perform import Asked, Done, perform
from spy.clock import utc_text
from spy.domain.act import ENDS, Act, Do
from spy.domain.caller import Role
from spy.domain.errors import ActError, Denied
from spy.domain.run import Chunk
from spy.store import acts, audit
from spy.store.engine import reading, writing

_ENDED_BY: Mapping[Do, Do] = {kind: ending for ending, kind in ENDS.items()}
_ENDED_HERE = (Do.WAIVE, Do.SILENCE, Do.ACKNOWLEDGE)
_TO_END_HERE = Role.SHIFTER
"""Less than a waiver needs: who takes it back keeps something from going out."""
LASTING = (*_ENDED_BY, *_ENDED_HERE)


def end(asked: Asked, number: int, why: str) -> Done:
    """End one act now. Denied without the right, ActError if it is not in force or its kind does not last."""
    act = _in_force(asked, number, "end")
    if act.do in _ENDED_BY:
        ending = Intent(_ENDED_BY[act.do], asked.caller.who, why, _chunk(act), act.from_run, to_run=act.to_run)
        return perform(asked, ending)
    _check_right(asked, act)
    for name, text in (("who", asked.caller.who), ("why", why)):
        if not text.strip():
            raise ActError(f"end {act.do}: {name} is empty; every act has who and why")
    with writing(asked.store) as connection:
        if not acts.end(connection, number, asked.now, asked.caller.who):
            raise ActError(f"act {number}: it has ended meanwhile")
        _note(connection, asked, act, audit.DONE, f"ended act {number}: {why.strip()}")
    ended = replace(act, ended_at=asked.now, ended_by=asked.caller.who)
    return Done(ended, (f"The {act.do} of {act.who} ended.",))


def extend(asked: Asked, number: int, until: str, why: str) -> Done:
    """Let one act last until a later time than it would; the right is that to begin it. Errors as `end`."""
    act = _in_force(asked, number, "extend")
    intent = Intent(
        do=act.do,
        who=asked.caller.who,
        why=why,
        chunk=_chunk(act),
        from_run=act.from_run,
        until=until,
        until_tag=act.until_tag,
        rule=act.rule,
        product=act.product,
        to_run=act.to_run,
        instead_of=number,
    )
    if act.until is None:
        raise ActError(f"act {number} has no end by time, and lasts until somebody ends it")
    longer, _ = planned(intent, asked.config, asked.store, asked.now)
    if longer.until is None or longer.until <= act.until:
        raise ActError(f"act {number} lasts until {utc_text(act.until)} as it is; to be over sooner, end it")
    return perform(asked, intent)


def _in_force(asked: Asked, number: int, wish: str) -> Act:
    with reading(asked.store) as connection:
        found = acts.by_id(connection, [number])
    if not found:
        raise ActError(f"there is no act {number}; /api/v1/acts lists them")
    (act,) = found
    if act.do not in LASTING:
        raise ActError(f"act {number} is done once and does not last: {act.do}; there is nothing to {wish}")
    if act.ended_at is not None:
        raise ActError(f"act {number} was ended by {act.ended_by}")
    if act.until is not None and act.until <= asked.now:
        raise ActError(f"act {number} has ended by itself; make a new one")
    return act


def _chunk(act: Act) -> str:
    return str(Chunk(act.run, act.dataset)) if act.run is not None else ""


def _check_right(asked: Asked, act: Act) -> None:
    try:
        asked.caller.must_reach_acts(str(act.do))
        asked.caller.must_be(_TO_END_HERE, f"end {act.do}")
    except Denied as refused:
        with writing(asked.store) as connection:
            _note(connection, asked, act, audit.REFUSED, str(refused))
        raise


def _note(connection: Connection, asked: Asked, act: Act, outcome: str, detail: str) -> None:
    about, caller = str(act.run or act.from_run or ""), asked.caller
    audit.add(connection, asked.now, caller.who, caller.means, f"end {act.do}", outcome, about, detail)
