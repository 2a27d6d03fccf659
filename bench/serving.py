"""The web application as a process of its own, on a free port of this machine, with a login that asks for tokens."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dashboard.app import mount
from spy.app import open_agent_store
from spy.clock import utc_now
from spy.config import Config, load
from spy.web.app import create
from spy.web.serve import server_of, settle

PREPARED = "serving "


def with_login(config: Config, folder: Path) -> Config:
    """The provider is never asked: machines come with tokens."""
    secret = folder / "secret"
    secret.write_text("none", encoding="utf-8")
    login = {"issuer": "https://login.invalid", "client_id": "bench", "client_secret_file": str(secret)}
    section = config.login.model_copy(update=login)
    return config.model_copy(update={"login": section})


def serve(url: str, *, with_pages: bool = False) -> None:
    """With the pages there is no login: a browser and a crowd come in as they are."""
    with TemporaryDirectory(prefix="bench-") as folder:
        store = open_agent_store(url)
        if with_pages:
            app = create(load(), store, utc_now, [mount])
        else:
            app = create(with_login(load(), Path(folder)), store, utc_now)
        listening = socket.create_server(("127.0.0.1", 0))
        settle()
        print(f"{PREPARED}http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        server_of(app, "127.0.0.1", 0).run(sockets=[listening])
        store.dispose()


if __name__ == "__main__":
    serve(sys.argv[1], with_pages="pages" in sys.argv[2:])
