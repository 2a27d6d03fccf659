"""A store filled by hand, with the agent's own functions: what the page, the API and the views are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from spy.app import open_agent_store
from spy.domain.act import Act, Do
from spy.domain.evidence import Evidence, Value
from spy.domain.release import Stage
from spy.domain.run import Chunk
from spy.domain.subject import Subject, of_product, of_run, of_service
from spy.domain.verdict import Outcome, Seen, State, Verdict
from spy.store import acts, decisions, ledger, notes, outbox
from spy.store.engine import writing
from spy.store.ledger import Look

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
REQUIRED = (
    "BeamSpotObjectHP_ByLumi",
    "SiPixelQualityFromDbRcd_prompt",
    "SiStripBadStrip_pcl",
    "SiPixelAliHG_pcl",
    "EcalPedestals_pcl",
)
FENCE = 1


class FilledStore:
    """Fill it a line per fact; `engine` is what the code under test gets."""

    def __init__(self, url: str, now: datetime = NOW) -> None:
        self.engine: Engine = open_agent_store(url)
        self.now = now
        self._revisions: dict[int, int] = {}
        with writing(self.engine) as connection:
            notes.put(connection, notes.MODE, "live", now - timedelta(days=1))

    def close(self) -> None:
        self.engine.dispose()

    def note(self, name: str, value: str) -> None:
        with writing(self.engine) as connection:
            notes.put(connection, name, value, self.now)

    def look(self, probe: str, *evidence: Evidence, ago: timedelta = timedelta(seconds=20), problem: str = "") -> None:
        at = self.now - ago
        every, stale_after = timedelta(minutes=2), timedelta(minutes=12)
        look = Look(probe, probe, at, evidence, problem, requests=3, every=every, stale_after=stale_after)
        with writing(self.engine) as connection:
            ledger.append(connection, look, evidence)
            notes.put(connection, notes.HEARTBEAT, "test", at)

    def services(self, **facts: Value) -> None:
        """Good looks of all probes; unless said otherwise Tier0 locked all below 398601 and its switch is on."""
        told = {"first_safe_run": 398601, "prompt_enabled": True} | facts
        self.look("tier0", *(self.fact(of_service("tier0"), name, value, "tier0") for name, value in told.items()))
        self.look("oms", self.fact(of_service("oms"), "newest_run", 398610, "oms"))
        for probe in ("conditions", "dqm", "uploads"):
            self.look(probe)

    def fact(
        self, subject: Subject, name: str, value: Value | None, source: str = "oms", problem: str = ""
    ) -> Evidence:
        return Evidence(subject, name, value, source, self.now - timedelta(seconds=20), problem=problem)

    def run(self, number: int, run_class: str = "collisions", *, ended: bool = True, **facts: Value) -> None:
        """Open a run; run N ended 398610-N hours ago, or is still being taken."""
        start = self.now - timedelta(hours=398611 - number)
        told: dict[str, Value] = {"run_start": start, "run_ended": ended, "transferred": True, "known_to_tier0": True}
        if ended:
            told |= {"run_end": start + timedelta(hours=1), "run_class": run_class, "last_lumi": 462, "fill": 11223}
        subject = of_run("prod", number)
        with writing(self.engine) as connection:
            ledger.open_run(connection, number, start)
            decisions.begin(connection, str(number), number, start, FENCE)
        self.look("oms", *(self.fact(subject, name, value) for name, value in (told | facts).items()))

    def decide(
        self,
        number: int,
        state: State,
        reason: str = "",
        *,
        products: Mapping[str, State] | None = None,
        required: Sequence[str] = REQUIRED,
        ago: timedelta = timedelta(minutes=30),
        cause: str = "",
        deadline: datetime | None = None,
    ) -> None:
        """The next revision of a run; products not named are ready."""
        shown = dict.fromkeys(required, State.READY) | dict(products or {})
        verdict = Verdict(
            chunk=Chunk(number),
            state=state,
            reasons=(reason,) if reason else (),
            outcomes=tuple(_outcome(number, name, said, self.now) for name, said in {"": State.READY, **shown}.items()),
            products=shown,
            required=tuple(required),
            cause=cause,
            deadline=deadline or self.now + timedelta(hours=36),
        )
        revision = self._revisions[number] = self._revisions.get(number, 0) + 1
        with writing(self.engine) as connection:
            decisions.record(connection, verdict, revision, self.now - ago, "rulebook", FENCE)

    def stages(self, number: int, *stages: Stage, why: str = "as it goes", **changes: Any) -> None:
        """Move a release on from stage none."""
        with writing(self.engine) as connection:
            for before, after in zip((Stage.NONE, *stages), stages, strict=False):
                decisions.move(connection, str(number), before, after, self.now, why, FENCE, **changes)

    def act(self, do: Do, number: int | None, why: str, **more: Any) -> Act:
        act = Act(do, "shifter@example.invalid", why, self.now - timedelta(minutes=10), run=number, **more)
        return acts.perform(self.engine, act)

    def message(self, number: int, kind: str, recipient: str, status: str = "acked", error: str = "") -> None:
        with writing(self.engine) as connection:
            outbox.put(
                connection,
                id=f"{kind}-{number}-{recipient}",
                kind=kind,
                chunk=str(number),
                recipient=recipient,
                revision=1,
                body="{}",
                status=status,
                created_at=self.now,
                due_at=self.now,
                last_error=error,
            )

    def drop(self, table: str) -> None:
        """The store is broken from here on."""
        with writing(self.engine) as connection:
            connection.exec_driver_sql(f"DROP TABLE {table}")

    def close_run(self, number: int) -> None:
        with writing(self.engine) as connection:
            ledger.close_run(connection, number, self.now)


def _outcome(run: int, product: str, state: State, now: datetime) -> Outcome:
    """One rule's word on a product, or on the run itself."""
    subject = of_product("prod", run, product) if product else of_run("prod", run)
    rule = "calibration" if product else "run-ended"
    seen = Seen("placement", "in_place" if state is State.READY else "missing", "conditions", subject, now, now, "")
    return Outcome(rule, subject, state, f"{product or 'run'}: {rule} {state}: placement ({seen.value})", (seen,))


