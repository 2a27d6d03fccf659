"""What the machine is, and what processes cost it. Linux: /proc."""

from __future__ import annotations

import os
import platform
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> tuple[int, float]:
    """Parent and CPU seconds (user and system) of one process, with its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return int(fields[1]), sum(int(ticks) for ticks in fields[11:15]) / _TICKS_PER_S


def _tree(root: int) -> list[float]:
    """CPU seconds of a process and all that it started."""
    found: dict[int, tuple[int, float]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = _stat(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    wanted, costs = [root], []
    while wanted:
        pid = wanted.pop()
        costs.append(found[pid][1])
        wanted += [child for child, (parent, _) in found.items() if parent == pid]
    return costs


def cpu_s(roots: list[int]) -> list[float]:
    """CPU seconds, user and system, of each whole process tree so far."""
    return [sum(_tree(root)) for root in roots]


def peak_mib(roots: list[int]) -> float:
    """Greatest resident memory of these processes, together."""
    lines = [line for pid in roots for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def busy_s() -> float:
    """CPU seconds that the whole machine has worked."""
    user, nice, system, _idle, _wait, irq, soft, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + soft + steal) / _TICKS_PER_S


def described() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} x {model}, {platform.platform()}, Python {platform.python_version()}, load {load}"
