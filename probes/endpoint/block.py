"""Compiles a `[[endpoint]]` block; whatever could not be meant so is refused, all of it at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from probes.endpoint.answer import BadPointer, Pointer, Reading
from probes.endpoint.line import Lines
from probes.endpoint.question import RUN, Json, Paging, Question
from spy.domain.errors import ConfigError
from spy.domain.evidence import Fact, Kind, Scope
from spy.endpoint import EndpointSection
from spy.expressions import Expression, ExpressionError, Language

_NAME = re.compile("[a-z][0-9a-z_]*")
_PLACEHOLDER = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One fact and how it follows from a row."""

    fact: Fact
    value: Expression
    as_of: str
    max_age: timedelta | None


@dataclass(frozen=True, slots=True)
class Block:
    question: Question
    is_of_runs: bool
    where: Expression | None
    asked: tuple[Asked, ...]


def compiled(section: EndpointSection) -> Block:
    """The block, or a ConfigError with every mistake as `key: what`."""
    work = _Work(section)
    block = work.block()
    if work.mistakes or block is None:
        raise ConfigError(work.mistakes)
    return block


def usable(name: str) -> bool:
    """Whether expressions can name it: CEL keeps some words for itself."""
    try:
        return bool(_NAME.fullmatch(name) and Language({name: Kind.TIME}).compile(name, Kind.TIME))
    except ExpressionError:
        return False


@dataclass
class _Work:
    section: EndpointSection
    mistakes: list[str] = field(default_factory=list)

    def block(self) -> Block | None:
        section = self.section
        self.mistakes += _of_shape(section)
        kinds = {name: Kind(read.kind) for name, read in section.read.items() if usable(name)}
        if self.is_of_runs:
            kinds.setdefault("run", Kind.INT)
        language = Language(kinds)
        where = self._expression("where", section.where, language, Kind.BOOL) if section.where else None
        asked = [self._asked(number, language) for number in range(len(section.fact))]
        used = {name for e in (where, *(a.value for a in asked if a)) if e for name in e.names}
        used |= {fact.as_of for fact in section.fact} | ({"run"} if self.is_of_runs else set())
        if None not in asked and (where or not section.where):
            for name in sorted(kinds.keys() - used):
                self.mistakes.append(f"read.{name}: nothing uses it")
        form = self._form()
        paging = section.paging
        pages = Paging(paging.parameter, paging.first, paging.max_pages) if paging else None
        return Block(
            Question(section.path, section.params, form, pages), self.is_of_runs, where, tuple(a for a in asked if a)
        )

    @property
    def is_of_runs(self) -> bool:
        return any(fact.scope == "run" for fact in self.section.fact)

    def _form(self) -> Json | Lines:
        section = self.section
        if section.lines:
            read = {name: (text.group or "", Kind(text.kind)) for name, text in section.read.items()}
            return Lines(self._pattern(section.lines), read)
        at = None if section.rows is None else self._pointer("rows", section.rows)
        return Json(
            at,
            {
                name: Reading(self._pointer(f"read.{name}.at", text.at or ""), Kind(text.kind))
                for name, text in section.read.items()
            },
        )

    def _pattern(self, text: str) -> re.Pattern[str]:
        try:
            pattern = re.compile(text)
        except re.error as wrong:
            self.mistakes.append(f"lines: {text!r} is no regular expression: {wrong}")
            return re.compile("")
        for name, read in self.section.read.items():
            if read.group is not None and read.group not in pattern.groupindex:
                near = _near(read.group, pattern.groupindex)
                self.mistakes.append(f"read.{name}.group: lines has no group {read.group!r}{near}")
        return pattern

    def _pointer(self, key: str, text: str) -> Pointer:
        try:
            return Pointer.of(text)
        except BadPointer as wrong:
            self.mistakes.append(f"{key}: {wrong}")
            return Pointer("", ())

    def _asked(self, number: int, language: Language) -> Asked | None:
        told = self.section.fact[number]
        where = f'fact[{number}] "{told.name}"'
        if not usable(told.name):
            self.mistakes.append(f"{where}.name: {_unusable(told.name)}")
        if told.as_of and language.kinds.get(told.as_of) is not Kind.TIME:
            times = [name for name, kind in language.kinds.items() if kind is Kind.TIME]
            self.mistakes.append(f"{where}.as_of: {told.as_of!r} is no variable of kind time{_near(told.as_of, times)}")
        if told.max_age is not None and not told.as_of:
            self.mistakes.append(f"{where}.max_age: needs as_of, the variable that holds the time it counts from")
        if told.max_age is not None and told.max_age <= timedelta(0):
            self.mistakes.append(f"{where}.max_age: found {told.max_age}, it must be above zero")
        value = self._expression(f"{where}.value", told.value, language, Kind(told.kind))
        fact = Fact(told.name, Kind(told.kind), Scope(told.scope), told.text)
        return Asked(fact, value, told.as_of, told.max_age) if value else None

    def _expression(self, key: str, text: str, language: Language, kind: Kind) -> Expression | None:
        try:
            expression = language.compile(text, kind)
        except ExpressionError as wrong:
            self.mistakes.append(f"{key}: column {wrong.column}: {wrong.what}; in {text!r}")
            return None
        if not set(expression.names) & self.section.read.keys():
            self.mistakes.append(f"{key}: {text!r} reads no variable of the answer: it would always say the same")
            return None
        return expression


