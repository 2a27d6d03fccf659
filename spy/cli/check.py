"""`spy check`: the configuration whole, all mistakes at once; with --connect also the world around the agent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from spy.app import probes_of, rulebook_of
from spy.cli import printing
from spy.cli.connect import Finding, Standing, findings
from spy.cli.expressions import expression_mistakes, nameable
from spy.cli.options import AsJson, ConfigFile, file_name, load
from spy.config import Config
from spy.domain.errors import ConfigError
from spy.installed import probe_offers

Connect = Annotated[
    bool,
    typer.Option("--connect", help="Also look once through every probe, and at the store, receiver and mail relay."),
]
_STYLE = {Standing.OK: "green", Standing.NOTE: "", Standing.PROBLEM: "bold red", Standing.MISTAKE: "bold red"}


def check(*, connect: Connect = False, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Check the configuration and its rules, and tell every mistake at once, with file, key and the nearest name."""
    settings = checked(config)
    found = list(findings(settings)) if connect else []
    summary = _summary(settings, file_name(config))
    if as_json:
        printing.answer({"configuration": summary, "findings": found})
    else:
        printing.say(summary)
        _show(found)
    if any(finding.standing is Standing.MISTAKE for finding in found):
        raise typer.Exit(2)
    if any(finding.standing is Standing.PROBLEM for finding in found):
        raise typer.Exit(1)


def checked(path: Path | None) -> Config:
    """The configuration, with its probes and rules; a ConfigError holds every mistake of all three."""
    file = file_name(path)
    try:
        settings = load(path)
    except ConfigError as wrong:
        raise ConfigError([*wrong.mistakes, *expression_mistakes(path, file)]) from None
    mistakes = [
        *_mistakes(lambda: probes_of(settings), f"{file}: "),
        *_mistakes(lambda: settings.rulebook(nameable(settings.endpoint, settings.probe), file=file), ""),
    ]
    if mistakes:
        # What a probe tells that cannot be loaded is not known, so no name can be called unknown.
        unread = probe_offers(settings.probe).broken
        raise ConfigError([m for m in mistakes if not unread or "unknown name" not in m])
    # With all installed probes and endpoints the names are right; what a probe not asked would tell is never known.
    rulebook_of(settings, probes_of(settings), file)
    return settings


def _mistakes(build: Callable[[], object], prefix: str) -> Sequence[str]:
    try:
        build()
    except ConfigError as wrong:
        return [mistake if mistake.startswith(prefix) else prefix + mistake for mistake in wrong.mistakes]
    return []


def _summary(settings: Config, file: str) -> str:
    counts = f"{len(settings.rule)} rules, {len(settings.product)} products, {len(settings.probe)} probes"
    counts += f", {len(settings.endpoint)} endpoints" if settings.endpoint else ""
    told = f"{file}: no mistake found: {counts}; mode {settings.agent.mode}"
    live = " (starts only with an acknowledged regret report: `spy check --connect` and `spy regret` tell)"
    return told + (live if settings.agent.mode == "live" else "")


def _show(found: Iterable[Finding]) -> None:
    for finding in found:
        who = f" Who can act: {finding.who}" if finding.who else ""
        printing.say(f"{finding.standing:<8}{finding.what}: {finding.says}{who}", _STYLE[finding.standing])
