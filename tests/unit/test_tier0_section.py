"""What the configuration says about Tier0 must not contradict itself."""

from __future__ import annotations

import pytest

from spy.config import packaged_text, parse
from spy.domain.errors import ConfigError


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (
            {"service": {"tier0": {"url": "https://host.invalid/t0wmadatasvc/replayone/"}}},
            "service.tier0.url: asks Tier0 instance 'replayone', agent.instance is 'prod'",
        ),
        ({"agent": {"instance": "replayone"}}, "asks Tier0 instance 'prod', agent.instance is 'replayone'"),
        ({"tier0": {"dataset_delay": {"Scouting": "20m"}}}, "must be below dataset_delay.Scouting (0:20:00)"),
        ({"tier0": {"reco_delay": "20m"}}, "must be below reco_delay (0:20:00)"),
    ],
)
def test_a_contradiction_about_tier0_is_refused(overrides, told) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(packaged_text(), "config.toml", overrides)
    assert told in str(refused.value)


def test_an_agent_for_a_replay_asks_the_replay() -> None:
    url = "https://host.invalid/t0wmadatasvc/replayone/"
    config = parse(
        packaged_text(), "config.toml", {"agent": {"instance": "replayone"}, "service": {"tier0": {"url": url}}}
    )
    assert config.agent.instance == "replayone"
