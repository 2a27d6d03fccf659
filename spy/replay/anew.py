"""The past once more, look by look, under any rules: each run is judged at every moment at which something changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from spy.agent.board import Board
from spy.agent.decide import lower_run, situation_of
from spy.agent.settings import Settings
from spy.clock import iso
from spy.domain.earlier import FACTS
from spy.domain.subject import run_of
from spy.replay.again import facts_on, missing
from spy.replay.looks import PastLook, about_services_before, first_evidence, past_looks
from spy.replay.people import People
from spy.replay.stored import Mark, Stored
from spy.replay.watch import FOREVER, Watch, beside
from spy.rules.evaluate import of_view
from spy.rules.rulebook import Rulebook
from spy.rules.situation import Situation
from spy.rules.view import View
from spy.store.ledger import Look, as_evidence, of_earlier_runs
from spy.store.types import unpacked

LATE = timedelta(minutes=15)
"""A run is opened at most so long after the look that told of it."""


class Anew:
    """Goes look by look through the past, with the board that the agent had."""

    def __init__(self, connection: Connection, stored: Stored, book: Rulebook, settings: Settings) -> None:
        self.connection, self.stored, self.settings = connection, stored, settings
        # Products that no class requires are shown and decide nothing: they are left out here, which halves the work.
        self.book = replace(book, products={n: p for n, p in book.products.items() if n in book.gating})
        self.board = Board(settings.instance)
        self.people = People(connection)
        self.newest: dict[int, dict[tuple[str, str], Any]] = {0: {}}
        """Newest row of each fact, by run: what an agent reads that comes to lead."""
        self.watches = {
            one.run: Watch(one.run, one.until or FOREVER, self.people.turns(one.run)[::-1])
            for one in stored.runs.values()
            if not one.missing
        }
        self.open: dict[int, Watch] = {}
        self._told_earlier: list[Any] = []
        """What runs below those on the board will still tell, the next one last."""
        self.marks, self.loads = stored.marks[::-1], sorted(stored.loads, reverse=True)
        self.loaded = self.loads.pop() if self.loads else 0
        self.evidence = 0
        """Id of the newest evidence on the board."""
        self.judged = 0
        """How many verdicts were made."""
        self.at = datetime.min.replace(tzinfo=UTC)

    def walk(self) -> dict[int, Watch]:
        beside = self.stored.neighbours
        runs, since = (min(beside), max(beside)), min(opened for opened, _ in beside.values())
        first = first_evidence(self.connection, runs)
        before = about_services_before(self.connection, first)
        self.newest[0] = {(row.subject, row.name): row for row in before}
        self.board.load(0, [as_evidence(row, {}) for row in before])
        lower = (row for row in of_earlier_runs(self.connection, runs[0]) if row.run < runs[0])
        self._told_earlier = sorted(lower, key=lambda row: row.id, reverse=True)
        self._learn_earlier(first - 1)
        ends = {mark.basis.evidence for mark in self.marks}
        for look in past_looks(self.connection, runs, first, since - timedelta(hours=1), ends):
            self._until(max(look.at, self.at))
            if look.rows:
                self._compare_before(look.rows[0].id)
            self._take(look)
        self._compare_marks(FOREVER, None)
        return {run: watch for run, watch in self.watches.items() if not self.stored.runs[run].missing}

    # --- time passes ------------------------------------------------------------------------------------------------

    def _until(self, moment: datetime) -> None:
        """Judge whatever time alone changes before the next look."""
        while self.open and (due := min(self.open.values(), key=lambda watch: watch.due_at)).due_at < moment:
            self.at = max(due.due_at, self.at)
            self._close()
            if due.run in self.open and due.is_due(self.board, self.settings.believed_for):
                self._judge(due)
        self.at = moment
        self._close()

    def _close(self) -> None:
        """What is over is judged no more, and a closed run is nobody's lower run."""
        for run in [r for r in self.board.facts if r]:
            closed_at = self.stored.neighbours[run][1]
            if closed_at is not None and closed_at <= self.at:
                self._compare_marks(closed_at, None)
                self.board.drop(run)
                self.open.pop(run, None)
        for run in [run for run, watch in self.open.items() if watch.until <= self.at]:
            del self.open[run]

    # --- looks ------------------------------------------------------------------------------------------------------

    def _learn_earlier(self, evidence: int) -> int:
        """What was told of runs below up to this id; the lowest run that was told of, 0: none."""
        told = 0
        while self._told_earlier and self._told_earlier[-1].id <= evidence:
            row = self._told_earlier.pop()
            self.board.earlier.learn(row.subject, row.name, unpacked(row.value))
            told = min(told or row.run, row.run)
        return told

    def _take(self, look: PastLook) -> None:
        """Take over what a look brought, as the agent did, and judge whom it concerns."""
        lowest = self._learn_earlier(look.rows[-1].id) if look.rows else 0
        for row in look.rows:
            self.newest.setdefault(row.run, {})[row.subject, row.name] = row
            self.evidence = row.id
        rows = [row for row in look.rows if self._counts(row)]
        runs = {row.run for row in rows}
        known = {key for run in runs for key in self.board.facts.get(run, {})}
        around = {run: self.board.lower(run, lower_run) for run in runs & set(self.board.facts)}
        changed = [as_evidence(row, {}) for row in rows]
        limit = self.settings.believed_for.get(look.probe, timedelta.max)
        told = Look(look.probe, "", look.at, problem=look.problem, stale_after=limit, runs=tuple(self.board.runs))
        recovered = self.board.apply(told, changed) - runs
        if not changed and not recovered and not lowest:
            return
        self._open_new(runs)
        remembered = [run_of(e.subject) or 0 for e in changed if e.name in FACTS]
        lowest = min([run for run in (lowest, *remembered) if run], default=0)
        keys = {e.key for e in changed}
        new = {run_of(subject) or 0 for subject, _ in keys - known}
        moved = any(run not in around or self.board.lower(run, lower_run) != around[run] for run in runs - {0})
        for watch in list(self.open.values()):
            is_new = watch.verdict is None or watch.run in new or 0 in new or watch.run in recovered
            is_held = watch.is_held and 0 < lowest < watch.run
            concerns = is_held or not watch.read.isdisjoint(keys)
            if is_new or concerns or (moved and self._is_beside_another(watch)):
                self._judge(watch)

    def _counts(self, row: Any) -> bool:
        """Whether the agent had the row on its board: runs that it never opened, or not yet, or no more, are not."""
        if row.run == 0:
            return True
        opened_at, closed_at = self.stored.neighbours.get(row.run, (None, None))
        if opened_at is None or opened_at > self.at + LATE or (closed_at is not None and closed_at <= self.at):
            return False
        return bool(row.id > self.stored.begun.get(row.run, 0))

    def _open_new(self, runs: set[int]) -> None:
        for run in runs & set(self.watches):
            watch = self.watches[run]
            if watch.verdict is None and watch.until > self.at and not self.stored.runs[run].missing:
                self.open[run] = watch

    def _is_beside_another(self, watch: Watch) -> bool:
        return beside(self._situation(watch.run)) != watch.beside

    def _situation(self, run: int) -> Situation:
        waivers, held = self.people.waivers_at(run, self.at), self.people.held_until(run, self.at)
        return situation_of(self.board, self.settings, run, waivers, self.at, held)

    def _judge(self, watch: Watch) -> None:
        view = View(self._situation(watch.run), self.book.products, self.book.classes)
        watch.take(view, of_view(view, self.book))
        self.judged += 1

    # --- what the agent knew ------------------------------------------------------------------------------------------

    def _compare_before(self, evidence: int) -> None:
        """Up to here the board is that of the decisions which stood on older evidence than this."""
        while self.loads and self.loads[-1] < evidence:
            self._compare_marks(FOREVER, self.loaded)
            self._load(self.loads.pop())
        self._compare_marks(FOREVER, None)

    def _compare_marks(self, before: datetime, loaded: int | None) -> None:
        """Whether we have all that the stored decisions stood on, of this leadership only where one is named."""
        while self.marks and self.marks[-1].basis.evidence <= self.evidence and self.marks[-1].at < before:
            if loaded is not None and self.marks[-1].basis.loaded.evidence != loaded:
                return
            mark = self.marks.pop()
            one = self.stored.runs.get(mark.run)
            if one is not None and not one.missing:
                one.missing = self._what_is_gone(mark)
                if one.missing:
                    self.open.pop(mark.run, None)

    def _what_is_gone(self, mark: Mark) -> str:
        found = facts_on(self.board, mark.run)
        if gone := missing(found, mark.basis.facts):
            return f"evidence is gone: of what a decision at {iso(mark.at)} stood on the store still has {gone}"
        earlier = [s for s, at in mark.basis.renewed.items() if self.board.renewed.get(s, at - LATE) < at]
        return f"looks before {iso(mark.at)} are gone: those of {', '.join(sorted(earlier))}" if earlier else ""

    def _load(self, evidence: int) -> None:
        """An agent came to lead here, and read the newest row of each fact."""
        loaded = self.stored.loads[evidence]
        earlier, self.board = self.board.earlier, Board(self.settings.instance)
        self.loaded, self.board.earlier = evidence, earlier
        for run, rows in self.newest.items():
            opened_at, closed_at = self.stored.neighbours.get(run, (self.at, None))
            if opened_at <= self.at and (closed_at is None or closed_at > self.at):
                self.board.load(run, [as_evidence(row, loaded.good) for row in rows.values()])
        for watch in list(self.open.values()):
            self._judge(watch)
