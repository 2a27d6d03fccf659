"""What the page *Now* shows at one moment of a story: the story is stepped there, and the page made from its store."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextvars import copy_context
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from dash.development.base_component import Component

from dashboard.pages import Pages
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.acting.calling import CALLER
from spy.channels.message import Kind, cloud_event
from spy.clock import duration
from spy.domain.caller import Caller, Means, Role
from spy.store import notes
from spy.store.engine import writing
from tests.support.receiver_site import notice
from tests.support.tree import ROOT

PARTS = {"sentence": "sentence", "last": "last-moment", "call": "whom", "care": "taken-care", "do": "next-step"}
"""Name in the table to the element's id on the page."""


class Played:
    """One story, as far as it was asked for; an earlier moment than the last plays it anew."""

    def __init__(self, story: str, more: str = "", mode: str = "live", newer_agent: int = 0) -> None:
        """`more` is TOML that is laid at the end of the story's file; `newer_agent`: the run about which another agent
        has sent under a higher fencing token, so that Tier0 refuses ours.
        """
        self.told = (story, more, mode, newer_agent)
        self.mode = mode
        self._folder = tempfile.TemporaryDirectory(prefix="spy-now-")
        path = Path(self._folder.name) / f"{story}.toml"
        text = (ROOT / "tests" / "scenarios" / path.name).read_text(encoding="utf-8")
        path.write_text(f"{text}\n{more}", encoding="utf-8")
        self.steps = Steps(Scenario.load(path), Path(self._folder.name))
        self.steps.agent.settings = replace(self.steps.agent.settings, is_live=mode == "live")
        self.steps.begin()
        if newer_agent:
            _send_as_another(self.steps, newer_agent)

    def shows(self, at: str, silent_for: str = "0s") -> dict[str, Any]:
        """Each part of the page as text; `silent_for`: the agent has not looked since."""
        steps, moment = self.steps, self.steps.scenario.start + duration(at)
        assert moment >= steps.at, f"{self.told[0]} at {at} comes after a later moment: put them in their order"
        steps.go_to(moment)
        with writing(steps.store) as connection:
            notes.put(connection, notes.MODE, self.mode, steps.at)
        pages = Pages(steps.store, steps.config, lambda: moment + duration(silent_for))
        banner, page, _ = copy_context().run(_seen_by_a_shifter, pages)
        by_id = {getattr(part, "id", ""): text(part) for part in parts(page)}
        heads = [part.children[1] for part in parts(page) if getattr(part, "className", "") == "head"]
        also = [
            text(item) for part in parts(page) if getattr(part, "className", "") == "also" for item in part.children
        ]
        shown = {name: by_id[element] for name, element in PARTS.items()}
        return shown | {"head": heads[0], "also": also, "banner": text(banner)}

    def close(self) -> None:
        self.steps.close()
        self._folder.cleanup()


def _send_as_another(steps: Steps, run: int) -> None:
    """It takes back what never came: nothing changes but the token that Tier0 has seen."""
    start = steps.scenario.start
    steps.go_to(start + timedelta(hours=1))
    until = start + timedelta(hours=30)
    sent = notice(Kind.WITHDRAW, run, source=steps.config.agent.source, fence_token=99, not_after=until)
    steps.webhook.send(sent.id, cloud_event(sent))


def _seen_by_a_shifter(pages: Pages) -> Any:
    CALLER.set(Caller("shifter@example.org", Role.SHIFTER, Means.LOCAL))
    return pages.show("/", "", {})


def parts(tree: Any) -> Iterator[Component]:
    if isinstance(tree, list | tuple):
        for part in tree:
            yield from parts(part)
    elif isinstance(tree, Component):
        yield tree
        yield from parts(getattr(tree, "children", None))


def text(tree: Any) -> str:
    if isinstance(tree, list | tuple):
        return "".join(map(text, tree))
    if isinstance(tree, Component):
        return text(getattr(tree, "children", None))
    return "" if tree is None else str(tree)


def differences(expected: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Part to what was expected and what is shown, for those that are not alike."""
    return {name: (value, shown[name]) for name, value in expected.items() if value != shown[name]}
