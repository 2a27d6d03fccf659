"""From JSON to the shapes, strictly: what is missing or of another type is an error, what is new is left out."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from spy.client.errors import Unexpected
from spy.clock import from_iso

T = TypeVar("T")


def decoded(kind: type[T], told: Any, where: str = "answer") -> T:
    """One shape out of its JSON; Unexpected names the place that does not fit."""
    if not isinstance(told, Mapping):
        raise Unexpected(f"{where}: expected an object, found {_brief(told)}")
    shape: Any = kind
    values = {}
    for name, wanted in _hints(shape).items():
        if name not in told:
            raise Unexpected(f"{where}.{name}: is missing")
        values[name] = _value(wanted, told[name], f"{where}.{name}")
    return kind(**values)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _value(wanted: Any, told: Any, where: str) -> Any:
    origin = get_origin(wanted)
    if origin in (Union, types.UnionType):
        return _one_of(get_args(wanted), told, where)
    if origin is tuple and isinstance(told, list):
        return tuple(_value(get_args(wanted)[0], entry, f"{where}[{place}]") for place, entry in enumerate(told))
    if origin is Mapping and isinstance(told, dict):
        return {key: _value(get_args(wanted)[1], entry, f"{where}.{key}") for key, entry in told.items()}
    if is_dataclass(wanted) and isinstance(wanted, type):
        return decoded(wanted, told, where)
    return _plain(wanted, told, where)


def _one_of(kinds: tuple[Any, ...], told: Any, where: str) -> Any:
    """Null, a shape or a plain value; of a fact's value the JSON itself says which, and a time stays text."""
    if told is None and type(None) in kinds:
        return None
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) == 1:
        return _value(others[0], told, where)
    if type(told) in others:
        return told
    raise Unexpected(f"{where}: expected {' or '.join(kind.__name__ for kind in others)}, found {_brief(told)}")


def _plain(wanted: Any, told: Any, where: str) -> Any:
    if wanted is float and type(told) in (int, float):
        return float(told)
    if isinstance(wanted, type) and issubclass(wanted, datetime | StrEnum) and isinstance(told, str):
        try:
            return from_iso(told) if issubclass(wanted, datetime) else wanted(told)
        except ValueError:
            raise Unexpected(f"{where}: {told!r} is no {wanted.__name__}") from None
    if type(told) is wanted:
        return told
    raise Unexpected(f"{where}: expected {wanted.__name__}, found {_brief(told)}")


def _brief(told: Any) -> str:
    return f"{told!r:.60}"
