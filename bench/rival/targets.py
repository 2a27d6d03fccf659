"""The watched targets: `GET /t/<number>` is 200 within its times, else 503. `python -m bench.rival.targets`.

`PUT /schedule` gives the times: number to [[from, to], ...] in seconds of the machine's monotonic clock, which all its
processes share, so that a change happens when the schedule says and not when a timer comes round to it.
"""

from __future__ import annotations

import json
import time

from bench.rival.lean import serve

GOOD, BAD = b'{"state":"good"}', b'{"state":"bad"}'


class Targets:
    def __init__(self) -> None:
        self._times: dict[str, list[tuple[float, float]]] = {}
        self._served = 0

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if path.startswith("/t/"):
            self._served += 1
            now = time.monotonic()
            is_good = any(begin <= now < end for begin, end in self._times.get(path[3:], ()))
            return (200, GOOD) if is_good else (503, BAD)
        if path == "/schedule" and method == "PUT":
            self._times = {number: [(t[0], t[1]) for t in times] for number, times in json.loads(body).items()}
            return 200, b"{}"
        return (200, json.dumps({"served": self._served}).encode()) if path == "/served" else (404, b"{}")


if __name__ == "__main__":
    serve(Targets().answer)
