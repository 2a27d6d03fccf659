"""What both sides post to: keeps each message with its time; judged afterwards. `python -m bench.rival.receiver`.

It answers the agent with the receipt of docs/receiver.md, the rival with 200. `GET /log`: [[monotonic seconds, headers,
body], ...].
"""

from __future__ import annotations

import json
import time

from bench.rival.lean import serve


class Receiver:
    def __init__(self) -> None:
        self._log: list[tuple[float, dict[str, str], str]] = []

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if method == "POST":
            self._log.append((time.monotonic(), headers, body.decode()))
            own = headers.get("webhook-id")
            return (202, json.dumps({"outcome": "recorded", "id": own}).encode()) if own else (200, b"{}")
        return (200, json.dumps(self._log).encode()) if path == "/log" else (404, b"{}")


if __name__ == "__main__":
    serve(Receiver().answer)
