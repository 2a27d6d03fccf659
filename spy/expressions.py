"""CEL, the Common Expression Language, type-checked: the language of rules.

Variables are flat and typed, one per fact. `has`, `null`, `dyn` and `type` are refused: `!has(x)` and
`null != "failed"` read what is missing as good. Evaluation needs a value for every variable of the expression;
who has none says *unknown* before asking. Implementation: cel-expr-python, Google's C++ CEL.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from cel_expr_python import cel

from spy.domain.errors import SpyError
from spy.domain.evidence import Kind, Value

_TYPES = {
    Kind.BOOL: cel.Type.BOOL,
    Kind.INT: cel.Type.INT,
    Kind.DOUBLE: cel.Type.DOUBLE,
    Kind.STRING: cel.Type.STRING,
    Kind.TIME: cel.Type.TIMESTAMP,
}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'")
_NAME = re.compile(r"(?<![.\w])[A-Za-z_]\w*")
REMEMBERED = 1000
"""Answers that one expression keeps."""
_REFUSED = ("has", "null", "dyn", "type")
_WHERE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")


class ExpressionError(SpyError):
    """An expression that does not type-check. `column` counts from 1."""

    def __init__(self, text: str, what: str, column: int = 1) -> None:
        self.text = text
        self.what = what
        self.column = column
        super().__init__(f"column {column}: {what}")


class ExpressionFailed(SpyError):
    """An expression that type-checks but has no result for these values, such as a division by zero."""


@dataclass(frozen=True)
class Expression:
    text: str
    names: tuple[str, ...]
    """Variables it reads, in order of appearance."""
    _program: Any = field(repr=False, compare=False)
    _language: Language = field(repr=False, compare=False)
    kind: Kind = Kind.BOOL
    """What it yields."""
    _answers: dict[Any, bool] = field(default_factory=dict, repr=False, compare=False)
    """Values and their types to what `holds` said of them: an expression is pure, and most facts stand still."""

    def value(self, values: Mapping[str, Value]) -> Value:
        """Its result for these values, of `kind`; `values` must have every name of `names`."""
        bound = {name: values[name] for name in self.names}
        outcome = self._program.eval(self._language.environment.Activation(bound))
        result = outcome.value()
        if isinstance(result, datetime):
            result = result.replace(tzinfo=UTC) if result.tzinfo is None else result.astimezone(UTC)
        # A failed evaluation comes back as a string with the reason: only its type tells it from a value.
        if outcome.type() != _TYPES[self.kind] or not self.kind.holds(result):
            raise ExpressionFailed(f"{self.text!r} has no result: {result}")
        return cast(Value, result)

    def holds(self, values: tuple[Value, ...]) -> bool:
        """True or false for these values of `names`, in their order."""
        # With their types, since True equals 1 and 1.0.
        key = values, tuple(map(type, values))
        answer = self._answers.get(key)
        if answer is None:
            bound = dict(zip(self.names, values, strict=True))
            result = self._program.eval(self._language.environment.Activation(bound)).value()
            if not isinstance(result, bool):
                raise ExpressionFailed(f"{self.text!r} has no result: {result}")
            answer = result
            if len(self._answers) >= REMEMBERED:
                self._answers.clear()
            if float not in key[1]:  # 0.0 equals -0.0, and CEL can tell them apart
                self._answers[key] = answer
        return answer


class Language:
    """The variables that expressions may use."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds = dict(kinds)
        self.environment = cel.NewEnv(variables={name: _TYPES[kind] for name, kind in kinds.items()})

    def compile(self, text: str, kind: Kind = Kind.BOOL) -> Expression:
        """A checked expression that yields `kind`, or an ExpressionError that says where and what."""
        code = _STRING.sub(lambda m: " " * len(m.group(0)), text)
        found = [(m.group(0), m.start() + 1) for m in _NAME.finditer(code)]
        for name, column in found:
            if name in _REFUSED:
                raise ExpressionError(text, f"{name!r} is refused, it would read missing as good", column)
        try:
            program = self.environment.compile(text)
        except RuntimeError as wrong:
            raise self._explained(text, str(wrong)) from None
        if program.return_type() != _TYPES[kind]:
            needed = "a rule needs BOOL" if kind is Kind.BOOL else f"{_TYPES[kind]} is needed"
            raise ExpressionError(text, f"gives {program.return_type()}, {needed}")
        names = tuple(dict.fromkeys(name for name, _ in found if name in self.kinds))
        return Expression(text, names, program, self, kind)

    def _explained(self, text: str, message: str) -> ExpressionError:
        where = _WHERE.search(message)
        column, what = (int(where[2]), where[3]) if where else (1, message)
        undeclared = re.match(r"undeclared reference to '([\w.]+)'", what)
        if undeclared:
            what = f"unknown name {undeclared[1]!r}"
            near = difflib.get_close_matches(undeclared[1], self.kinds, n=1, cutoff=0.5)
            what += f", did you mean {near[0]!r}?" if near else ""
        return ExpressionError(text, what, column)
