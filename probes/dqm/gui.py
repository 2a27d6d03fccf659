"""The two interfaces of the DQM GUI, asked the same three things. The URL tells which one it is."""

from __future__ import annotations

from typing import Protocol

from probes.dqm.answer import (
    Histogram,
    Sample,
    classic_objects,
    classic_samples,
    fairy_histogram,
    new_objects,
    new_samples,
    readable,
    root_histogram,
    root_text,
    tolerant_json,
)
from spy.http import Http

NEW = "/api/v1/"
NOTHING = "no such sample, or nothing in its folder yet"


class Gui(Protocol):
    def samples(self, run: int) -> list[Sample]:
        """What the harvests of one run left."""

    def scalars(self, run: int, dataset: str, folder: str, names: tuple[str, ...]) -> dict[str, str]:
        """Values of those of the named scalars that the folder has. Unreadable if it holds nothing at all (yet)."""

    def histogram(self, run: int, dataset: str, path: str) -> Histogram: ...


def gui(ask: Http) -> Gui:
    return New(ask) if ask.url.endswith(NEW) else Classic(ask)


class Classic:
    """Never answers 404, and now and then what is no JSON."""

    def __init__(self, ask: Http) -> None:
        self.ask = ask

    def samples(self, run: int) -> list[Sample]:
        # Both are unanchored regular expressions: 38157 would find 381570 too.
        given = self.ask.get("data/json/samples", {"run": f"^{run}$", "match": "ALCAPROMPT"}, accept="*/*")
        found: list[Sample] = readable(given, lambda content: classic_samples(content, run), tolerant_json(given))
        return found

    def scalars(self, run: int, dataset: str, folder: str, names: tuple[str, ...]) -> dict[str, str]:
        given = self.ask.get(f"data/json/archive/{run}{dataset}/{folder}", accept="*/*")
        objects: dict[str, str | None] | None = readable(given, classic_objects, tolerant_json(given))
        if not objects:
            given.refuse(NOTHING)
        return {name: value for name in names if (value := objects.get(name)) is not None}

    def histogram(self, run: int, dataset: str, path: str) -> Histogram:
        given = self.ask.get(f"jsonfairy/archive/{run}{dataset}/{path}", accept="*/*")
        found: Histogram = readable(given, fairy_histogram, tolerant_json(given))
        return found


class New:
    """404 for an unknown sample, 500 for an unknown object."""

    def __init__(self, ask: Http) -> None:
        self.ask = ask

    def samples(self, run: int) -> list[Sample]:
        given = self.ask.get("samples", {"run": run, "dataset": "ALCAPROMPT"})
        found: list[Sample] = readable(given, lambda content: new_samples(content, run))
        return found

    def scalars(self, run: int, dataset: str, folder: str, names: tuple[str, ...]) -> dict[str, str]:
        given = self.ask.get(f"archive/{run}{dataset}/{folder}", allow=(404,))
        objects = [] if given.status == 404 else readable(given, new_objects)
        if not objects:
            given.refuse(NOTHING)
        return {name: self._scalar(run, dataset, f"{folder}/{name}") for name in names if name in objects}

    def _scalar(self, run: int, dataset: str, path: str) -> str:
        text: str = readable(self.ask.get(f"json/{run}{dataset}/{path}"), root_text)
        return text

    def histogram(self, run: int, dataset: str, path: str) -> Histogram:
        given = self.ask.get(f"json/{run}{dataset}/{path}", allow=(500,))
        if given.status == 500:
            given.refuse("no such object" if "ME not found" in given.text else "status 500")
        found: Histogram = readable(given, root_histogram)
        return found
