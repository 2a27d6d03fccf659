"""Which global tag Tier0 would start a run with at each moment, and whether it reads where a calibration went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from math import inf
from typing import Any

from tests.oracle.spans import NEVER, Spans, spans

_ERAS = {"heavy-ions": "HIRun2026A"}
_READ = {
    "BeamSpotObjectHP_ByLumi": "BeamSpotObjects_PCL_byLumi_v0_prompt",
    "SiPixelQualityFromDbRcd_prompt": "SiPixelQuality_byPCL_prompt_v2",
    "SiStripBadStrip_pcl": "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt",
    "SiPixelAliHG_pcl": "TrackerAlignment_PCL_byRun_v2_express",
    "EcalPedestals_pcl": "EcalPedestals_prompt",
}
"""Which of its destination tags the shipped global tags read of each required calibration."""
_ALSO_WRITTEN = {"EcalPedestals_pcl": {"EcalPedestals_express"}, "SiPixelAliHG_pcl": {"SiPixelAli_PCL_v0_hlt"}}


@dataclass(frozen=True, slots=True)
class Prompt:
    """Tier0's configuration of prompt reconstruction, as the file changes it."""

    of_era: Mapping[str, str] = field(default_factory=dict)
    """Era of the file to its global tag; other eras have shipped ones, which all read the same."""
    changes: tuple[tuple[float, str, str], ...] = ()
    """(from when, era or "" for all, global tag), oldest first."""
    different: Mapping[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    """Global tag of the file to the tags that it drops and adds."""

    def reads(self, era: str, name: str, skipped: frozenset[str]) -> Spans:
        """When a calibration that was skipped for these tags is nevertheless in every tag that is read of it."""
        steps = [(-inf, self.of_era.get(era, "")), *((at, tag) for at, of, tag in self.changes if of in ("", era))]
        ends = [*(at for at, _ in steps[1:]), inf]
        good = [
            spans([(begin, end)])
            for (begin, tag), end in zip(steps, ends, strict=True)
            if (read := self._read(tag, name)) and not read & skipped
        ]
        return reduce(Spans.__or__, good, NEVER)

    def _read(self, global_tag: str, name: str) -> frozenset[str]:
        drops, adds = self.different.get(global_tag, (frozenset(), frozenset()))
        usual = _READ.get(name, name)
        return (frozenset({usual}) - drops) | (adds & _ALSO_WRITTEN.get(name, frozenset()))


def era_of(run: Mapping[str, Any]) -> str:
    return str(run.get("era", _ERAS.get(run["class"], "Run2026D")))


def prompt_of(scenario: Mapping[str, Any], changes: list[tuple[float, str, str]]) -> Prompt:
    """`changes`: the `[[prompt]]` tables that name a global tag."""
    return Prompt(
        of_era={t["name"]: t["prompt_global_tag"] for t in scenario.get("era", []) if "prompt_global_tag" in t},
        changes=tuple(sorted(changes)),
        different={
            t["name"]: (frozenset(t.get("drops", [])), frozenset(t.get("adds", [])))
            for t in scenario.get("global_tag", [])
        },
    )
