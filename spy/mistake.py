"""A mistake in a file as a sentence: file, key, what was found, what is allowed, and the nearest right name."""

from __future__ import annotations

import difflib
import re
from typing import Any, get_args, get_origin

from pydantic import BaseModel


def sentence(file: str, error: Any, root: type[BaseModel]) -> str:
    """One mistake with file, key, what was found, what is allowed, and the nearest right name."""
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    found = error.get("input")
    if error["type"] == "extra_forbidden":
        allowed = _keys_at(error["loc"][:-1], root)
        near = difflib.get_close_matches(str(error["loc"][-1]), allowed, n=1, cutoff=0.5)
        hint = f", did you mean {near[0]!r}?" if near else ""
        return f"{file}: {where}: unknown key{hint} Allowed: {', '.join(sorted(allowed))}"
    if error["type"] == "missing":
        return f"{file}: {where}: missing"
    shown = repr(found) if not isinstance(found, dict | list) else type(found).__name__
    near = difflib.get_close_matches(str(found), re.findall("'([^']+)'", error["msg"]), n=1)
    hint = f", did you mean {near[0]!r}?" if near and error["type"] == "literal_error" else ""
    return f"{file}: {where}: found {shown}, {error['msg'][:1].lower()}{error['msg'][1:]}{hint}"


def _keys_at(location: tuple[Any, ...], root: type[BaseModel]) -> list[str]:
    """Names that the section at this place may hold."""
    section = root
    parts = iter(location)
    for part in parts:
        found = next((f for name, f in section.model_fields.items() if (f.alias or name) == part), None)
        kinds = [found.annotation, *get_args(found.annotation)] if found else []
        section = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), section)
        if found and get_origin(found.annotation) in (dict, list):
            next(parts, None)  # the name or number of the entry
    return [field.alias or name for name, field in section.model_fields.items()]
