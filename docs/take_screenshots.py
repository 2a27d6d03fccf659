"""Pictures of the pages for the documents: a scenario is played in virtual time, and a real browser looks at its store.

Run by `make screenshots`. The pictures show what the program shows, so they are made anew when the pages change.
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

import probes.simulation
from dashboard.app import mount
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.store import notes
from spy.store.engine import writing
from spy.web.app import create
from spy.web.serve import server_of

PICTURES = Path(__file__).parent / "pictures"
SCENARIO = Path(probes.simulation.__file__).parent / "data" / "default.toml"
PLAYED = timedelta(hours=5, minutes=30)
"""Then a run is blocked, one is ready behind it, and one is being taken."""
SHOTS = {
    "now": ("/", 900, "light"),
    "run": ("/run/398603", 1100, "light"),
    "dark": ("/", 900, "dark"),
    "act": ("/act?do=keep_back&chunk=398604", 900, "light"),
    "help": ("/help?about=blocked", 700, "light"),
}
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
HOST = "127.0.0.1"


@contextmanager
def served(steps: Steps) -> Iterator[str]:
    """The page on a played store, as it was at the scenario's last moment."""
    with writing(steps.store) as connection:
        notes.put(connection, notes.MODE, "live", steps.at)
    server = server_of(create(steps.config, steps.store, lambda: steps.at, [mount]), HOST, 0)
    with socket.create_server((HOST, 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def take(url: str, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name, (path, height, scheme) in SHOTS.items():
            page = browser.new_page(viewport={"width": 1500, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(url + path)
            page.locator("html[data-age=fresh] #page h1").wait_for()
            if path == "/":
                page.locator("#now-frontier .main-svg").first.wait_for()
            page.screenshot(path=PICTURES / f"{name}.png")
            print(f"docs/pictures/{name}.png")
            page.close()
        browser.close()


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        sys.exit("no Chromium here (Debian package chromium): no pictures were taken")
    PICTURES.mkdir(exist_ok=True)
    scenario = Scenario.load(SCENARIO)
    with tempfile.TemporaryDirectory(prefix="spy-pictures-") as folder:
        steps = Steps(replace(scenario, until=scenario.start + PLAYED), Path(folder))
        steps.play()
        with served(steps) as url:
            take(url, chromium)
        steps.close()


if __name__ == "__main__":
    main()
