"""The agent beside blackbox exporter, Prometheus and Alertmanager: `python -m bench.rival [--targets N] [--seconds S]`.

Exit code: 0 within all targets, 1 beyond one, 2 if Debian's packages are missing.
"""

from __future__ import annotations

import argparse
import sys

from bench.rival.comparison import measure


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.rival", description="The agent beside its rival.")
    for name, default, what in (
        ("targets", 200, "number of HTTP targets, each asked every second"),
        ("seconds", 60, "length of a window"),
        ("rounds", 2, "windows of each side"),
        ("seed", 1, "of the first round; it fixes which targets change when"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{what} (default {default})")
    given = parser.parse_args()
    return measure(given.targets, given.seconds, given.rounds, given.seed)


if __name__ == "__main__":
    sys.exit(main())
