"""The project's own files, as the shape tests see them."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("spy", "probes", "dashboard")

MADE = {".git", ".venv", ".make", "__pycache__", "build", "dist", "var", "node_modules"}
"""Folders that tools make; what .gitignore names."""


def is_made(name: str) -> bool:
    return name in MADE or name.endswith((".egg-info", "_cache")) or name == ".hypothesis"


@cache
def files(*tops: str) -> tuple[Path, ...]:
    """Files of the project under the given top-level folders (default: all), without what tools made."""
    starts = [ROOT / top for top in tops] if tops else [ROOT]
    return tuple(sorted(path for start in starts for path in _walk(start)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if is_made(path.name):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def python_files(*tops: str) -> list[Path]:
    return [path for path in files(*(tops or PACKAGES)) if path.suffix == ".py"]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """What a file imports: `a.b` for `import a.b`, `a.b.c` for `from a.b import c`; relative imports are not used."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))
