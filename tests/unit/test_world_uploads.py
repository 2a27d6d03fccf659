"""What the simulated world uploads, where it lands, and what it draws."""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from probes.simulation.latency import draw, latency_h
from probes.simulation.production import producers
from probes.simulation.scenario import Scenario
from probes.simulation.world import World
from spy.domain.errors import ConfigError
from tests.support.simulated import BEAM_SPOT, HEAD, PRODUCTS, STRIP, Builder, after, intervals, product_text, run_text


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Builder]:
    builder = Builder(tmp_path)
    yield builder
    builder.close()


# --- uploads ----------------------------------------------------------------------------------------------------------


def uploaded(build: Builder, product: str, more: str) -> World:
    world = build(run_text(listed=False, more="lumis = 462") + product_text(product, more))
    world.advance(after(hours=60))
    return world


def test_a_payload_lands_at_its_run_when_it_is_uploaded(build: Builder):
    world = build(run_text(listed=False) + product_text("SiStripBadStrip_pcl", 'harvested = "6h"'))
    world.advance(after(hours=6, minutes=29))
    assert (intervals(world, STRIP), world.uploads) == ([397600], [])
    world.advance(after(hours=6, minutes=30))
    assert intervals(world, STRIP) == [397600, 398600]
    (upload,) = world.uploads
    assert (upload.status_code, upload.tags[0].result, upload.first_safe_run) == (4999, "ok", 398600)
    assert upload.file_name.startswith("Run398600@SiStripBadStrip_pcl@")


def test_a_lumi_payload_has_several_intervals_the_last_near_the_end(build: Builder):
    world = uploaded(build, "BeamSpotObjectHP_ByLumi", 'harvested = "6h"')
    lumis = [since & 0xFFFFFFFF for since in intervals(world, BEAM_SPOT) if since >> 32 == 398600]
    assert (lumis[0], len(lumis)) == (1, 11)
    assert 462 - PRODUCTS["BeamSpotObjectHP_ByLumi"].tail_lumis <= lumis[-1] <= 462


@pytest.mark.parametrize(
    ("upload", "code", "result", "landed"),
    [
        ("ok", 4999, "ok", [398600]),
        ("failed", 4210, "failed", []),
        ("skipped", 4999, "skipped", []),
        ("shifted", 4999, "shifted", [398601]),
        ("lost", 4999, "ok", []),
        ("elsewhere", 4999, "ok", []),
    ],
)
def test_the_log_and_the_database_say_what_the_upload_did(build: Builder, upload, code, result, landed):
    world = uploaded(build, "SiStripBadStrip_pcl", f'harvested = "6h"\nupload = "{upload}"')
    (log,) = world.uploads
    assert (log.status_code, log.tags[0].result) == (code, result)
    assert intervals(world, STRIP) == [397600, *landed]


def test_a_payload_after_the_lock_moves_to_the_first_safe_run(build: Builder):
    text = run_text(listed=False) + product_text("BeamSpotObjectHP_ByLumi", 'harvested = "50h30m"')
    world = build(text + run_text(398610, "4h", "55h"))
    world.advance(after(hours=52))
    (upload,) = world.uploads
    assert (upload.tags[0].result, upload.tags[0].since, upload.first_safe_run) == (
        "shifted",
        (398610 << 32) | 1,
        398610,
    )
    assert intervals(world, BEAM_SPOT)[-1] == (398610 << 32) | 1


def test_an_upload_in_the_pass_that_locks_comes_too_late(build: Builder):
    more = 'harvested = "50h"\nuploaded = "50h30m30s"'
    world = uploaded(build, "SiStripBadStrip_pcl", more)
    assert world.uploads[0].tags[0].result == "shifted"


def test_a_payload_vanishes(build: Builder):
    world = build(run_text(listed=False) + product_text("SiStripBadStrip_pcl", 'harvested = "6h"\nvanishes = "20h"'))
    world.advance(after(hours=19))
    assert intervals(world, STRIP) == [397600, 398600]
    world.advance(after(hours=20))
    assert intervals(world, STRIP) == [397600]


@pytest.mark.parametrize(
    ("again", "files", "hashes"),
    [('by = "tier0"', 2, 2), ('by = "tier0"\npayload = "same"', 2, 1), ('by = "person"', 1, 2)],
    ids=["second harvest", "same once more", "by hand"],
)
def test_one_more_payload_takes_the_place_of_the_first(build: Builder, again, files, hashes):
    more = f'harvested = "6h"\n[[run.product.again]]\nat = "9h"\n{again}'
    world = uploaded(build, "SiStripBadStrip_pcl", more)
    assert (len(world.uploads), intervals(world, STRIP)) == (files, [397600, 398600, 398600])
    connection = sqlite3.connect(world.conditions_path)
    with closing(connection):
        rows = connection.execute('SELECT "PAYLOAD_HASH" FROM "IOV" WHERE "SINCE" = 398600').fetchall()
    assert len(set(rows)) == hashes


def test_a_harvest_of_a_part_ends_early_and_the_whole_one_reaches_the_end(build: Builder):
    more = 'harvested = "6h"\nlumis = 200\n[[run.product.again]]\nat = "9h"'
    world = build(run_text(listed=False, more="lumis = 462") + product_text("BeamSpotObjectHP_ByLumi", more))
    world.advance(after(hours=8))
    assert intervals(world, BEAM_SPOT)[-1] & 0xFFFFFFFF == 190
    world.advance(after(hours=9))
    assert intervals(world, BEAM_SPOT)[-1] & 0xFFFFFFFF == 452


