"""Releases move by what is observed at Tier0, never by our clock; and what went wrong after a release is said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from spy.agent.decide import holds_followers
from spy.agent.messages import alarm_rows, overtaken_rows, webhook_row
from spy.channels.message import Kind
from spy.clock import iso
from spy.domain.release import Stage
from spy.domain.subject import of_service, of_tag
from spy.domain.verdict import State, Verdict
from spy.store import decisions, notes, outbox

if TYPE_CHECKING:
    from spy.agent.agent import Agent


MISSED_AFTER = timedelta(hours=2)
"""Tier0 configures a run soon after its first data."""


def confirm(agent: Agent, connection: Connection, now: datetime) -> None:
    """Locked, started, overtaken; withdrawals; alarms. In run order, each chunk alone."""
    for run, row in sorted(agent.releases.items()):
        if run not in agent.judged:
            continue
        stage = Stage(row.stage)
        first_safe = agent.board.value(0, "first_safe_run")
        if not stage.is_closed and isinstance(first_safe, int) and first_safe > run:
            _locked(agent, connection, row, now)
        elif stage in (Stage.LOCKED, Stage.OVERTAKEN) and agent.board.value(run, "reco_started") is True:
            _started(agent, connection, row, now)
        elif stage is Stage.ACCEPTED:
            _withdraw_if_wrong(agent, connection, row, now)
        if stage.is_closed:
            _say_if_gone(agent, connection, row, now)
        else:
            _say_if_unknown_to_tier0(agent, connection, row, now)
    if (found := late(agent, now)) is not None:
        _halt(agent, connection, *found, now)
    _say_if_frontier_is_wrong(agent, connection, now)


def _locked(agent: Agent, connection: Connection, row: Any, now: datetime) -> None:
    """Tier0 passed the run in two equal answers: by our release, or by its own clock."""
    stage, judged = Stage(row.stage), agent.judged[row.run]
    if stage in (Stage.ACCEPTED, Stage.SENT, Stage.AMBIGUOUS):
        decisions.move(
            connection, row.chunk, stage, Stage.LOCKED, now, "Tier0 has locked the run", agent.fence, locked_at=now
        )
        return
    if stage is Stage.QUEUED:
        outbox.cancel(connection, row.message_id, "Tier0 locked the run first")
    why, mails = _why_overtaken(agent, row, now)
    decisions.move(connection, row.chunk, stage, Stage.OVERTAKEN, now, why, agent.fence, locked_at=now)
    if mails and holds_followers(agent.board, row.run):
        for mail in overtaken_rows(agent.settings, judged, row.detail, agent.fence, now):
            agent.post(connection, **mail)
        _compare_with_prediction(agent, connection, row, now)


def _why_overtaken(agent: Agent, row: Any, now: datetime) -> tuple[str, bool]:
    """The sentence, and whether it is worth a mail: a shadow agent expects this where it would have released."""
    judged, first = agent.judged[row.run], agent.settings.clock.first(agent.board.value(row.run, "bulk_datasets"))
    deadline = judged.verdict.deadline
    how = f"Tier0 locked the run by its own clock{f' (dataset {first.dataset} first)' if first.dataset else ''}"
    if deadline is not None and now < deadline - agent.settings.lock_alarm:
        how = "Tier0 closed the run's conditions before its own clock would lock it"
    if row.would_at is not None:
        return f"{how}; shadow would have released it at {iso(row.would_at)}", False
    missing = "; ".join(judged.verdict.reasons) or row.detail or "nothing was missing"
    return f"{how} while {judged.verdict.state}: {missing}", True


def _started(agent: Agent, connection: Connection, row: Any, now: datetime) -> None:
    run = row.run
    told = agent.board.value(run, "reco_global_tag")
    judged_with = agent.settings.prompt_global_tags.get(str(agent.board.value(run, "era")), "")
    release, expected = agent.board.value(run, "reco_cmssw"), agent.board.value(run, "express_cmssw")
    why = f"prompt reconstruction started with {told or 'an unknown global tag'}"
    decisions.move(connection, row.chunk, Stage(row.stage), Stage.STARTED, now, why, agent.fence)
    # Tier0 publishes at most 50 characters of a global tag.
    if isinstance(told, str) and judged_with and told != judged_with[:50]:
        text = (
            f"Prompt reconstruction of run {run} started with {told}; we judged it with {judged_with}. Runs of this "
            f"era that are not locked are judged with both from now on. Whether the data of this run have to be done "
            f"again, the tags of {told} tell."
        )
        _alarm(agent, connection, row, "global tag", "another global tag than judged", text, now)
    if isinstance(release, str) and isinstance(expected, str) and release != expected:
        text = (
            f"Prompt reconstruction of run {run} started with {release}; its calibrations were made with {expected}. "
            f"Said once for these two releases."
        )
        headline = "another CMSSW release than its calibrations"
        _alarm(agent, connection, row, f"{expected} {release}", headline, text, now, about="cmssw")


def _withdraw_if_wrong(agent: Agent, connection: Connection, row: Any, now: datetime) -> None:
    """Accepted and not locked: a payload that vanished or changed, or a rule that blocks, takes the release back."""
    judged = agent.judged[row.run]
    gone = {tag: h for tag, h in row.hashes.items() if judged.verdict.payload_hashes.get(tag, h) != h}
    if not gone and not _is_known_bad(judged.verdict):
        return
    notice = webhook_row(
        agent.settings, judged, Kind.WITHDRAW, agent.fence, agent.book.hash, now, withdraws=row.message_id
    )
    if agent.post(connection, **notice):
        why = f"withdrawing: {', '.join(sorted(gone)) or '; '.join(judged.verdict.reasons)} changed after the release"
        decisions.annotate(connection, row.chunk, detail=why)


def _is_known_bad(verdict: Verdict) -> bool:
    """Blocked; or not settled after all, since Tier0 expects more again. Unknown is no reason to take anything back."""
    bad = [o for o in verdict.outcomes if o.decides and o.state is not State.READY]
    unsettled = any(seen.name == "settled" and seen.value is False for o in bad for seen in o.seen)
    return verdict.state is State.BLOCKED or unsettled


def _say_if_gone(agent: Agent, connection: Connection, row: Any, now: datetime) -> None:
    """Locked or started: nothing can be taken back; who must redo what is said once."""
    for tag, sent in row.hashes.items():
        evidence = agent.board.latest((of_tag(agent.settings.instance, row.run, tag), "payload_hash"))
        if evidence is None or evidence.value is None or evidence.value == sent:
            continue
        text = (
            f"The payload of {tag} that run {row.run} was released with ({sent}) is no longer what the database gives "
            f"for it ({evidence.value or 'nothing'}). Prompt reconstruction of run {row.run} has begun or cannot be "
            f"stopped any more: its data may have to be done again."
        )
        owners = [o for p in agent.book.products.values() if tag in p.destination_tags for o in p.owners]
        headline = f"payload of {tag} changed after the lock"
        _alarm(agent, connection, row, f"payload {tag}", headline, text, now, owners)


def _say_if_unknown_to_tier0(agent: Agent, connection: Connection, row: Any, now: datetime) -> None:
    """OMS says that Tier0 gets the run, and long after its end Tier0 does not have it: two sources disagree."""
    end = agent.board.value(row.run, "run_end")
    told = agent.board.value(row.run, "transferred"), agent.board.value(row.run, "known_to_tier0")
    if told != (True, False) or not isinstance(end, datetime) or now < end + MISSED_AFTER:
        return
    text = (
        f"Run {row.run} ended at {iso(end)} and OMS says that Tier0 gets it, but Tier0 does not know it. "
        f"It holds no other run, and it is not released."
    )
    _alarm(agent, connection, row, "not at tier0", "OMS knows it and Tier0 does not", text, now)


def frontier_is_wrong(agent: Agent, now: datetime) -> bool:
    """For longer than two caches can tell different things."""
    told = agent.board.latest((of_service("tier0"), "frontier_trouble"))
    return bool(told and told.value and told.since and now - told.since >= agent.settings.publication_lag)


def _say_if_frontier_is_wrong(agent: Agent, connection: Connection, now: datetime) -> None:
    """Tier0 takes back what it has locked, or knows of no lock: said once each, under the lowest run that waits."""
    if not frontier_is_wrong(agent, now):
        return
    trouble = agent.board.value(0, "frontier_trouble")
    open_ = [row for _, row in sorted(agent.releases.items()) if row.run in agent.judged]
    row = next((row for row in open_ if not Stage(row.stage).is_closed), open_[-1] if open_ else None)
    if row is None:
        return
    text = (
        f"Tier0's first condition-safe run cannot be believed: {trouble}. A calibration that comes now may go to a run "
        f"that was closed before. Nothing is released on it; it counts again when it contradicts nothing that was seen."
    )
    what = f"frontier {trouble}"
    _alarm(agent, connection, row, what, "Tier0's first condition-safe run cannot be believed", text, now)


def _alarm(
    agent: Agent,
    connection: Connection,
    row: Any,
    what: str,
    headline: str,
    text: str,
    now: datetime,
    owners: Iterable[str] = (),
    about: str = "",
) -> None:
    judged = agent.judged[row.run]
    for mail in alarm_rows(agent.settings, judged, what, headline, text, agent.fence, now, owners, about):
        agent.post(connection, **mail)


def highest_locked(agent: Agent) -> int | None:
    """The highest open run that Tier0 was seen to have locked; it only passes over a run that it never locks."""
    closed = (run for run, row in agent.releases.items() if Stage(row.stage).is_closed)
    return max((run for run in closed if holds_followers(agent.board, run)), default=None)


def _expected_lock(agent: Agent, run: int) -> tuple[datetime, datetime] | None:
    """Between when and when Tier0's own clock locks the run: at its deadline, after the runs below it, its switch on.

    Later where a lower run still has a dataset that waits; earlier where a further agent locks a higher run first.
    """
    deadline = agent.judged[run].verdict.deadline
    if deadline is None:
        return None
    below: list[datetime] = [row.locked_at for number, row in agent.releases.items() if number < run and row.locked_at]
    switch = agent.board.latest((of_service("tier0"), "prompt_enabled"))
    on_since = [switch.since] if switch and switch.value is True and switch.since else []
    usual = max([deadline, *below, *on_since])
    delays, datasets = agent.settings.clock, {n: agent.board.value(n, "bulk_datasets") for n in agent.judged}
    ends = {n: end for n in agent.judged if isinstance(end := agent.board.value(n, "run_end"), datetime)}
    waiting = [end + delays.last(datasets[n]).after for n, end in ends.items() if n < run]
    higher = [end + lock.after for n, end in ends.items() if n > run and (lock := delays.first_of_helpers(datasets[n]))]
    return min([usual, *higher]), max([usual, *waiting])


def _compare_with_prediction(agent: Agent, connection: Connection, row: Any, now: datetime) -> None:
    """A lock far from the prediction means that our idea of Tier0's clock is wrong: no more sending on it."""
    expected = _expected_lock(agent, row.run)
    if expected is None:
        return
    earliest, latest = expected
    late_look = agent.settings.publication_lag + agent.settings.believed_for.get("tier0", timedelta(0))
    if not (earliest - agent.settings.lock_alarm <= now <= latest + agent.settings.lock_alarm + late_look):
        _halt(agent, connection, row, f"run {row.run} was locked at {iso(now)}, predicted {iso(earliest)}", now)


