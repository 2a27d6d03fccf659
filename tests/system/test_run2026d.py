"""One run of Run2026D from beam to confirmed release: real HTTP in the real formats, real PostgreSQL, real SMTP."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from probes.simulation.live import Live
from probes.simulation.scenario import Scenario
from spy.channels.email import Email
from spy.domain.release import Stage
from spy.store.engine import reading
from spy.store.tables import DecisionRow, MoveRow, ReleaseRow, table_of
from tests.support.mailbox import Mailbox

SPEED = 240.0

STORY = """
start = 2026-06-08T06:00:00Z
seed = 404616
until = "2h"

[[run]]
number = 404616
class = "collisions"
start = "-8h"
end = "-3h"
lumis = 770
streams = ["Express", "ExpressAlignment", "Calibration", "HLTMonitor", "ALCALumiPixelsCountsExpress", "ALCAPPSExpress"]
express_done = "6m"
product = [
  { name = "BeamSpotObjectHP_ByLumi", harvested = "-2h" },
  { name = "SiPixelQualityFromDbRcd_prompt", harvested = "-2h" },
  { name = "SiStripBadStrip_pcl", harvested = "-26m", uploaded = "4m" },
  { name = "SiPixelAliHG_pcl", harvested = "-1h", outcome = "no_update" },
  { name = "EcalPedestals_pcl", harvested = "-1h30m" },
]

[[run]]
number = 404617
class = "collisions"
start = "-2h50m"
end = "-1h"
express_done = "-5m"
product = [
  { name = "BeamSpotObjectHP_ByLumi", harvested = "-50m" },
  { name = "SiPixelQualityFromDbRcd_prompt", harvested = "-50m" },
  { name = "SiStripBadStrip_pcl", harvested = "-50m", upload = "failed" },
  { name = "SiPixelAliHG_pcl", harvested = "-50m" },
  { name = "EcalPedestals_pcl", harvested = "-50m" },
]
"""


@pytest.fixture
def live(tmp_path: Path, postgres_url: str, smtp_server: Mailbox) -> Iterator[Live]:
    scenario = Scenario.parse(STORY, "run2026d.toml")
    post = Email(smtp_server.host, smtp_server.port, "spy@example.invalid", "prod", timedelta(seconds=5))
    running = Live(scenario, tmp_path, SPEED, store=postgres_url, post=post)
    running.start()
    yield running
    running.stop()


def stage_of(live: Live, chunk: str) -> str:
    with reading(live.store) as connection:
        row = connection.execute(
            select(table_of(ReleaseRow).c.stage).where(table_of(ReleaseRow).c.chunk == chunk)
        ).first()
    return row.stage if row else ""


@pytest.mark.timeout(110)
def test_a_run_of_2026_is_followed_judged_released_and_seen_to_start(live: Live, smtp_server: Mailbox) -> None:
    patience = threading.Event()
    for _ in range(800):
        if stage_of(live, "404616") == Stage.STARTED:
            break
        patience.wait(0.1)
    assert stage_of(live, "404616") == Stage.STARTED
    with reading(live.store) as connection:
        moves = list(connection.execute(select(table_of(MoveRow)).order_by(table_of(MoveRow).c.id)))
        of_run = select(table_of(DecisionRow)).where(table_of(DecisionRow).c.run == 404616)
        decisions = {row.revision: row for row in connection.execute(of_run)}
        released = connection.execute(
            select(table_of(ReleaseRow).c.revision).where(table_of(ReleaseRow).c.chunk == "404616")
        ).scalar_one()
    assert [row.after for row in moves if row.chunk == "404616"] == ["queued", "sent", "accepted", "locked", "started"]
    # On a busy machine the fast clock may make its evidence stale once more afterwards: this is the one it went with.
    assert decisions[released].verdict == "ready"
    assert set(decisions[released].payload_hashes) == {
        "BeamSpotObjects_PCL_byLumi_v0_prompt",
        "SiPixelQuality_byPCL_prompt_v2",
        "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt",
        "TrackerAlignment_PCL_byRun_v2_express",
        "EcalPedestals_prompt",
    }
    assert stage_of(live, "404617") == Stage.NONE, "the run behind it has a failed upload and must not go"
    mails = smtp_server.wait_for(1)
    assert [mail["To"] for mail in mails] == ["strip-calib@example.invalid"]
    assert "run 404617 blocked" in mails[0]["Subject"]
