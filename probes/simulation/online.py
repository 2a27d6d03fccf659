"""The simulated online-to-offline jobs: when they run, what they copy, and what their faults do to them.

Fault `o2o`: of kind http500 the jobs run and fail; of any other kind they do not run. What they copied before stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from probes.simulation.faults import Faults
from probes.simulation.turns import TagLag
from spy.domain.product import OnlineTag

SERVICE = "o2o"
BEAT = timedelta(minutes=10)
"""How often the online-to-offline jobs run."""
HEARTBEAT = "O2OHeartbeat"
"""Job whose newest run tells how fresh a copy of the database is."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """A job, and the tag that it writes; one of nothing but runs has no tag."""

    name: str
    tag: str = ""
    lag: timedelta = timedelta()
    on_change: bool = False
    """Nothing ever changes: the tag keeps the interval that it has from the start, and only the job runs."""
    fills: tuple[datetime, ...] | None = None
    """Ends of the fills: each is copied as an interval that begins there. None: the tag is copied as time passes."""

    @property
    def writes(self) -> bool:
        return bool(self.tag) and not self.on_change

    def new_since(self, good: datetime, copied: datetime | None) -> datetime | None:
        """Where the interval begins that a good run writes, the one before having been at `copied`; None: nothing new.

        After a fill the real job closes the fill's values by an interval that begins at the fill's end.
        """
        if self.fills is None:
            return good - self.lag
        ends = [end for end in self.fills if end + self.lag <= good and (copied is None or end + self.lag > copied)]
        return max(ends, default=None)

    @property
    def idle(self) -> timedelta:
        """How long ago the last good run was. The lag of a tag that is written every time shows in its intervals."""
        return self.lag if self.on_change else timedelta()


def jobs_of(
    lags: Sequence[TagLag], online: Iterable[OnlineTag], fills: Iterable[datetime | None] = ()
) -> tuple[Job, ...]:
    """The jobs of the configuration, each with the scenario's lag of its tag, and of what else the scenario names."""
    late = {lag.name: lag.delay for lag in lags}
    ends = tuple(sorted({end for end in fills if end is not None}))
    known = [
        Job(tag.job, tag.name, late.pop(tag.name, timedelta()), tag.on_change, ends if tag.after_fill else None)
        for tag in online
    ]
    return (Job(HEARTBEAT), *known, *(Job(name, name, lag) for name, lag in late.items()))


def last_beat(now: datetime) -> datetime:
    """Start of the newest run that is over by now."""
    return _beat_before(now - timedelta(minutes=1))


def last_good(faults: Faults, beat: datetime) -> datetime | None:
    """The newest beat up to this one that no fault covers; None: there was none since the first fault began."""
    while (fault := faults.active(SERVICE, beat)) is not None:
        if fault.start <= _EPOCH:
            return None
        beat = _beat_before(fault.start - timedelta(microseconds=1))
    return beat


def _beat_before(moment: datetime) -> datetime:
    return moment - (moment - _EPOCH) % BEAT
