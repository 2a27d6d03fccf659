"""What an address asks for behind its `?`: words and numbers. Whatever cannot be read counts as not given."""

from __future__ import annotations

from urllib.parse import parse_qs

LONGEST = 9
"""Digits: enough for anything that is asked for."""


def words_of(query: str) -> dict[str, str]:
    """Name to its first value, without the space around it; a name without a value is left out."""
    return {name: values[0].strip() for name, values in parse_qs(query.removeprefix("?")).items()}


def word_of(query: str, name: str) -> str:
    return words_of(query).get(name, "")


def number_of(query: str, name: str) -> int | None:
    """Not negative, `?days=30`; what has more than nine digits is cut there, and so still a large number."""
    told = word_of(query, name)
    return int(told[:LONGEST]) if told.isascii() and told.isdigit() else None