def a_night(store: FilledStore) -> FilledStore:
    """398602 is blocked and holds three ready runs; below it all is released, above it one run is being taken."""
    store.services()
    lost = "SiStripBadStrip_pcl: upload blocked: upload_result (failed)"
    for number in range(398600, 398607):
        store.run(number)
    for number in (398600, 398603, 398604, 398605):
        store.decide(number, State.READY)
    store.decide(398601, State.READY, "exempt (short-run): fewer than 10 lumi sections", cause="exempt")
    store.decide(398602, State.WAITING, "SiStripBadStrip_pcl: calibration waiting", ago=timedelta(hours=2))
    blocked = {"SiStripBadStrip_pcl": State.BLOCKED, "SiPixelLA_pcl": State.UNKNOWN}
    store.decide(398602, State.BLOCKED, lost, products=blocked, cause="SiStripBadStrip_pcl")
    waiting = dict.fromkeys(REQUIRED, State.WAITING)
    store.decide(398606, State.WAITING, "run: settled waiting: settled (False)", products=waiting, cause="settled")
    store.run(398607, ended=False)
    store.decide(398607, State.WAITING, "run: run-ended waiting: run_ended (False)", required=(), cause="run-ended")
    store.stages(398600, Stage.QUEUED, Stage.SENT, Stage.ACCEPTED, Stage.LOCKED, Stage.STARTED)
    store.stages(398601, Stage.QUEUED, Stage.SENT, Stage.ACCEPTED, Stage.LOCKED)
    store.message(398600, "release", "tier0")
    store.message(398602, "mail", "strip-calib@example.invalid")
    return store
