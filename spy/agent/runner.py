"""The agent in real time: APScheduler fires looks in threads, one thread owns the agent, another delivers."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from spy.agent.agent import Agent
from spy.agent.deliver import Deliverer, Sender
from spy.agent.last_look import may_send
from spy.channels.post import Post
from spy.clock import monotonic, utc_now
from spy.domain.errors import SpyError
from spy.store import lease, notes
from spy.store.engine import writing
from spy.store.ledger import Look

log = logging.getLogger(__name__)

RENEW_S = 5.0
"""How often the lead is renewed; three chances before it ends."""
_TICK = "tick"


class DaemonExecutor(BaseExecutor):  # type: ignore[misc]
    """One daemon thread per running job: a source that hangs must not hold the end of the program."""

    def _do_submit_job(self, job: Any, run_times: Any) -> None:
        def work() -> None:
            try:
                events = run_job(job, job._jobstore_alias, run_times, self._logger.name)
            except BaseException as failed:
                self._run_job_error(job.id, failed, failed.__traceback__)
            else:
                self._run_job_success(job.id, events)

        threading.Thread(target=work, daemon=True, name=f"look-{job.id}").start()


class Runner:
    def __init__(
        self,
        agent: Agent,
        webhook: Sender | None,
        post: Post,
        clock: Callable[[], datetime],
        tick: timedelta,
        jitter: Callable[[], float],
        speed: float = 1.0,
        reconcile: timedelta = timedelta(hours=4),
    ) -> None:
        """`clock` tells the agent's time; `speed` is how much faster than real time it runs (simulated worlds)."""
        self.agent = agent
        self.clock = clock
        self.tick = tick
        self.speed = speed
        self.reconcile = reconcile
        """How often what is final is asked for once more."""
        self.trouble = ""
        """Why nothing is decided at the moment; empty if all is well."""
        self.deliverer = Deliverer(agent.store, webhook, post, self._may_send, jitter, clock)
        self._work: queue.SimpleQueue[tuple[Callable[[], None], Future[None]] | Look | None] = queue.SimpleQueue()
        self._skipped: set[str] = set()
        """Probes whose look was due, or lost, while we did not lead; made up for as soon as we do."""
        self._stop = threading.Event()
        self._due = threading.Event()
        self._scheduler = BackgroundScheduler(executors={"default": DaemonExecutor()}, timezone="UTC")
        self._threads = [
            threading.Thread(target=self._own, daemon=True, name="agent"),
            threading.Thread(target=self._deliver, daemon=True, name="deliver"),
        ]

    def start(self) -> None:
        """Begin to look, decide and deliver; returns at once."""
        self._scheduler.add_listener(self._missed, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        now = utc_now()
        for number, (name, probe) in enumerate(sorted(self.agent.probes.items(), key=lambda p: p[1].every)):
            # A fixed grid with a fixed offset per probe, so that not all ask in the same second.
            self._add(name, self._look, (name,), probe.every, now + timedelta(seconds=0.2 * number))
            first = now + self.reconcile / self.speed
            self._add(f"{name} anew", self._look_anew, (name,), self.reconcile, first)
        self._add(_TICK, self._tick, (), self.tick, now + self.tick / self.speed)
        for thread in self._threads:
            thread.start()
        self._scheduler.start()

    def _add(
        self, name: str, work: Callable[..., None], args: tuple[Any, ...], every: timedelta, first: datetime
    ) -> None:
        self._scheduler.add_job(
            work,
            "interval",
            args=args,
            id=name,
            seconds=every.total_seconds() / self.speed,
            next_run_time=first,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=max(1, int(every.total_seconds() / 2)),
        )

    def wait(self) -> None:
        self._stop.wait()

    def stop(self) -> None:
        """End within seconds: nothing new begins, what hangs is left behind, the lead is given up."""
        self._stop.set()
        self._due.set()
        self._work.put(None)
        self._scheduler.shutdown(wait=False)
        for thread in self._threads:
            thread.join(timeout=2)
        try:
            with writing(self.agent.store) as connection:
                lease.give_up(connection, self.agent.me, utc_now())
        except SpyError as broken:
            log.warning("the lead could not be given up, it ends by itself: %s", broken)

    # --- in scheduler threads ---------------------------------------------------------------------------------------

    def _look(self, name: str) -> None:
        if self.agent.fence:
            self._work.put(self.agent.look(name, self.clock()))
        else:
            self._skipped.add(name)

    def _look_anew(self, name: str) -> None:
        if self.agent.fence:
            self._work.put(self.agent.look_anew(name, self.clock()))

    def _tick(self) -> None:
        self._in_agent(lambda: self.agent.tick(self.clock()))
        self._due.set()

    def _missed(self, event: JobEvent) -> None:
        """A look that did not happen is a look too."""
        probe = self.agent.probes.get(event.job_id)
        if probe is not None:
            what = "the look before has not ended" if event.code == EVENT_JOB_MAX_INSTANCES else "the look was missed"
            self._work.put(Look(probe.name, probe.service, self.clock(), problem=what, every=probe.every))

    # --- in the agent's thread ----------------------------------------------------------------------------------------

    def _own(self) -> None:
        renewed = float("-inf")
        while not self._stop.is_set():
            if monotonic() - renewed >= RENEW_S or not self.agent.fence:
                renewed = monotonic()
                self._guarded(lambda: self.agent.lead(self.clock(), utc_now()))
            if self.agent.fence:
                self._catch_up()
            batch = self._batch()
            looks = [item for item in batch if isinstance(item, Look)]
            if looks and self.agent.fence:
                self._guarded(partial(self._take, looks))
            if not self.agent.fence:
                self._skipped.update(look.probe for look in looks)
            for item in batch:
                if isinstance(item, tuple):
                    self._guarded(partial(self._answer, *item))

    def _catch_up(self) -> None:
        """Who comes to lead looks at once: a start behind another's lease must not wait a whole period."""
        while self._skipped:
            with suppress(JobLookupError):  # the scheduler has ended meanwhile
                self._scheduler.modify_job(self._skipped.pop(), next_run_time=utc_now())

    def _take(self, looks: Sequence[Look]) -> None:
        now = self.clock()
        self.agent.take(looks, now)
        with writing(self.agent.store) as connection:
            notes.put(connection, notes.HEARTBEAT, self.agent.me, now)
        self._due.set()

    def _batch(self) -> list[Any]:
        """Whatever waits, at most a second's patience: that is the group commit."""
        batch: list[Any] = []
        try:
            batch.append(self._work.get(timeout=1))
            while True:
                batch.append(self._work.get_nowait())
        except queue.Empty:
            return batch

    def _guarded(self, act: Callable[[], Any]) -> None:
        """Our own store may fail: then nothing is decided and nothing is sent, and it is said.

        Without its lead the agent reads everything anew before it goes on: what it holds may be half a step ahead.
        """
        try:
            act()
            self.trouble = ""
        except SpyError as broken:
            self._give_up(str(broken))
        except Exception as defect:
            log.exception("a defect of this program")
            self._give_up(f"{type(defect).__name__}: {defect}")

    def _give_up(self, why: str) -> None:
        self.trouble = why
        self.agent.fence = 0
        log.error("nothing is decided or sent: %s", why)

    @staticmethod
    def _answer(act: Callable[[], None], future: Future[None]) -> None:
        try:
            act()
        except Exception as failed:
            future.set_exception(failed)
            raise
        future.set_result(None)

    def _in_agent(self, act: Callable[[], None], patience: timedelta = timedelta(seconds=30)) -> None:
        """Have the agent's thread do something, and wait for it."""
        future: Future[None] = Future()
        self._work.put((act, future))
        future.result(timeout=patience.total_seconds())

    # --- in the delivery thread -------------------------------------------------------------------------------------

    def _may_send(self, row: Any, now: datetime) -> str:
        return may_send(self.agent, row, now, lambda looks, at: self._in_agent(lambda: self.agent.take(looks, at)))

    def _deliver(self) -> None:
        while not self._stop.is_set():
            self._due.wait(timeout=1)
            self._due.clear()
            try:
                self._drain()
            except Exception as broken:
                # The outbox keeps every row; the next pass takes them up again.
                log.error("delivery interrupted: %s", broken)

    def _drain(self) -> None:
        """Consecutive ready runs go out in one pass: each acceptance frees the next one."""
        while self.agent.fence and not self._stop.is_set() and self.deliverer.deliver(self.clock(), self.agent.fence):
            self._in_agent(lambda: self.agent.follow(self.clock()))
