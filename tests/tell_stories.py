"""Writes docs/stories.md from the comments at the top of the story files: `python -m tests.tell_stories`."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
STORIES = ROOT / "tests" / "scenarios"
PAGE = ROOT / "docs" / "stories.md"

HEAD = """# Stories

What the agent does when things go wrong, and when they do not. Each story is a scenario file that the tests play in
virtual time; what must come out is in `tests/scenarios/expected.toml`. Watch one live with
`spy-demo --scenario tests/scenarios/plain_release.toml`. This page is written by `python -m tests.tell_stories`.
"""


def story_files() -> list[Path]:
    return [path for path in sorted(STORIES.glob("*.toml")) if path.name != "expected.toml"]


def told(path: Path) -> str:
    """The comment at the top of a story file, as one paragraph; empty if it has none."""
    lines = path.read_text("utf-8").splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return " ".join(line.lstrip("# ").rstrip() for line in lines[:end])


def page() -> str:
    chapters = [f"## {_title(path)}\n\n{told(path)}\n\n`tests/scenarios/{path.name}`\n" for path in story_files()]
    return "\n".join([HEAD, *chapters])


def _title(path: Path) -> str:
    return path.stem.replace("_", " ").capitalize()


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
