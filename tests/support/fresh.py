"""A fresh Python environment that sees what this one has installed, and into which a test may install more."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

WITHIN_S = 240.0


class Fresh:
    """Programs `spy`, `spy-demo`, `pytest` and `pip` in an environment of its own; no network is asked.

    What is installed here stays here: other tests do not see it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=False)
        self.site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
        ours = sysconfig.get_path("purelib")
        # addsitedir, not a bare path: the project itself is an editable install, found by a .pth file of that folder.
        (self.site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n", encoding="utf-8")
        for name in ("spy", "spy-demo", "pytest", "pip"):
            text = Path(sys.executable).with_name(name).read_text(encoding="utf-8")
            program = folder / "bin" / name
            program.write_text(f"#!{folder / 'bin' / 'python'}\n{text.partition(chr(10))[2]}", encoding="utf-8")
            program.chmod(0o755)

    @property
    def env(self) -> Mapping[str, str]:
        offline = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "COLUMNS": "200"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        return {**kept, **offline, "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin", "VIRTUAL_ENV": str(self.folder)}

    def run(self, line: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """One line of shell in a folder."""
        return subprocess.run(
            ["sh", "-c", line], cwd=folder, env=self.env, capture_output=True, text=True, timeout=WITHIN_S
        )

    def offer(self, package: str, entries: str, module: str = "") -> None:
        """Put a package straight on the path: its `entry_points.txt`, and the text of its one module."""
        info = self.site / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(entries, encoding="utf-8")
        (self.site / f"{package.replace('-', '_')}.py").write_text(module, encoding="utf-8")
