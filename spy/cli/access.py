"""`spy token` and `spy role`: who may come in, and as what.

The first administrator is whoever has a shell where the store lies: there is no account to begin with.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import Connection

from spy.cli import printing
from spy.cli.acts import Who, Why
from spy.cli.options import AsJson, ConfigFile, existing_store, load
from spy.clock import duration, utc_now
from spy.domain.caller import Means, Reach, Role
from spy.domain.errors import ActError
from spy.store import audit, sessions, tokens
from spy.store.engine import reading, writing

token_app = typer.Typer(no_args_is_help=True, help="Machines' tokens: make, list, end.")
role_app = typer.Typer(no_args_is_help=True, help="What each person may do, whatever the provider's groups say.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called in lists and in the audit.")]
Sub = Annotated[
    str, typer.Argument(metavar="SUB", help="The person as the provider names them; a refused login says it.")
]


@token_app.command("make")
def make_token(
    name: Name,
    *,
    reach: Annotated[list[Reach], typer.Option(help="What it opens; may be given more than once.")],
    life: Annotated[str, typer.Option(help="How long it is good: 90d, 12h.")] = "90d",
    role: Annotated[Role, typer.Option(help="For --reach act: which acts.")] = Role.SHIFTER,
    who: Who,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and show it, this once: the store keeps its hash only."""
    try:
        lasts = duration(life)
    except ValueError as wrong:
        raise ActError(f"--life: {wrong}") from None

    def work(connection: Connection, now: datetime) -> str:
        secret = tokens.make(connection, name, reach, role, now, lasts, who)
        audit.add(connection, now, who, Means.LOCAL, "token make", audit.DONE, name, ", ".join(sorted(reach)))
        return secret

    secret = _written(config, work)
    if as_json:
        printing.answer({"name": name, "token": secret})
    else:
        printing.say(secret)
        printing.say(f"Good for {life}. It is not shown again: Authorization: Bearer {secret[:8]}…")


@token_app.command("list")
def list_tokens(*, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Every token that ever was, with its last use."""
    with reading(existing_store(load(config))) as connection:
        rows = tokens.all_of(connection)
    keys = ("name", "reaches", "role", "made_by", "made_at", "ends_at", "used_at", "ended_by")
    if as_json:
        printing.answer([{key: getattr(row, key) for key in keys} for row in rows])
        return
    lines = [
        (row.name, ", ".join(row.reaches), row.role, printing.utc(row.used_at) or "never", printing.utc(row.ends_at))
        for row in rows
    ]
    printing.table(("token", "reaches", "role", "last used", "ends or ended"), lines)


@token_app.command("end")
def end_token(name: Name, *, who: Who, config: ConfigFile = None) -> None:
    """End a token at once."""

    def work(connection: Connection, now: datetime) -> str:
        tokens.end(connection, name, now, who)
        audit.add(connection, now, who, Means.LOCAL, "token end", audit.DONE, name)
        return f"Token {name} opens nothing any more."

    printing.say(_written(config, work))


@role_app.command("give")
def give_role(
    sub: Sub, role: Annotated[Role, typer.Argument()], *, who: Who, why: Why, config: ConfigFile = None
) -> None:
    """Give a person a role, from the next request on."""

    def work(connection: Connection, now: datetime) -> str:
        sessions.grant(connection, sub, role, now, who, why)
        audit.add(connection, now, who, Means.LOCAL, "role give", audit.DONE, sub, f"{role}: {why}")
        return f"{sub} is {role} from now on."

    printing.say(_written(config, work))


@role_app.command("take")
def take_role(sub: Sub, *, who: Who, why: Why, config: ConfigFile = None) -> None:
    """Take every right from a person and end their sessions, whatever the provider says."""

    def work(connection: Connection, now: datetime) -> str:
        sessions.grant(connection, sub, "", now, who, why)
        ended = sessions.end_all_of(connection, sub, now, who)
        audit.add(connection, now, who, Means.LOCAL, "role take", audit.DONE, sub, why)
        return f"{sub} may nothing any more; sessions ended: {ended}."

    printing.say(_written(config, work))


@role_app.command("list")
def list_roles(*, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Roles that were given or taken here, and who is logged in."""
    now = utc_now()
    with reading(existing_store(load(config))) as connection:
        given, there = sessions.grants(connection), sessions.in_force(connection, now)
    if as_json:
        keys, more = ("sub", "role", "at", "by", "why"), ("sub", "who", "role", "began_at", "used_at", "ends_at")
        roles = [{key: getattr(row, key) for key in keys} for row in given]
        printing.answer({"roles": roles, "sessions": [{key: getattr(row, key) for key in more} for row in there]})
        return
    printing.table(
        ("person", "role", "by", "since", "why"),
        [(row.sub, row.role or "none", row.by, printing.utc(row.at), row.why) for row in given],
    )
    lines = [(row.sub, row.who, row.role, printing.utc(row.used_at), printing.utc(row.ends_at)) for row in there]
    printing.table(("logged in", "as", "role at login", "last used", "ends"), lines)


def _written(config: ConfigFile, work: Callable[[Connection, datetime], str]) -> str:
    with writing(existing_store(load(config))) as connection:
        return work(connection, utc_now())
