"""One coherent period of data taking, moved on by whoever owns the clock and read by the simulators.

Everything that happens is decided by the scenario, its seed, and what the receiver accepted; `advance` makes it happen
in time order. The run numbers below the scenario's first run are history: by default one closed and locked run, so that
Tier0's first condition-safe run is defined; what history was calibrated with is not simulated, only that older
intervals are open in every tag.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from threading import RLock, local

from probes.simulation import dropbox
from probes.simulation.again import Again
from probes.simulation.changes import Replay, Rewrite
from probes.simulation.conditions_file import ConditionsFile, Interval, since_of_time
from probes.simulation.faults import Faults
from probes.simulation.moment import Moment, run_before
from probes.simulation.plan import build_history, build_runs
from probes.simulation.scenario import Scenario, unknown_numbers, unknown_products
from probes.simulation.tags import global_tags, tags_of
from probes.simulation.tier0_clock import Decisions, NoDecisions, Tier0Clock, first_safe_run, tier0_agents
from probes.simulation.truth import SimProduct, SimRun, Started, Upload
from spy.domain.errors import ConfigError
from spy.domain.product import OnlineTag, Product

INHERITED = 1000
"""How many runs before the first one the interval begins that every tag holds from the start."""
INHERITED_AGE = timedelta(days=30)


class World:
    """The simulated world; see `Moment` for what a simulator reads.

    `as_of(moment)` shows the calling thread an earlier state for the length of a `with` block.
    """

    instance = "prod"

    def __init__(
        self,
        scenario: Scenario,
        products: Mapping[str, Product],
        conditions_path: Path,
        decisions: Decisions | None = None,
        seed: int | None = None,
        online: Sequence[OnlineTag] = (),
    ) -> None:
        mistakes = unknown_products(scenario, products) + unknown_numbers(scenario, products)
        if mistakes:
            raise ConfigError(mistakes)
        self.scenario = scenario
        self.products = products
        self.conditions_path = conditions_path
        self.tags = tags_of(products)
        self.global_tags = scenario.changes.maps(global_tags(self.tags))
        begin = min([scenario.start, *(run.start for run in scenario.runs)])
        first = scenario.runs[0].number if scenario.runs else 1
        history = build_history(scenario, first, begin)
        runs = build_runs(scenario, products, scenario.seed if seed is None else seed)
        self._present = Moment(begin - timedelta(seconds=1), runs, history, [])
        self._newest: dict[str, str] = {}
        """Tag to the payload that came last."""
        self._shown = local()
        self._lock = RLock()
        self._order = count()
        self._agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        waiting = [run for run in runs if run.transferred and run.datasets]
        self._agents = tier0_agents(scenario, waiting, decisions or NoDecisions())
        self._past = lru_cache(maxsize=32)(self._moment_before)
        self.online = online
        fills = [run.fill_end for run in runs]
        faults = Faults(scenario.faults)
        self.conditions = ConditionsFile(
            conditions_path, self.tags, scenario.tags, online, faults, fills, self.global_tags
        )
        self._inherit(first - max(INHERITED, len(history) + 1), begin - INHERITED_AGE)
        self._plan_uploads()
        self._plan_rewrites()
        self.advance(scenario.start)

    def close(self) -> None:
        self.conditions.close()

    # --- what simulators read ---------------------------------------------------------------------------------------

    @property
    def _moment(self) -> Moment:
        shown: Moment | None = getattr(self._shown, "moment", None)
        return shown or self._present

    @property
    def now(self) -> datetime:
        return self._moment.now

    @property
    def runs(self) -> list[SimRun]:
        """All runs of the scenario, sorted by number, also those that have not begun."""
        return self._moment.runs

    @property
    def history(self) -> list[SimRun]:
        """Closed runs before the scenario's first one, sorted by number."""
        return self._moment.history

    @property
    def uploads(self) -> list[Upload]:
        """All files so far, oldest first."""
        return self._moment.uploads

    def visible_runs(self) -> list[SimRun]:
        """Runs that have begun, history included, sorted by number."""
        moment = self._moment
        return moment.history + [run for run in moment.runs if run.start <= moment.now]

    def first_safe_run(self) -> int | None:
        """Tier0's `firstconditionsaferun`; None if no run was ever locked."""
        return self._first_safe_run_of(self._moment)

    @property
    def prompt_enabled(self) -> bool:
        """Tier0's `promptreco_status`."""
        return self._agents[0].enabled(self.now)

    # --- what the receiver at Tier0 asks ----------------------------------------------------------------------------

    def known(self, run: int) -> bool:
        return self._find(run) is not None

    def stopped(self, run: int) -> bool:
        found = self._find(run)
        return found is not None and found.end is not None and found.end <= self.now

    def locked(self, run: int) -> bool:
        found = self._find(run)
        return found is not None and found.locked_at is not None

    def released(self, run: int) -> bool:
        found = self._find(run)
        return found is not None and found.started_at is not None

    def lowest_waiting(self) -> int | None:
        """Of the main agent."""
        run = self._agents[0].lowest_waiting(self.now)
        return run.number if run else None

    def _find(self, number: int) -> SimRun | None:
        return next((run for run in self.visible_runs() if run.number == number and run.transferred), None)

    # --- the past ---------------------------------------------------------------------------------------------------

    @contextmanager
    def as_of(self, moment: datetime) -> Iterator[None]:
        """Show the calling thread the world as it was at a moment that is over."""
        before = getattr(self._shown, "moment", None)
        self._shown.moment = self._past(moment)
        try:
            yield
        finally:
            self._shown.moment = before

    def _moment_before(self, moment: datetime) -> Moment:
        present = self._present
        if moment > present.now:
            raise ValueError(f"{moment} has not come yet, it is {present.now}")
        return Moment(
            now=moment,
            runs=[run_before(run, moment) for run in present.runs],
            history=[run_before(run, moment) for run in present.history],
            uploads=[upload for upload in present.uploads if upload.at <= moment],
        )

    # --- time passes ------------------------------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Let everything happen up to and including `now`; an earlier `now` changes nothing."""
        with self._lock:
            while now > self._present.now:
                event = self._agenda[0][0] if self._agenda else None
                horizon = now if event is None else min(event, now)
                found = [agent.next_lock(self._present.now, horizon) for agent in self._agents]
                first = min((lock[0] for lock in found if lock), default=None)
                if first is not None:
                    self._set_now(first)
                    for agent, locked in zip(self._agents, found, strict=True):
                        if locked and locked[0] == first:
                            self._lock_datasets(agent, *locked)
                if event is not None and event == horizon and (first is None or first == event):
                    self._set_now(event)
                    self._happen(event)
                elif first is None:
                    self._set_now(now)
            self.conditions.beat(now)

    def _set_now(self, now: datetime) -> None:
        self._present = replace(self._present, now=now)

    def _happen(self, moment: datetime) -> None:
        while self._agenda and self._agenda[0][0] <= moment:
            at, _, act = heapq.heappop(self._agenda)
            act(at)

    def _at(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._order), act))

    def _lock_datasets(self, agent: Tier0Clock, at: datetime, run: SimRun, datasets: Sequence[str]) -> None:
        run.locked_at = run.locked_at or at
        for name in datasets:
            run.dataset_locked[name] = at
            self._at(agent.start_after_lock(run, name, at), self._start_of(run, name))

    def _start_of(self, run: SimRun, dataset: str) -> Callable[[datetime], None]:
        def start(at: datetime) -> None:
            run.started_at = run.started_at or at
            global_tag, cmssw = self.scenario.changes.prompt(run.era, at)
            started = Started(at, global_tag or run.prompt_global_tag, cmssw or run.cmssw)
            run.dataset_started = {**run.dataset_started, dataset: started}

        return start

    def _inherit(self, run: int, at: datetime) -> None:
        sinces = {"run": run, "lumi": (run << 32) | 1, "time": since_of_time(at)}
        self.conditions.insert([(tag.name, sinces[tag.base], f"{run:040x}") for tag in self.tags.values()], at)
        self.conditions.insert([(tag.name, sinces["time"], f"{run:040x}") for tag in self.online], at)

    def _plan_uploads(self) -> None:
        for run in self._present.runs:
            for product in run.products:
                if product.uploaded is not None:
                    self._at(product.uploaded, self._upload_of(run, product))
                for again in product.again:
                    self._at(again.at, self._upload_of(run, product, again))

    def _plan_rewrites(self) -> None:
        for rewrite in self.scenario.changes.rewrites:
            self._at(rewrite.at, self._rewriting_of(rewrite))

    def _rewriting_of(self, rewrite: Rewrite) -> Callable[[datetime], None]:
        def write(at: datetime) -> None:
            for run in self._present.runs:
                if run.number == rewrite.run:
                    run.stream_done = {**run.stream_done, rewrite.stream: rewrite.done}

        return write

    @property
    def replays(self) -> list[Replay]:
        """Of runs that a replay instance of Tier0 has begun to process."""
        return [replay for replay in self.scenario.changes.replays if replay.at <= self.now]

    def _upload_of(self, run: SimRun, product: SimProduct, again: Again | None = None) -> Callable[[datetime], None]:
        last = again.lumis if again else product.lumis

        def upload(at: datetime) -> None:
            plan = self.products[product.name]
            tags = [self.tags[tag] for tag in plan.destination_tags]
            file = dropbox.handle(product, run, at, tags, self._first_safe_run_now(), again)
            if again is None or again.by == "tier0":
                self._present.uploads.append(file)
            pairs = zip(file.tags, tags, strict=True)
            wanted = [dropbox.intervals(file, r, t, run, plan.tail_lumis, last) for r, t in pairs]
            if product.repeats and again is None:
                wanted = [[(tag, since, self._newest.get(tag, new)) for tag, since, new in some] for some in wanted]
            self._newest |= {tag: payload for some in wanted for tag, _, payload in some}
            landed = self.conditions.insert([interval for some in wanted for interval in some], at, product.size_bytes)
            if product.vanishes is not None and landed and again is None:
                self._at(max(product.vanishes, at), self._vanishing_of(landed))

        return upload

    def _vanishing_of(self, landed: list[Interval]) -> Callable[[datetime], None]:
        return lambda at: self.conditions.delete(landed, at)

    def _first_safe_run_now(self) -> int | None:
        return self._first_safe_run_of(self._present)

    def _first_safe_run_of(self, moment: Moment) -> int | None:
        runs = moment.at_tier0()
        wrong = [u for u in self.scenario.changes.unlocked if u.covers(moment.now)]
        shown = {number for unlocked in wrong for number in unlocked.runs or [run.number for run in runs]}
        return first_safe_run(runs, shown)
