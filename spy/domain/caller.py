"""Who asks, and what that one may do. The same check stands before every door: page, API and command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from spy.domain.act import Do
from spy.domain.errors import Denied


class Role(StrEnum):
    """In order: each may what those before it may."""

    VIEWER = "viewer"
    SHIFTER = "shifter"
    EXPERT = "expert"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Means(StrEnum):
    LOCAL = "local"
    """On this machine: a shell that reads the store anyway, or the page of a site without login."""
    SESSION = "session"
    TOKEN = "token"


class Reach(StrEnum):
    """What a machine's token opens; each names one thing, and none holds another."""

    READINESS = "readiness"
    READ = "read"
    METRICS = "metrics"
    ACT = "act"


NEEDS: Mapping[Do, Role] = {
    Do.ACKNOWLEDGE: Role.SHIFTER,
    Do.SILENCE: Role.SHIFTER,
    Do.KEEP_BACK: Role.SHIFTER,
    Do.RELEASE_BACK: Role.SHIFTER,
    Do.HOLD_TIER0: Role.SHIFTER,
    Do.UNHOLD_TIER0: Role.SHIFTER,
    Do.WITHDRAW: Role.SHIFTER,
    Do.STOP: Role.SHIFTER,
    Do.REQUEUE: Role.EXPERT,
    Do.WAIVE: Role.EXPERT,
    Do.RESUME: Role.EXPERT,
}
"""Who keeps something from going out needs less than who lets something go."""


@dataclass(frozen=True, slots=True)
class Caller:
    who: str
    """As acts are signed."""
    role: Role
    means: Means
    key: str = ""
    """The provider's `sub`, or the token's name: what the right hangs on, whatever the person is called."""
    reaches: frozenset[Reach] = frozenset()
    """Of a token."""

    def may(self, reach: Reach) -> bool:
        """Whether the caller gets through to what a token of this reach opens."""
        return reach in self.reaches if self.means is Means.TOKEN else True

    def must_be(self, needed: Role, what: str) -> None:
        """Denied, naming what it takes, unless the caller's role covers `needed`."""
        if not self.role.covers(needed):
            raise Denied(f"{what}: needs the role {needed}; {self.who} is {self.role}")

    def must_reach_acts(self, what: str) -> None:
        if not self.may(Reach.ACT):
            raise Denied(
                f"{what}: the token {self.key!r} does not reach acts; it reaches {', '.join(sorted(self.reaches))}"
            )

    def must_be_allowed(self, do: Do) -> None:
        self.must_reach_acts(str(do))
        self.must_be(NEEDS[do], str(do))
