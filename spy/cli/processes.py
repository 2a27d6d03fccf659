"""`spy agent`, `spy web`, and `spy run`, which is both: processes that end within seconds when they are told to."""

from __future__ import annotations

import logging
import queue
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import typer

from spy.app import build_runner, open_agent_store
from spy.cli.check import checked
from spy.cli.ending import end_at_the_last_moment, on_signals
from spy.cli.logs import log_to_errors
from spy.cli.options import AsJson, ConfigFile, shown_url
from spy.clock import age_text, utc_now
from spy.config import Config
from spy.store import notes
from spy.store.engine import writing

log = logging.getLogger("spy")

PARENTS_PATIENCE = timedelta(seconds=4.3)
"""After which `spy run` kills what it started; 5 s are promised."""

# --- the agent ------------------------------------------------------------------------------------------------------


def agent(*, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Watch, decide and deliver, until SIGTERM or Ctrl-C. --json: log lines in JSON."""
    settings = checked(config)
    log_to_errors(as_json)
    told_to_end = threading.Event()

    def end(number: int) -> None:
        if not told_to_end.is_set():
            told_to_end.set()
            end_at_the_last_moment()

    on_signals(end)
    runner = build_runner(settings)
    with writing(runner.agent.store) as connection:
        notes.put(connection, notes.MODE, settings.agent.mode, utc_now())
    _introduce(settings)
    runner.start()
    told_to_end.wait()
    log.info("told to end: no new look, nothing more is sent")
    runner.stop()
    log.info("ended")


def _introduce(settings: Config) -> None:
    live = settings.agent.mode == "live"
    does = f"sends releases to {settings.release.url}" if live else "decides and records, and sends nothing to Tier0"
    log.info("the agent of instance %s starts in %s mode: it %s", settings.agent.instance, settings.agent.mode, does)
    log.info("store: %s", shown_url(settings.agent.store))
    for name, probe in settings.probe.items():
        log.info("asks %s each %s, believes it for %s", name, age_text(probe.every), age_text(probe.stale_after))


# --- the page -------------------------------------------------------------------------------------------------------


def web(*, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Serve the page and the API, until SIGTERM or Ctrl-C. --json: log lines in JSON."""
    # Imported here: no other command needs the libraries of a web server, and the agent does without their memory.
    from spy.cli.serving import serve

    settings = checked(config)
    log_to_errors(as_json)
    serve(settings)


# --- both -----------------------------------------------------------------------------------------------------------


def run(*, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Run the agent and the page as two processes; when one ends, the other ends too."""
    settings = checked(config)
    log_to_errors(as_json)
    open_agent_store(settings.agent.store).dispose()  # prepared once, so that not both do it
    events: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
    on_signals(lambda number: events.put(("", number)))
    children = {name: _start(name, config, as_json) for name in ("agent", "web")}
    for name, child in children.items():
        _watch(name, child, events)
    name, code = events.get()
    if name:
        log.error("%s ended with code %s: the other one ends too", name, code)
    else:
        log.info("told to end: the agent and the page end")
    _end(children)
    if name:
        raise typer.Exit(code if 0 < code < 126 else 1)


def _start(name: str, config: Path | None, as_json: bool) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", "spy.cli", name]
    line += ["--config", str(config)] if config else []
    child = subprocess.Popen([*line, *(["--json"] if as_json else [])])
    log.info("%s runs as process %s", name, child.pid)
    return child


def _watch(name: str, child: subprocess.Popen[bytes], events: queue.SimpleQueue[tuple[str, int]]) -> None:
    threading.Thread(target=lambda: events.put((name, child.wait())), daemon=True, name=f"watch-{name}").start()


def _end(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for child in children.values():
        child.terminate()
    killer = threading.Timer(PARENTS_PATIENCE.total_seconds(), _kill, (children,))
    killer.daemon = True
    killer.start()
    for child in children.values():
        child.wait()
    killer.cancel()


def _kill(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for child in children.values():
        child.kill()
