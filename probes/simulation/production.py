"""What the real Tier0 configuration declares per acquisition era: streams, producers, datasets, global tags, releases.

The values are in `data/production.json`, whose `origin` names the repository, commit and files they come from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

ERA_OF_CLASS = {"heavy-ions": "HIRun2026A"}
"""All other classes belong to the proton era."""
PROTON_ERA = "Run2026D"


@dataclass(frozen=True, slots=True)
class Era:
    name: str
    cmssw: str
    scram_arch: str
    express_global_tag: str
    prompt_global_tag: str
    streams: Mapping[str, Mapping[str, Any]]
    """Express stream to its configuration, keys as in `express_config` of T0WmaDataSvc."""
    datasets: Mapping[str, Mapping[str, Any]]
    """Primary dataset to its configuration, keys as in `reco_config`; a selection of the real list."""

    def alca_skim(self, stream: str) -> str | None:
        """What Tier0 declares for a stream, comma-joined; None: nothing."""
        found = self.streams.get(stream, {}).get("alca_skim")
        return str(found) if found else None


@cache
def eras() -> Mapping[str, Era]:
    raw = json.loads(files("probes.simulation").joinpath("data/production.json").read_text("utf-8"))
    return {name: Era(name, **values) for name, values in raw["eras"].items()}


def era_of(run_class: str) -> str:
    return ERA_OF_CLASS.get(run_class, PROTON_ERA)


def producers(alca_skim: str | None) -> frozenset[str]:
    """The calibration producers among the entries of an `alca_skim`; Tier0 counts them with the same test."""
    return frozenset(entry for entry in (alca_skim or "").split(",") if entry.startswith("PromptCalibProd"))
