"""`spy-demo`: the agent at work in front of a simulated world, live on a page or in virtual time with a report."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from probes.simulation import proof
from probes.simulation.live import Live
from probes.simulation.narrate import Narrator
from probes.simulation.scenario import Scenario
from probes.simulation.step import run_steps
from spy.app import build_web
from spy.config import packaged_text
from spy.domain.errors import ConfigError, SpyError
from spy.sections import AgentSection
from spy.store import notes
from spy.store.engine import open_store, writing

SPEED = 120.0
"""Two minutes of the world in a second: the first release of the shipped scenario comes within a minute."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def packaged_scenario() -> Path:
    """The scenario that is shown when none is named."""
    return Path(str(resources.files("probes.simulation") / "data" / "default.toml"))


@app.command()
def demo(
    scenario: Annotated[Path | None, typer.Option(help="Scenario file (TOML); default: the packaged one.")] = None,
    step: Annotated[bool, typer.Option("--step", help="Virtual time, as fast as it goes, deterministic.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="With --step: write the report here (default: standard output).")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="With --step: keep the agent's store in this new file, for `spy explain`.")
    ] = None,
    speed: Annotated[float, typer.Option(min=1, max=600, help="Live: how much faster than real time.")] = SPEED,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Live: port of the page on 127.0.0.1.")] = 8050,
) -> None:
    """Show the agent in front of simulated services: live on a page, or step by step with a report."""
    try:
        played = Scenario.load(scenario or packaged_scenario())
        if step:
            _step(played, report, store)
        else:
            _live(played, speed, port)
    except ConfigError as wrong:
        for mistake in wrong.mistakes:
            typer.echo(mistake, err=True)
        raise typer.Exit(2) from None
    except SpyError as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(3) from None


def _step(scenario: Scenario, report: Path | None, store: Path | None) -> None:
    url = f"sqlite:///{store.absolute()}" if store else ""
    settings = store.with_name(f"{store.name}.toml") if store else None
    for file in (store, settings):
        if file is not None and file.exists():
            raise ConfigError([f"--store {store}: {file} exists already, and is never written over"])
    text = json.dumps(run_steps(scenario, url), indent=1) + "\n"
    if settings is not None:
        _keep(scenario, url, settings)
    if report is None:
        sys.stdout.write(text)
    else:
        report.write_text(text, encoding="utf-8")
        typer.echo(f"{scenario.name}: played until {scenario.until:%Y-%m-%d %H:%M} UTC; report in {report}")


def _keep(scenario: Scenario, url: str, settings: Path) -> None:
    """What `spy` needs to tell about the store: whose time it has, and a configuration that names it."""
    kept = open_store(url)
    with writing(kept) as connection:
        notes.put(connection, notes.WORLD, scenario.name, scenario.until)
    kept.dispose()
    settings.write_text(_settings_text(url), encoding="utf-8")
    first = scenario.runs[0].number if scenario.runs else "RUN"
    typer.echo(f"Ask it: spy explain {first} --config {settings}", err=True)


def _live(scenario: Scenario, speed: float, port: int) -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with tempfile.TemporaryDirectory(prefix="spy-demo-") as folder:
        live = Live(scenario, Path(folder), speed)
        web = build_web(live.config, live.store, live.clock)
        server = uvicorn.Server(uvicorn.Config(web, "127.0.0.1", port, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, daemon=True, name="web")
        settings = Path(folder, "config.toml")
        settings.write_text(_settings_text(live.config.agent.store), encoding="utf-8")
        live.start()
        thread.start()
        typer.echo(f"The page: http://127.0.0.1:{port}   (Ctrl-C ends it)")
        typer.echo(f"The world of {scenario.name} runs {speed:g} times as fast as ours, its services on loopback.")
        if live.report:
            typer.echo(f"Live mode: {proof.WHY} (report {live.report}, docs/regret.md).")
        first = scenario.runs[0].number if scenario.runs else "RUN"
        typer.echo(f"Ask it from another terminal: spy status --config {settings}")
        typer.echo(f"or: spy explain {first} --config {settings}")
        narrator = Narrator(live)
        while not stopped.wait(0.5) and thread.is_alive():
            for sentence in narrator.news():
                typer.echo(sentence)
        server.should_exit = True
        live.stop()
        thread.join(timeout=2)
        if not stopped.is_set():
            raise SpyError(f"the page could not be served on port {port}: is it in use? Choose another with --port")


def _settings_text(store: str) -> str:
    """The packaged configuration with the demo's store, for whoever asks from outside."""
    default = f'store = "{AgentSection().store}"'
    text = packaged_text()
    if default not in text:
        raise SpyError(f"the packaged configuration has no line {default}")
    return text.replace(default, f'store = "{store}"')


def main() -> None:
    app()


if __name__ == "__main__":
    main()
