"""Links to the sources come from the configuration: an address that a browser should not open stops the start."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.sources import _links
from spy.config import load
from spy.domain.errors import ConfigError


@pytest.mark.parametrize(
    ("links", "said"),
    [
        ({"run": {"OMS": "javascript:alert({run})"}}, r"links\.run\.OMS: .*https://"),
        ({"run": {"OMS": "oms.example.invalid/{run}"}}, r"links\.run\.OMS: .*https://"),
        ({"tag": {"Browser": "https://db.invalid/{run}"}}, r"links\.tag\.Browser: .*only \{tag\}.*not run"),
        ({"upload": {"Log": "https://log.invalid/{hash}/{}"}}, r"links\.upload\.Log: .*only \{hash\}"),
        ({"runs": {}}, r"links\.runs: unknown key, did you mean 'run'"),
    ],
    ids=["script", "no-scheme", "other-name", "no-name", "unknown-key"],
)
def test_a_link_that_cannot_be_is_refused_with_its_key(links, said):
    with pytest.raises(ConfigError, match=said):
        load(None, {"links": links})


def test_the_shipped_links_name_every_source():
    links = load().links
    assert (set(links.run), set(links.tag), set(links.upload)) == (
        {"Tier0", "OMS", "DQM GUI"},
        {"Conditions browser"},
        {"Upload log"},
    )


def test_whatever_a_thing_is_called_it_stays_one_part_of_the_address():
    link: Any
    (link,) = _links({"Browser": "https://db.invalid/tags/{tag}?a=b"}, "../x?y=z#<script>{hash}")
    told = link.to_plotly_json()["props"]
    assert told["href"] == "https://db.invalid/tags/..%2Fx%3Fy%3Dz%23%3Cscript%3E%7Bhash%7D?a=b"
    assert (told["rel"], told["target"]) == ("noreferrer noopener", "_blank")
