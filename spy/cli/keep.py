"""The life of the store: copy it, bring it back or move it to another database, and forget what is old."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from spy.cli import printing
from spy.cli.options import AsJson, ConfigFile, existing_store, load, shown_url, store_file
from spy.cli.printing import utc
from spy.clock import monotonic, utc_now
from spy.store import prune as pruning
from spy.store.backup import write_backup
from spy.store.backup_file import Manifest, Reader
from spy.store.engine import open_store
from spy.store.restore import restore as restore_into

Preview = Annotated[bool, typer.Option("--preview", help="Only say what it would remove.")]


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it must not exist.")],
    *,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Copy the store of this moment into one file, from SQLite or PostgreSQL, while the agent goes on."""
    store = existing_store(load(config))
    try:
        _told(write_backup(store, file, utc_now()), f"Backup of the store in {file}", as_json)
    finally:
        store.dispose()


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `spy backup` wrote.")],
    *,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Fill the empty database that agent.store names, SQLite or PostgreSQL; sending is halted until `spy resume`."""
    url = load(config).agent.store
    with Reader(file) as whole:  # every check sum, before the database is touched
        manifest = _filled(url, whole)
    _told(manifest, f"Restored {file} into {shown_url(url)}", as_json)
    if not as_json:
        printing.say("No release is sent before `spy resume`: what people did since the backup is not in it.")


def _filled(url: str, whole: Reader) -> Manifest:
    """A file that was made for this and could not be filled is removed again."""
    made = store_file(url)
    is_new = made is not None and not made.exists()
    store = open_store(url)
    try:
        return restore_into(store, whole, utc_now())
    except BaseException:
        store.dispose()
        if made is not None and is_new:
            made.unlink(missing_ok=True)
        raise
    finally:
        store.dispose()


def _told(manifest: Manifest, what: str, as_json: bool) -> None:
    rows = {part.table: part.rows for part in manifest.parts}
    if as_json:
        told = {name: getattr(manifest, name) for name in ("made_at", "schema", "program", "database")}
        printing.answer(told | {"rows": rows})
        return
    printing.say(f"{what}: as of {manifest.made_at}, schema {manifest.schema}, made by program {manifest.program}")
    printing.table(("table", "rows"), _numbers(rows))


def prune(*, preview: Preview = False, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Remove evidence, looks and superseded decisions of runs closed longer ago than store.keep."""
    settings = load(config)
    cutoff = utc_now() - settings.store.keep
    store = existing_store(settings)
    try:
        removed = pruning.counted(store, cutoff)
        if not preview:
            removed = dict.fromkeys(removed, 0)
            began = monotonic()
            for what, rows in pruning.prune(store, cutoff):
                removed[what] += rows
                # As long as it took: on SQLite whoever waits to write would hardly ever find the door open.
                time.sleep(monotonic() - began)
                began = monotonic()
    finally:
        store.dispose()
    if as_json:
        printing.answer({"preview": preview, "closed_before": cutoff, "rows": removed})
        return
    does = "Would remove" if preview else "Removed"
    printing.say(f"{does} what is about runs closed before {utc(cutoff)} (store.keep); their releases and acts stay")
    printing.table(("what", "rows"), _numbers(removed))


def _numbers(rows: dict[str, int]) -> Iterable[tuple[str, str]]:
    return ((name, f"{number:,}") for name, number in rows.items())
