"""Write the examples of the API's document anew, from real answers: python -m tests.tell_examples"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from spy.config import load
from spy.web.app import create
from tests.support.asked import asked
from tests.support.filled_store import NOW, FilledStore, a_night
from tests.support.served import Served
from tests.support.tree import ROOT

EXAMPLES = ROOT / "spy" / "web" / "examples.json"


def told(folder: Path) -> str:
    config = load()
    config = config.model_copy(update={"acts": config.acts.model_copy(update={"two_persons": ["stop"]})})
    store = a_night(FilledStore(f"sqlite:///{folder / 'spy.db'}"))
    served = Served(create(config, store.engine, lambda: NOW))
    with served, httpx.Client(base_url=served.url, trust_env=False) as client:
        text = json.dumps(asked(client), indent=1, ensure_ascii=False)
    store.close()
    return text + "\n"


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        EXAMPLES.write_text(told(Path(made)), encoding="utf-8")
