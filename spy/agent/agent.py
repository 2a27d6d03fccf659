"""The agent: takes looks in, writes decisions and messages in one transaction, and sees their effect.

One thread calls `take` and `tick`; looks come from many. Nothing here reads the clock: `now` is an argument, so that
the same code runs in real and in virtual time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from spy.agent import observe, observed, opening, reconcile
from spy.agent.basis import Basis, Loaded, packed
from spy.agent.board import Board, in_rounds
from spy.agent.carry import carry_out
from spy.agent.decide import beside, judge
from spy.agent.handle import accepted_holds, end_by_tag, handle_acts
from spy.agent.messages import Judged, blocked_rows
from spy.agent.settings import Settings
from spy.domain.act import Act, Do
from spy.domain.release import Stage
from spy.domain.verdict import State, Verdict
from spy.probe import Open, OpenRun, Probe
from spy.rules.rulebook import Rulebook
from spy.store import acts, decisions, lease, ledger, outbox
from spy.store.engine import reading, writing
from spy.store.ledger import Look
from spy.store.types import unpacked

log = logging.getLogger(__name__)


class Agent:
    def __init__(
        self,
        store: Engine,
        book: Rulebook,
        settings: Settings,
        probes: Mapping[str, Probe],
        asks: Mapping[str, Any],
        me: str,
    ) -> None:
        self.store = store
        self.book = book
        self.settings = settings
        self.probes = probes
        self.asks = asks
        """Probe name to its connection."""
        self.me = me
        self.board = Board(settings.instance)
        self.judged: dict[int, Judged] = {}
        self.releases: dict[int, Any] = {}
        """Rows of `release` of open runs, as last read or written."""
        self.posted = 0
        """Messages queued so far: whoever delivers sees whether there is something new."""
        self.held: dict[int, datetime] = {}
        """Run to the end of a hold that Tier0 accepted, also when that is over."""
        self.evidence = 0
        """Id of the newest evidence on the board."""
        self.loaded = Loaded()
        self.begun: dict[int, int] = {}
        """Runs opened since we lead, to the evidence id after which their facts count."""
        self.bases: dict[int, Basis] = {}
        """What the newest verdict of each run stands on."""
        self._acts: object = None
        self.awaits_a_hand = False
        """Some run is kept back for an interval that a person is to insert: time alone may show that it is one."""
        self.asked_started: dict[str, datetime] = {}
        """Probe name to its last good look that asked about started runs too."""
        self.fence = 0
        """Our fencing token; 0: we do not lead, and neither decide nor send."""

    # --- life ---------------------------------------------------------------------------------------------------

    def lead(self, now: datetime, lease_now: datetime | None = None) -> bool:
        """Take or renew the lead. Who comes to lead reads everything anew: another one may have gone on meanwhile.

        `lease_now` is real time where `now` is a faster, simulated one.
        """
        with writing(self.store) as connection:
            token = lease.hold(connection, self.me, lease_now or now) or 0
        if token == self.fence:
            return bool(token)
        # Who looks meanwhile would see half a board: nobody looks before all is read.
        self.fence = 0
        if token:
            self._load()
            self.fence = token
            self._decide(set(self.board.runs), now)
        return bool(token)

    def _load(self) -> None:
        """What the store holds. Decisions are compared with the stored ones, so that a change nobody wrote is found."""
        self.board, self.judged = Board(self.settings.instance), {}
        self.begun, self.bases = {}, {}
        with reading(self.store) as connection:
            self.evidence = ledger.newest_id(connection)
            self.loaded = Loaded(self.evidence, ledger.last_good(connection))
            self.board.load(0, ledger.evidence_of_run(connection, 0))
            runs = ledger.open_runs(connection)
            for row in ledger.of_earlier_runs(connection, min(runs, default=ledger.highest_run(connection))):
                self.board.earlier.learn(row.subject, row.name, unpacked(row.value))
            for run in runs:
                self.board.load(run, ledger.evidence_of_run(connection, run))
            for row in decisions.newest(connection, runs).values():
                self.judged[row.run] = Judged(decisions.as_verdict(row), row.revision, row.at)
            self.read_releases(connection)

    def read_releases(self, connection: Connection) -> None:
        self.releases = {row.run: row for row in decisions.releases(connection, self.board.runs).values()}

    # --- observe ------------------------------------------------------------------------------------------------

    def open_for(self, probe: Probe, now: datetime) -> Open:
        """The open subjects as this probe gets them."""
        runs = self.board.runs if self._is_time_for_started(probe, now) else self._without_started(self.board.runs)
        first_safe = self.board.value(0, "first_safe_run")
        return Open(
            now=now,
            runs=[self._open_run(run, probe) for run in runs],
            products=self.book.products,
            instance=self.settings.instance,
            first_safe_run=first_safe if isinstance(first_safe, int) else None,
            gating=self.book.gating,
            online_tags=self.book.online_tags,
            helper_datasets=self.settings.clock.helpers,
            services=self.board.facts[0],
            seen_locked=observed.highest_locked(self),
        )

    def _is_time_for_started(self, probe: Probe, now: datetime) -> bool:
        if probe.started_every is None:
            return False
        last = self.asked_started.get(probe.name)
        return last is None or now - last >= probe.started_every

    def _without_started(self, runs: Sequence[int]) -> list[int]:
        return [run for run in runs if run not in self.releases or self.releases[run].stage != Stage.STARTED]

    def _open_run(self, run: int, probe: Probe) -> OpenRun:
        """Of a run that is on its way to Tier0, what is final is asked for again each time: rows may be rewritten."""
        found = self.board.open_run(run, self.settings.prompt_global_tags)
        row = self.releases.get(run)
        is_going = row is not None and Stage(row.stage).is_on_its_way and probe.name in reconcile.ASKED_ANEW
        return reconcile.own_not_final(found, probe.name) if is_going else found

    def look(self, name: str, now: datetime) -> Look:
        """One look through one probe; safe in any thread, never raises."""
        return self._look(name, now, lambda open_: open_)

    def look_anew(self, name: str, now: datetime) -> Look:
        """One look that asks also for what is final; of that it brings only what contradicts."""
        look = self._look(name, now, lambda open_: reconcile.nothing_final(open_, name))
        return reconcile.contradicted(look, self.board.latest)

    def _look(self, name: str, now: datetime, about: Callable[[Open], Open]) -> Look:
        # Whose lead it is counts from the moment when the open runs are read.
        probe, fence = self.probes[name], self.fence
        seen = observe.look(probe, self.asks[name], about(self.open_for(probe, now)), self.board.latest)
        return replace(reconcile.without_older(seen, self.board.latest), fence=fence)

    # --- decide -------------------------------------------------------------------------------------------------

    def take(self, looks: Sequence[Look], now: datetime) -> None:
        """Append looks, decide what they touch, queue what follows: one transaction, then the board follows."""
        for batch in in_rounds(looks):
            self._take([look for look in batch if self._counts(look)], now)

    def _counts(self, look: Look) -> bool:
        """Not one of an earlier leadership, which asked about other runs, and none older than what we know."""
        return look.fence in (0, self.fence) and look.at >= self.board.looked.get(look.probe, look.at)

    def _take(self, looks: Sequence[Look], now: datetime) -> None:
        with writing(self.store) as connection:
            lease.insist(connection, self.fence)
            taken = []
            for look in looks:
                changed = self.board.changes(look)
                ledger.append(connection, look, changed)
                taken.append((look, changed))
            before = newest = self.evidence
            if any(changed for _, changed in taken):
                newest = ledger.newest_id(connection)
        self.evidence = newest
        touched: set[int] = set()
        neighbours = beside(self.board)
        for look, changed in taken:
            touched |= self.board.apply(look, changed)
            if not look.problem and len(self._without_started(look.runs)) < len(look.runs):
                self.asked_started[look.probe] = look.at
        if touched:
            opening.open_new(self, touched, before, now)
            # A new run may end what the one below waits for; any other turn concerns those above.
            turned = [run for run, told in beside(self.board).items() if told != neighbours.get(run)]
            is_new = any(run not in neighbours for run in turned)
            behind = {run for run in self.board.runs if turned and run > min(turned)}
            self._decide(set(self.board.runs) if 0 in touched or is_new else touched | behind, now)

    def tick(self, now: datetime) -> None:
        """Time passing is an observation too: staleness, ends of acts, deadlines. Costs little without news."""
        due = {run for run, j in self.judged.items() if _is_due(j, now) and not self._is_closed(run)}
        with reading(self.store) as connection:
            standing = acts.standing(connection, now)
        if due or self.awaits_a_hand or standing != self._acts or observed.is_wrong(self, now):
            # A new act, or one that has ended, concerns runs whose time has not come by itself.
            due = due if standing == self._acts else set(self.judged)
            self._acts = standing
            self._decide(due, now)
        if closed := opening.close_old(self, now):
            # Nobody waits for them any more.
            self._decide({run for run in self.board.runs if run > min(closed)}, now)

    def post(self, connection: Connection, **row: Any) -> bool:
        """Queue one message in the transaction that causes it; False if it was queued before.

        A shadow agent records what it would tell Tier0, and sends only mail.
        """
        if row["kind"] != "mail" and not self.settings.is_live:
            row["status"] = "shadow"
        is_new = outbox.put(connection, **row)
        self.posted += is_new
        return is_new

    def follow(self, now: datetime) -> None:
        """Plan anew after deliveries: an accepted run frees the next one."""
        self._decide(set(), now)

    def _decide(self, runs: set[int], now: datetime) -> None:
        """Judge runs, move releases by what was observed, plan, and write all of it together."""
        with writing(self.store) as connection:
            lease.insist(connection, self.fence)
            self.read_releases(connection)
            self.held = accepted_holds(connection, [row.chunk for row in self.releases.values()])
            end_by_tag(self, connection, now)
            active = acts.active(connection, now)
            for run in sorted(runs & set(self.releases)):
                self._judge(connection, run, active, now)
            handle_acts(self, connection, active, now)
            observed.confirm(self, connection, now)
            carry_out(self, connection, active, now)
            self.read_releases(connection)

    def _is_closed(self, run: int) -> bool:
        return Stage(self.releases[run].stage).is_closed

    def _judge(self, connection: Connection, run: int, active: Sequence[Act], now: datetime) -> None:
        if self._is_closed(run):
            return
        verdict = self.judge(run, active, now)
        before = self.judged.get(run)
        if before and before.verdict.says_the_same_as(verdict):
            self.judged[run] = Judged(verdict, before.revision, before.at)
            return
        self.record(connection, run, verdict, now)
        if verdict.state is State.BLOCKED and not any(act.do is Do.SILENCE and act.concerns(run) for act in active):
            for row in blocked_rows(self.settings, self.judged[run], self.book.products, self.fence, now):
                self.post(connection, **row)

    def judge(self, run: int, active: Sequence[Act], now: datetime) -> Verdict:
        """The verdict now; what it stands on is kept for its record."""
        held_until = self.held.get(run)
        self.bases[run] = Basis(
            now=now,
            evidence=self.evidence,
            loaded=self.loaded,
            begun={number: self.begun.get(number, 0) for number in self.board.runs},
            renewed=self.board.renewed,
            facts=(len(self.board.facts[0]), len(self.board.facts[run]), self.board.earlier.count(run)),
            waivers=[act.id for act in active if act.do is Do.WAIVE and act.concerns(run)],
            held_until=held_until,
        )
        return judge(self.board, self.book, self.settings, run, active, now, held_until)

    def record(self, connection: Connection, run: int, verdict: Verdict, now: datetime) -> None:
        """A new revision of a chunk's decision."""
        before = self.judged.get(run)
        revision = (before.revision if before else 0) + 1
        basis = packed(self.bases[run])
        decisions.record(connection, verdict, revision, now, self.book.hash, self.fence, basis)
        self.judged[run] = Judged(verdict, revision, now)


def _is_due(judged: Judged, now: datetime) -> bool:
    """Whether time alone may have changed a verdict."""
    return judged.verdict.due_at is not None and judged.verdict.due_at <= now
