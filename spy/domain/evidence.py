"""One observed fact, and the catalogue entry that says what its name means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from spy.domain.subject import Subject

Value = bool | int | float | str | datetime


class Kind(StrEnum):
    """The type of a fact's value. `TIME` is an aware UTC datetime."""

    BOOL = "bool"
    INT = "int"
    DOUBLE = "double"
    STRING = "string"
    TIME = "time"

    def holds(self, value: object) -> bool:
        """Whether a value is of this type; a bool is no int, a naive datetime is no time, NaN is no double."""
        if self is Kind.BOOL:
            return isinstance(value, bool)
        if self is Kind.INT:
            return isinstance(value, int) and not isinstance(value, bool)
        if self is Kind.DOUBLE:
            return isinstance(value, float) and value == value
        if self is Kind.STRING:
            return isinstance(value, str)
        return isinstance(value, datetime) and value.tzinfo is not None


class Scope(StrEnum):
    """What kind of subject a fact is about."""

    SERVICE = "service"
    RUN = "run"
    STREAM = "stream"
    PRODUCT = "product"
    TAG = "tag"
    NUMBER = "number"
    """One number of a product, see `spy.domain.number`."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Declaration of one evidence name."""

    name: str
    kind: Kind
    scope: Scope
    meaning: str
    unit: str = ""
    """Unit of a number; empty for names, flags and times (always UTC)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact as one source told it. A value of None is *unknown*, and `problem` says why."""

    subject: Subject
    name: str
    value: Value | None
    source: str
    """Name of the probe."""
    seen_at: datetime
    """UTC; when we asked."""
    as_of: datetime | None = None
    """UTC; the source's own time for the fact, where it gives one."""
    final: bool = False
    """It cannot change any more, is never asked again and never goes stale."""
    problem: str = ""
    since: datetime | None = None
    """UTC; when this value was first seen; set by the ledger."""

    @property
    def key(self) -> tuple[Subject, str]:
        return self.subject, self.name

    def renewed(self, at: datetime) -> Evidence:
        """Told once more; spelt out, since `dataclasses.replace` takes three times as long."""
        return Evidence(
            self.subject, self.name, self.value, self.source, at, self.as_of, self.final, self.problem, self.since
        )

    def says_the_same_as(self, other: Evidence) -> bool:
        """Equal in what it claims; when it was seen does not count."""
        same_value = self.value == other.value and type(self.value) is type(other.value)
        return same_value and self.problem == other.problem and self.final == other.final


def unknown(subject: Subject, name: str, source: str, seen_at: datetime, problem: str) -> Evidence:
    """A fact that could not be learned, which is a fact worth keeping."""
    return Evidence(subject, name, None, source, seen_at, problem=problem)
