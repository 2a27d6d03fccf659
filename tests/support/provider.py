"""A real OpenID provider, Canaille, as a process of its own on a free port of this machine."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Mapping, Sequence
from types import TracebackType

import httpx

from tests.support.tree import ROOT

PYTHON = ROOT / ".make" / "provider" / "bin" / "python"
SERVE = ROOT / "tests" / "provider" / "serve.py"
CLIENT_ID, CLIENT_SECRET = "spy", "a secret of the client"
PASSWORD = "correct horse battery staple"


class Provider:
    """Serves from entering to leaving. People log in with their name and `PASSWORD`."""

    def __init__(self, redirect_uris: Sequence[str], people: Mapping[str, Sequence[str]]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.issuer = f"http://localhost:{self._port}"
        client = {"id": CLIENT_ID, "secret": CLIENT_SECRET, "redirect_uris": list(redirect_uris)}
        self._wanted = json.dumps({"client": client, "people": people, "password": PASSWORD})

    def __enter__(self) -> Provider:
        line = [str(PYTHON), str(SERVE), str(self._port)]
        self._process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(self._wanted)
        self._process.stdin.close()
        assert self._process.stdout.readline() == "ready\n", "the provider did not start; see what it wrote above"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        if self._process.stdout:
            self._process.stdout.close()

    def log_in(self, url: str, name: str) -> str:
        """As a browser does it: to the provider, name, password, and back. Where it sends the browser back to."""
        with httpx.Client(trust_env=False, base_url=self.issuer) as browser:
            answer = browser.get(url)
            for _ in range(12):
                if answer.is_redirect:
                    where = answer.headers["location"]
                    if not where.startswith((self.issuer, "/")):
                        return where
                    answer = browser.get(where)
                    continue
                asked = set(re.findall(r'name="([^"]+)"', answer.text))
                known = {"login": name, "password": PASSWORD, "answer": "accept"}
                answer = browser.post(str(answer.url), data={key: known[key] for key in known.keys() & asked})
            raise AssertionError(f"the provider asks on: {answer.status_code} {answer.text[:500]}")
