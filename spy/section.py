"""What every section of the configuration is: strict, frozen, without unknown keys; durations have units."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from spy.clock import duration


def _as_duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError(f'expected a duration in quotes with a unit, such as "5m", found {value!r}')
    return duration(value)


Duration = Annotated[timedelta, BeforeValidator(_as_duration)]


Real = Annotated[float, Field(allow_inf_nan=False)]
"""A finite number; whole ones are written without a point too."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