def late(agent: Agent, now: datetime) -> tuple[Any, str] | None:
    """The lowest open run, if it is past its predicted lock and Tier0 does not move although its switch is on."""
    for run in sorted(agent.judged):
        row = agent.releases.get(run)
        if row is None or Stage(row.stage).is_closed or not holds_followers(agent.board, run):
            continue
        expected = _expected_lock(agent, run)
        is_on = agent.board.value(0, "prompt_enabled") is True
        limit = agent.settings.lock_alarm + agent.settings.publication_lag
        if expected is not None and is_on and now > expected[1] + limit:
            return row, f"run {run} should have been locked at {iso(expected[1])} and is not"
        return None
    return None


def is_wrong(agent: Agent, now: datetime) -> bool:
    """Whether time alone has shown that Tier0 is not where it should be."""
    return late(agent, now) is not None or frontier_is_wrong(agent, now)


def _halt(agent: Agent, connection: Connection, row: Any, why: str, now: datetime) -> None:
    if notes.get(connection, notes.HALT) or notes.get(connection, notes.EXCUSED) == why:
        return
    notes.put(connection, notes.HALT, why, now)
    text = f"{why}.\nLive sending is stopped until a person resumes it: the configured delay or a clock is wrong."
    _alarm(agent, connection, row, "lock prediction", "Tier0's lock is not where we predicted it", text, now)


def is_over(agent: Agent, run: int, now: datetime) -> bool:
    """Nothing can come any more: started, or never to start, and the hold that Tier0 would have made is over too."""
    row = agent.releases[run]
    stage = Stage(row.stage)
    first_safe = agent.board.value(0, "first_safe_run")
    if not holds_followers(agent.board, run) and isinstance(first_safe, int) and first_safe > run:
        return True
    end = agent.board.value(run, "run_end")
    if not stage.is_closed or not isinstance(end, datetime):
        return False
    watched_until = end + agent.settings.reco_delay
    return now > (watched_until if stage is Stage.STARTED else watched_until + timedelta(hours=24))
