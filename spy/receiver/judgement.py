"""Whether a decision is accepted, and which decisions count for a run. No HTTP here; reads one transaction's table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from spy.clock import iso
from spy.receiver.contract import Action, Decision, Problem, Rejected, Tier0Side
from spy.receiver.decisions import Stored, Table


class State(StrEnum):
    """What has become of an accepted decision."""

    RECORDED = "recorded"
    BLOCKED = "blocked"
    """A release that waits for a lower run."""
    APPLIED = "applied"
    """A release whose run is locked; a hold in force; a withdraw that took something back."""
    SUPERSEDED = "superseded"
    """A later release or hold of the same run and dataset counts instead."""
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class RunState:
    """What Tier0 says about a run, asked once per request, before the transaction: Tier0 may be asking us meanwhile."""

    known: bool
    stopped: bool
    locked: bool
    released: bool
    lowest_waiting: int | None

    @classmethod
    def of(cls, tier0: Tier0Side, run: int) -> RunState:
        return cls(tier0.known(run), tier0.stopped(run), tier0.locked(run), tier0.released(run), tier0.lowest_waiting())

    @property
    def is_closed(self) -> bool:
        return self.locked or self.released

    def blocker_of(self, run: int) -> int | None:
        """The lower run that must be locked first."""
        lowest = self.lowest_waiting
        return lowest if lowest is not None and lowest < run else None


def judge(table: Table, decision: Decision, tier0: RunState, now: datetime) -> None:
    """Returns if the decision may be stored; Rejected otherwise. Its id is new."""
    run = decision.run
    if decision.not_after <= now:
        raise Rejected(Problem.EXPIRED, f"not to be accepted after {iso(decision.not_after)}; it is {iso(now)}")
    epoch = table.highest_epoch()
    if decision.epoch < epoch:
        raise Rejected(Problem.STALE_EPOCH, f"fence_token {decision.epoch} is below {epoch}, seen from a newer sender")
    seq = table.highest_seq(run, decision.primary_dataset)
    if decision.seq < seq:
        raise Rejected(Problem.STALE_SEQ, f"seq {decision.seq} is below {seq}, accepted for the same run and dataset")
    if not tier0.known:
        raise Rejected(Problem.UNKNOWN_RUN, f"run {run} is not configured here")
    _JUDGE[decision.action](table, decision, tier0, now)


def _judge_release(table: Table, decision: Decision, tier0: RunState, now: datetime) -> None:
    if not tier0.stopped:
        raise Rejected(Problem.NOT_STOPPED, f"run {decision.run} has no stop time here")
    withdrawal = table.withdrawal_of(decision.id)
    if withdrawal:
        raise Rejected(Problem.WITHDRAWN, f"taken back by {withdrawal.decision.id} before it arrived")
    # Repeating a release that led to the lock changes nothing; after Tier0's own lock there is nothing to release.
    if tier0.is_closed and not current(table.of_run(decision.run), Action.RELEASE, now):
        raise _too_late(decision.run, tier0)


def _judge_hold(table: Table, decision: Decision, tier0: RunState, now: datetime) -> None:
    if decision.expires_at is not None and decision.expires_at <= now:
        raise Rejected(Problem.EXPIRED, f"the hold ended at {iso(decision.expires_at)}; it is {iso(now)}")
    if tier0.is_closed:
        raise _too_late(decision.run, tier0)


def _judge_withdraw(table: Table, decision: Decision, tier0: RunState, now: datetime) -> None:
    # A withdraw of what never arrived is stored too: the message may still be on its way, and is then refused.
    target = table.find(decision.withdraws or "")
    if target and (target.decision.run != decision.run or target.decision.action is Action.WITHDRAW):
        raise Rejected(Problem.MALFORMED, f"data.withdraws: not a release or hold of run {decision.run}")
    if tier0.is_closed:
        raise _too_late(decision.run, tier0)


_JUDGE = {Action.RELEASE: _judge_release, Action.HOLD: _judge_hold, Action.WITHDRAW: _judge_withdraw}


def _too_late(run: int, tier0: RunState) -> Rejected:
    return Rejected(Problem.TOO_LATE, f"run {run} is already {'released' if tier0.released else 'locked'}")


def current(of_run: Sequence[Stored], action: Action, now: datetime) -> list[Stored]:
    """The releases or holds that count now, at most one per primary dataset: the latest, unless withdrawn or ended.

    Nothing older comes back when the latest is withdrawn: whoever takes back a word does not mean the word before it.
    """
    withdrawn = {s.decision.withdraws for s in of_run}
    latest = {s.decision.primary_dataset: s for s in of_run if s.decision.action is action}
    return [s for s in latest.values() if s.decision.id not in withdrawn and not _has_ended(s.decision, now)]


def state_of(stored: Stored, of_run: Sequence[Stored], tier0: RunState, now: datetime) -> State:
    """Computed whenever it is asked, so that it cannot differ from what counts."""
    decision = stored.decision
    if decision.action is Action.WITHDRAW:
        return State.APPLIED if any(s.decision.id == decision.withdraws for s in of_run) else State.RECORDED
    if any(s.decision.withdraws == decision.id for s in of_run):
        return State.WITHDRAWN
    if stored not in current(of_run, decision.action, now):
        return State.EXPIRED if _has_ended(decision, now) else State.SUPERSEDED
    if decision.action is Action.HOLD:
        return State.RECORDED if tier0.is_closed else State.APPLIED
    if tier0.is_closed:
        return State.APPLIED
    return State.BLOCKED if tier0.blocker_of(decision.run) is not None else State.RECORDED


def _has_ended(decision: Decision, now: datetime) -> bool:
    return decision.expires_at is not None and decision.expires_at <= now