def _of_shape(section: EndpointSection) -> Iterator[str]:
    """Keys that do not go together, and names that are none."""
    texts = {"path": section.path, **{f"params.{key}": text for key, text in section.params.items()}}
    for key, text in texts.items():
        for found in _PLACEHOLDER.findall(text):
            if found != "run":
                yield f"{key}: found {{{found}}}, only {RUN} is filled in"
    if "?" in section.path or "#" in section.path:
        yield f"path: found {section.path!r}, what follows a ? belongs into params"
    if section.paging and section.rows is None:
        yield "paging: needs rows, the list that is empty on the last page"
    if section.paging and section.paging.parameter in section.params:
        yield f"paging.parameter: {section.paging.parameter!r} stands in params too"
    if section.lines and (section.rows is not None or section.paging):
        yield "lines: a log has neither rows nor paging"
    for name, read in section.read.items():
        if not usable(name):
            yield f"read.{name}: {_unusable(name)}"
        wanted, other = (read.group, read.at) if section.lines else (read.at, read.group)
        if wanted is None or other is not None:
            yield f"read.{name}: needs {'group and no at, as' if section.lines else 'at and no group, without'} lines"
    yield from _of_scope(section, any(RUN in text for text in texts.values()))


def _of_scope(section: EndpointSection, is_per_run: bool) -> Iterator[str]:
    """A row speaks of one run or of the service; a block never mixes the two."""
    scopes = {fact.scope for fact in section.fact}
    if len(scopes) > 1:
        yield "fact: found scope run and scope service, one block has one of them: make two blocks"
    elif scopes == {"service"} and is_per_run:
        yield f"path: {RUN} is asked once per run, a fact of scope service cannot follow from that"
    elif scopes == {"run"} and not is_per_run and "run" not in section.read:
        yield f"read: scope run needs {RUN} in path or params, or a variable run that says of which run a row is"
    if "run" in scopes and "run" in section.read and section.read["run"].kind != "int":
        yield f"read.run.kind: found {section.read['run'].kind!r}, a run's number is 'int'"


def _unusable(name: str) -> str:
    return f"{name!r} is no name for expressions: lower-case letters, digits and _, and no word that CEL keeps"


def _near(name: str, allowed: Collection[str]) -> str:
    near = difflib.get_close_matches(name, allowed, n=1, cutoff=0.5)
    return f", did you mean {near[0]!r}?" if near else f"; there are: {', '.join(sorted(allowed)) or 'none'}"
