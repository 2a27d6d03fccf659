"""Options that many commands share, and what they open."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError

from spy import config
from spy.cli import printing
from spy.clock import from_iso, utc_now
from spy.config import Config
from spy.domain.errors import ActError, StoreError
from spy.store import notes, views
from spy.store.engine import open_store, reading

AS_JSON = "as_json"
"""Key of the command's context: errors take the same form as answers."""


def _remember(context: typer.Context, as_json: bool) -> bool:
    context.meta[AS_JSON] = as_json
    return as_json


ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration; default: ./config.toml, else the packaged one."),
]
AsJson = Annotated[bool, typer.Option("--json", callback=_remember, help="Answer in JSON, for programs.")]


def file_name(path: Path | None) -> str:
    """How mistakes of the configuration name their file."""
    if path is not None:
        return str(path)
    return "config.toml" if Path("config.toml").is_file() else "packaged config.toml"


def load(path: Path | None) -> Config:
    return config.load(path)


def shown_url(url: str) -> str:
    """A database URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def store_file(url: str) -> Path | None:
    """The file of a SQLite store; None for a server."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def existing_store(settings: Config) -> Engine:
    """The agent's store, which is never made by looking at it."""
    file = store_file(settings.agent.store)
    if file is not None and not file.is_file():
        raise StoreError(f"store: there is none at {file} yet; `spy agent` makes it, or is this the right --config?")
    return open_store(settings.agent.store)


def now_of(store: Engine) -> datetime:
    """Our clock; for the store of a simulated world the last moment that its agent saw, and that is said."""
    with reading(store) as connection:
        world, last = notes.get(connection, notes.WORLD), views.heartbeat(connection)
    if not world or last is None:
        return utc_now()
    printing.complain(
        f"The store is of the simulated world {world!r}: told as of its last moment, {printing.utc(last)}."
    )
    return last


def moment(option: str, text: str) -> datetime:
    """What an option says, as an aware UTC time."""
    try:
        return from_iso(text)
    except ValueError as wrong:
        expected = "expected a time with zone, such as 2026-06-01T12:00:00Z"
        raise ActError(f"{option} {text!r}: {expected} ({wrong})") from None


def period(begin: str, end: str) -> tuple[datetime, datetime]:
    """What --from and --to say."""
    first, last = moment("--from", begin), moment("--to", end)
    if last <= first:
        raise ActError(f"--to {end!r}: expected a time after --from {begin!r}")
    return first, last