@pytest.mark.parametrize(("lower", "hours"), [('express_done = "12h"', 12), ("", 21)], ids=["finished", "timed out"])
def test_in_upload_order_a_run_waits_for_the_lower_one_for_18_hours_at_most(build: Builder, lower, hours):
    text = "upload_order = true\n" + run_text(more=lower)
    text += run_text(398601, "3h", "4h", listed=False) + product_text("SiStripBadStrip_pcl", 'harvested = "6h"')
    (product,) = build(text).runs[1].products
    assert product.uploaded == after(hours=hours)


def test_two_files_can_meet_at_one_since_and_moment(build: Builder):
    late = 'harvested = "6h"\nupload = "shifted"'
    text = run_text(listed=False) + product_text("SiStripBadStrip_pcl", late)
    text += run_text(398601, "3h", "4h", listed=False) + product_text("SiStripBadStrip_pcl", 'harvested = "6h"')
    world = build(text)
    world.advance(after(hours=7))
    assert intervals(world, STRIP) == [397600, 398601, 398601]


def test_a_stream_is_done_with_its_last_listed_upload_or_when_express_is(build: Builder):
    text = run_text(more='express_done = "5h"', listed=False)
    text += product_text("SiStripBadStrip_pcl", 'harvested = "6h"\nuploaded = "7h"')
    text += product_text("EcalPedestals_pcl", 'harvested = "3h"')
    (run,) = build(text).runs
    assert run.stream_done == {
        "Express": after(hours=7),
        "ExpressAlignment": after(hours=5),
        "Calibration": after(hours=5),
    }
    assert set(build(run_text()).runs[0].stream_done.values()) == {None}


def test_a_product_belongs_to_the_stream_that_declares_its_producer(build: Builder):
    text = run_text(listed=False, more='empty_alca_skim = ["Calibration"]')
    text += product_text("BeamSpotObjectHP_ByLumi") + product_text("EcalPedestals_pcl")
    (run,) = build(text).runs
    assert [(p.producer, p.stream) for p in run.products] == [
        ("PromptCalibProdBeamSpotHP", "ExpressAlignment"),
        ("PromptCalibProdEcalPedestals", "Calibration"),
    ]
    assert run.alca_skim["Calibration"] is None
    assert len(producers(run.alca_skim["Express"])) == 10


def test_an_unknown_product_is_refused(tmp_path: Path):
    scenario = Scenario.parse(HEAD + run_text(listed=False) + product_text("SiStripBadStrip_pc"), "x.toml")
    with pytest.raises(ConfigError, match='did you mean "SiStripBadStrip_pcl"'):
        World(scenario, PRODUCTS, tmp_path / "x.db")


# --- what is drawn ----------------------------------------------------------------------------------------------------


def test_drawn_latencies_have_the_published_shape():
    found = [draw(seed, 398600, PRODUCTS["SiStripBadStrip_pcl"]).latency / timedelta(hours=1) for seed in range(5000)]
    assert statistics.mean(found) == pytest.approx(7.2, abs=0.3)
    assert statistics.pstdev(found) == pytest.approx(6.9, abs=0.4)
    assert max(found) <= 48
    assert max(found) > 40
    by_hour = [sum(hour <= value < hour + 1 for value in found) for hour in range(48)]
    assert by_hour[12] > 3 * max(by_hour[10], by_hour[11], by_hour[13])
    assert 0.07 < by_hour[12] / len(found) < 0.13
    assert min(found) > 1


def test_draws_are_the_same_for_the_same_seed_only():
    product = PRODUCTS["SiPixelAliHG_pcl"]
    assert draw(1, 398600, product) == draw(1, 398600, product)
    assert len({draw(seed, 398600, product).latency for seed in range(20)}) == 20
    assert latency_h(Random(1)) == latency_h(Random(1))


def test_a_run_without_listed_products_is_drawn_and_one_with_them_is_not(build: Builder):
    world = build(run_text() + run_text(398601, "3h", "4h", listed=False))
    listed, drawn = world.runs
    assert [p.name for p in listed.products] == ["EcalPedestals_pcl"]
    assert len(drawn.products) == 13
    assert all(done is not None for done in drawn.stream_done.values())


def test_uploads_of_a_drawn_run_wait_for_an_unfinished_earlier_one_until_18_h_after_its_end(build: Builder):
    text = run_text(more='express_done = "12h"') + run_text(398601, "3h", "4h", listed=False)
    early = [p.uploaded for p in build(text).runs[1].products if p.uploaded]
    assert min(early) == after(hours=12)
    stuck = [p.uploaded for p in build(text.replace("12h", "90h")).runs[1].products if p.uploaded]
    assert min(stuck) == after(hours=3 + 18)


def test_a_drawn_stream_is_done_after_its_last_upload(build: Builder):
    (run,) = build(run_text(listed=False, more='express_done = "3h"')).runs
    for stream, done in run.stream_done.items():
        assert done is not None
        assert all(p.uploaded is None or p.uploaded <= done for p in run.products if p.stream == stream)
