"""The world around the agent, looked at once: probes, global tags, store, the receiver's key, mail relay."""

from __future__ import annotations

import os
import smtplib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from spy.agent import observe
from spy.app import connection_of, probes_of, rulebook_of
from spy.channels.signature import Secret
from spy.cli.ask import close
from spy.cli.options import existing_store, shown_url, store_file
from spy.clock import utc_now
from spy.config import Config
from spy.domain.errors import ConfigError, SpyError, StoreError
from spy.domain.evidence import Scope
from spy.domain.product import needed_online, required_names
from spy.domain.run import Run
from spy.domain.subject import of_tag, part_of
from spy.probe import Open, OpenRun, Probe
from spy.regret import gate
from spy.store.engine import open_store, reading
from spy.store.ledger import Look

PATIENCE = timedelta(seconds=90)
"""For one look, which asks twice and several things; each request has its own, shorter deadline."""


class Standing(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Worth knowing, wrong for nobody."""
    PROBLEM = "problem"
    """Something outside does not answer as it should."""
    MISTAKE = "mistake"
    """The configuration cannot be right."""


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    standing: Standing
    says: str
    who: str = ""
    """Who can act; empty where nobody needs to."""


def findings(config: Config) -> Iterator[Finding]:
    """One after the other, as they come; the slowest takes as long as its deadlines allow."""
    yield from _services(config)
    url, relay = shown_url(config.agent.store), f"{config.mail.host}:{config.mail.port}"
    yield _guarded("store", f"{url} ", "you: check agent.store, its rights and its disk", lambda: _store(config))
    yield _live(config)
    yield _guarded("receiver", "", "you: check release.secret_file", lambda: _secret(config))
    yield _guarded(
        "mail", f"{relay} ", "the operators of the relay; or you: check mail.host and mail.port", lambda: _relay(config)
    )


def _guarded(what: str, where: str, who: str, look: Callable[[], str]) -> Finding:
    """What `look` says, or its failure as a problem."""
    try:
        return Finding(what, Standing.OK, where + in_time(look))
    except (SpyError, OSError, SQLAlchemyError, smtplib.SMTPException) as broken:
        reason = getattr(broken, "orig", None) or getattr(broken, "strerror", None) or broken
        return Finding(what, Standing.PROBLEM, f"{where}{reason}.", who)


def in_time(look: Callable[[], Any]) -> Any:
    """The result of `look`, or an OSError after our patience: whatever hangs is left behind in a daemon thread."""
    future: Future[Any] = Future()

    def work() -> None:
        try:
            future.set_result(look())
        except BaseException as failed:
            future.set_exception(failed)

    threading.Thread(target=work, daemon=True, name="check").start()
    try:
        return future.result(PATIENCE.total_seconds())
    except TooLate:
        raise OSError(f"no answer within {PATIENCE.total_seconds():g} s") from None


# --- the watched services -------------------------------------------------------------------------------------------


def _services(config: Config) -> Iterator[Finding]:
    """Who knows the frontier is asked first: the others are asked about the run that stands there."""
    probes = probes_of(config)
    first = [name for name, probe in probes.items() if _tells(probe, "first_safe_run", Scope.SERVICE)]
    frontier: int | None = None
    for name in [*first, *(name for name in probes if name not in first)]:
        probe = probes[name]
        trial = _trial(config, probe, frontier)
        try:
            connection = connection_of(probe.service, config.service[probe.service], probe.wants)
        except (SpyError, OSError) as wrong:
            yield Finding(name, Standing.MISTAKE, f"{wrong}.", f"you: check [service.{probe.service}]")
            continue
        look = _look(probe, connection, trial)
        told = (e.value for e in look.evidence if e.name == "first_safe_run")
        frontier = next((value for value in told if isinstance(value, int)), frontier)
        yield _of_look(config, look)
        if _tells(probe, "mapped", Scope.TAG) and not look.problem:
            yield from _feeding(config, look, trial)


def _look(probe: Probe, connection: Any, trial: Open) -> Look:
    try:
        look: Look = in_time(lambda: observe.look(probe, connection, trial, lambda key: None))
        return look
    except OSError as late:
        return Look(probe.name, probe.service, trial.now, problem=str(late))
    finally:
        close(connection)


def _tells(probe: Probe, name: str, scope: Scope) -> bool:
    return any((fact.name, fact.scope) == (name, scope) for fact in probe.facts)


def _trial(config: Config, probe: Probe, frontier: int | None) -> Open:
    """The run at Tier0's frontier, taken for ended, so that everything is really asked; once per known global tag."""
    now = utc_now()
    runs = [OpenRun(Run(frontier, config.agent.instance, end=now - timedelta(hours=1)))] if frontier else []
    if _tells(probe, "mapped", Scope.TAG):
        runs = _one_per_global_tag(config, frontier or 1, now)
    classes = config.required.values()
    gating, online = required_names(classes), needed_online(classes)
    return Open(now, runs, config.products, config.agent.instance, frontier, gating, online)


def _one_per_global_tag(config: Config, number: int, now: datetime) -> list[OpenRun]:
    """Neighbouring numbers, one for each prompt global tag."""
    end = now - timedelta(hours=1)
    tags = sorted(set(config.tier0.prompt_global_tag.values()))
    return [OpenRun(Run(number + i, config.agent.instance, end=end), tag) for i, tag in enumerate(tags)]


def _of_look(config: Config, look: Look) -> Finding:
    url = shown_url(config.service[look.service].url)
    if look.problem and not look.retry:
        who = f"who keeps the credentials named in [service.{look.service}]"
        return Finding(look.probe, Standing.PROBLEM, f"{url} refuses: {look.problem}.", who)
    if look.problem:
        who = f"the operators of {look.service}; or you, if service.{look.service}.url is wrong"
        return Finding(look.probe, Standing.PROBLEM, f"{url}: {look.problem}.", who)
    silent = [e for e in look.evidence if part_of(e.subject)[0] == "service" and e.problem]
    if silent:
        says = "; ".join(f"{e.name} unknown: {e.problem}" for e in silent)
        return Finding(look.probe, Standing.PROBLEM, f"{url} answers, but {says}.", f"the operators of {look.service}")
    if not look.evidence:
        says = f"{url} was not asked: without Tier0's first condition-safe run there is no run to ask about"
        return Finding(look.probe, Standing.PROBLEM, f"{says}.", "whoever can make tier0 answer")
    asked = f"{look.requests} requests, " if look.requests else ""
    return Finding(look.probe, Standing.OK, f"{url} answers ({asked}{look.took_ms:.0f} ms)")


# --- the global tags --------------------------------------------------------------------------------------------------


def _feeding(config: Config, look: Look, trial: Open) -> Iterable[Finding]:
    """A required product whose tags no prompt global tag maps can never be in place."""
    mapped = {e.subject: e.value for e in look.evidence if e.name == "mapped"}
    unknown = {e.problem for e in look.evidence if e.name == "mapped" and e.problem}
    for name in sorted(trial.gating):
        yield from _feeding_of(config, trial, name, mapped, sorted(unknown))


def _feeding_of(
    config: Config, trial: Open, name: str, mapped: Mapping[Any, Any], problems: Sequence[str]
) -> Iterable[Finding]:
    tags = config.products[name].destination_tags
    fed, told = [], False
    for run in trial.runs:
        values = [mapped.get(of_tag(config.agent.instance, run.number, tag)) for tag in tags]
        told = told or any(value is not None for value in values)
        if True in values:
            fed.append(run.prompt_global_tag)
    every = [run.prompt_global_tag for run in trial.runs]
    who = f"you: product {name}.destination_tags, or tier0.prompt_global_tag"
    if not every:
        yield Finding(name, Standing.MISTAKE, "tier0.prompt_global_tag names no global tag.", who)
    elif not told:
        why = "; ".join(problems) or "the database did not say"
        yield Finding(name, Standing.PROBLEM, f"whether it feeds prompt reconstruction is unknown: {why}.", who)
    elif not fed:
        says = f"required, but none of its tags feeds {' or '.join(every)}: no run could ever be released."
        yield Finding(name, Standing.MISTAKE, says, who)
    elif len(fed) < len(every):
        missing = ", ".join(tag for tag in every if tag not in fed)
        yield Finding(
            name, Standing.NOTE, f"feeds {', '.join(fed)}, but not {missing}: runs of those eras stay unknown"
        )
    else:
        yield Finding(name, Standing.OK, f"feeds {', '.join(fed)}")


# --- what is ours ---------------------------------------------------------------------------------------------------


def _store(config: Config) -> str:
    """Whether it takes a write, which is rolled back."""
    file = store_file(config.agent.store)
    if file is not None and not file.is_file():
        folder = next(parent for parent in file.absolute().parents if parent.exists())
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OSError(f"is not there, and {folder} may not be written")
        return "is not there yet; the agent makes it"
    store = open_store(config.agent.store)
    try:
        with store.connect() as connection:
            writing = connection.begin()
            connection.execute(text("CREATE TABLE check_of_writing (number INTEGER)"))
            writing.rollback()
    finally:
        store.dispose()
    return "can be written"


def _live(config: Config) -> Finding:
    """Whether live mode may be switched on; in shadow mode that is nobody's problem."""
    try:
        with reading(existing_store(config)) as connection:
            rules = rulebook_of(config, probes_of(config)).hash
            found = gate.look(connection, config.agent.instance, rules, config.regret)
    except StoreError as none:
        found = gate.Gate(False, f"{none}")
    if found.is_open:
        return Finding("live mode", Standing.OK, f"may be switched on: {found.says}")
    if config.agent.mode == "live":
        return Finding("live mode", Standing.PROBLEM, f"the agent would not start: {found.says}.", "a coordinator")
    return Finding("live mode", Standing.NOTE, f"closed: {found.says}")


def _secret(config: Config) -> str:
    if not config.release.secret_file:
        # Allowed in shadow mode only; live without a key is refused as a mistake of the configuration.
        return "no key is named, so nothing is ever sent (shadow)"
    try:
        Secret.load(Path(config.release.secret_file))
    except ConfigError as wrong:
        raise OSError("; ".join(wrong.mistakes)) from None
    return f"the key in {config.release.secret_file} is well formed"


def _relay(config: Config) -> str:
    mail = config.mail
    seconds = mail.deadline.total_seconds()
    with smtplib.SMTP(timeout=seconds, local_hostname=mail.sender.rpartition("@")[2]) as smtp:
        smtp.connect(mail.host, mail.port)
        code, words = smtp.ehlo()
        if code != 250:
            raise smtplib.SMTPResponseException(code, words)
    return "answers EHLO"
