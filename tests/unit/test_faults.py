"""Every kind of fault, in process, over real sockets, and for the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from probes.simulation.faults import Faults, Faulty
from probes.simulation.scenario import Scenario
from probes.simulation.server import serve
from probes.simulation.story import KINDS, Fault
from probes.simulation.transport import InProcess
from probes.simulation.wire import Request, Response
from probes.simulation.world import World
from spy import config
from spy.database import reading
from spy.domain.errors import NoAnswer, Refused, SourceError
from tests.support.simulated import world_engine

START = datetime(2026, 6, 1, tzinfo=UTC)
SCENARIO = """
start = 2026-06-01T00:00:00Z
[[run]]
number = 398600
class = "collisions"
start = "0h"
end = "3h"
[[run.product]]
name = "SiStripBadStrip_pcl"
harvested = "6h"
"""
TAG = "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt"


class Uploads:
    """A service that tells how many uploads there were, and counts what it was asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.worked = 0

    def answer(self, request: Request) -> Response:
        self.worked += 1
        body = {"uploads": len(self.world.uploads), "now": self.world.now.isoformat(), "query": request.query}
        return Response(200, json.dumps(body).encode(), {"content-type": "application/json"})

    def empty(self, request: Request) -> Response:
        return Response(200, b'{"uploads": null}')


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(Scenario.parse(SCENARIO, "x.toml"), config.load().products, tmp_path / "conditions.db")
    yield made
    made.close()


def faults(kind: str, service: str = "uploads", start: float = 5, end: float = 8) -> Faults:
    return Faults([Fault(service, kind, START + timedelta(hours=start), START + timedelta(hours=end))])


def client_of(world: World, kind: str) -> tuple[httpx.Client, Uploads]:
    simulator = Uploads(world)
    faulty = Faulty("uploads", simulator, faults(kind), lambda: world.now, world.as_of)
    return httpx.Client(transport=InProcess(faulty.answer), base_url="http://uploads.invalid"), simulator


def at(world: World, hours: float) -> None:
    world.advance(START + timedelta(hours=hours))


@pytest.mark.parametrize("kind", KINDS)
def test_outside_its_time_a_fault_does_nothing(world: World, kind: str):
    client, _ = client_of(world, kind)
    at(world, 4.9)
    assert client.get("/a?b=1&b=2&c=").json() == {
        "uploads": 0,
        "now": "2026-06-01T04:54:00+00:00",
        "query": {"b": ["1", "2"], "c": [""]},
    }
    at(world, 8)
    assert client.get("/a").json()["uploads"] == 1


@pytest.mark.parametrize(
    ("kind", "error", "worked"),
    [
        ("down", httpx.ConnectError, 0),
        ("hang", httpx.ReadTimeout, 0),
        ("slow", httpx.ReadTimeout, 1),
        ("accept_then_drop", httpx.RemoteProtocolError, 1),
    ],
)
def test_a_broken_wire_raises_and_only_some_requests_took_effect(world: World, kind, error, worked):
    client, simulator = client_of(world, kind)
    at(world, 7)
    with pytest.raises(error):
        client.post("/a", content=b"x")
    assert simulator.worked == worked


def test_garbage_is_a_page_and_half_an_answer_in_turns(world: World):
    client, simulator = client_of(world, "garbage")
    at(world, 7)
    answers = [client.get("/a") for _ in range(4)]
    assert [a.status_code for a in answers] == [200] * 4
    assert [a.text.startswith("<!DOCTYPE html>") for a in answers] == [True, False, True, False]
    with pytest.raises(json.JSONDecodeError):
        answers[1].json()
    before = simulator.worked
    client.post("/a")
    client.post("/a")
    assert simulator.worked == before, "a POST takes no effect behind a page that makes no sense"


def test_empty_is_the_empty_answer_of_the_format(world: World):
    client, _ = client_of(world, "empty")
    at(world, 7)
    assert client.get("/a").json() == {"uploads": None}


def test_errors_have_their_status_and_headers(world: World):
    at(world, 7)
    client, _ = client_of(world, "http500")
    assert (client.get("/a").status_code, client.get("/a").headers["x-error-info"]) == (500, "Simulated internal error")
    client, _ = client_of(world, "http429")
    assert (client.get("/a").status_code, client.get("/a").headers["retry-after"]) == (429, "60")
    client, _ = client_of(world, "auth")
    assert [client.get("/a").status_code for _ in range(3)] == [401, 403, 401]


def test_stale_answers_stand_still_where_the_fault_began(world: World):
    client, _ = client_of(world, "stale")
    at(world, 7)
    assert client.get("/a").json()["uploads"] == 0
    assert client.get("/a").json()["now"] == "2026-06-01T05:00:00+00:00"


def test_replicas_disagree_in_turns_per_identical_request(world: World):
    client, _ = client_of(world, "disagree")
    at(world, 7)
    assert [client.get("/a").json()["uploads"] for _ in range(4)] == [1, 0, 1, 0]
    assert client.get("/b").json()["uploads"] == 1


def test_a_receiver_without_a_past_still_works_on_posts(world: World):
    for kind, second in (("stale", 200), ("disagree", 404)):
        simulator = Uploads(world)
        faulty = Faulty("uploads", simulator, faults(kind), lambda: world.now)
        at(world, 7)
        assert faulty.answer(Request("POST", "/a")).status == 200
        assert [faulty.answer(Request("GET", "/a")).status for _ in range(2)] == [200, second]
        assert faulty.answer(Request("POST", "/a")).status == 200


def test_before_lets_time_pass_ahead_of_each_answer(world: World):
    transport = InProcess(Uploads(world).answer, before=lambda: at(world, 7))
    with httpx.Client(transport=transport, base_url="http://uploads.invalid") as client:
        assert client.get("/a").json()["uploads"] == 1


# --- over real sockets ------------------------------------------------------------------------------------------------


def test_a_server_keeps_its_connection_alive_and_carries_bodies(world: World):
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(201, request.body, {"Content-Type": "text/plain"})

    with serve({"a": answer, "b": answer}) as served, httpx.Client(trust_env=False) as client:
        assert served.ports["a"] != served.ports["b"]
        ports = set()
        for _ in range(3):
            got = client.post(f"{served.urls['a']}/x%20y?q=1", content=b"body", headers={"X-Id": "7"})
            ports.add(got.extensions["network_stream"].get_extra_info("client_addr")[1])
            assert (got.status_code, got.content, got.http_version) == (201, b"body", "HTTP/1.1")
            assert "date" in got.headers
        assert len(ports) == 1
    assert (seen[0].method, seen[0].path, seen[0].query, seen[0].headers["x-id"]) == ("POST", "/x y", {"q": ["1"]}, "7")


def test_a_304_has_no_body_and_does_not_break_the_next_request():
    answers = iter([Response(304, b"not sent", {"ETag": '"1"'}), Response(200, b"next")])
    with serve({"a": lambda request: next(answers)}) as served, httpx.Client(trust_env=False) as client:
        assert client.get(served.urls["a"]).status_code == 304
        assert client.get(served.urls["a"]).text == "next"


@pytest.mark.parametrize(
    ("kind", "errors"),
    [
        ("down", (httpx.ConnectError, httpx.ReadError)),
        ("accept_then_drop", (httpx.RemoteProtocolError,)),
        ("hang", (httpx.ReadTimeout,)),
        ("slow", (httpx.ReadTimeout,)),
    ],
)
def test_a_server_really_breaks_the_wire(world: World, kind: str, errors):
    at(world, 7)
    faulty = Faulty("uploads", Uploads(world), faults(kind), lambda: world.now, world.as_of)
    served = serve({"a": faulty.answer})
    with served, httpx.Client(trust_env=False, timeout=0.3) as client, pytest.raises(errors):
        client.get(served.urls["a"])


def test_a_server_that_is_closed_ends_what_hangs(world: World):
    at(world, 7)
    faulty = Faulty("uploads", Uploads(world), faults("hang"), lambda: world.now, world.as_of)
    served = serve({"a": faulty.answer})
    with httpx.Client(trust_env=False, timeout=0.2) as client, pytest.raises(httpx.ReadTimeout):
        client.get(served.urls["a"])
    served.close()
    with httpx.Client(trust_env=False, timeout=5) as client, pytest.raises(httpx.ConnectError):
        client.get(served.urls["a"])


# --- the database -----------------------------------------------------------------------------------------------------


def sinces(world: World, engine: sa.Engine) -> list[object]:
    with reading("conditions", engine) as connection:
        statement = sa.text("SELECT since FROM iov WHERE tag_name = :tag ORDER BY since")
        return list(connection.execute(statement, {"tag": TAG}).scalars())


def test_without_a_fault_the_engine_reads_the_present_and_cannot_write(world: World):
    engine = world_engine(world, Faults())
    at(world, 7)
    assert sinces(world, engine) == [397600, 398600]
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError, match="readonly"):
        connection.execute(sa.text("DELETE FROM iov"))


@pytest.mark.parametrize(
    ("kind", "error", "text"),
    [
        ("down", NoAnswer, "Connection refused"),
        ("slow", NoAnswer, "no answer within"),
        ("hang", NoAnswer, "no answer within"),
        ("http500", NoAnswer, "ORA-00600"),
        ("http429", NoAnswer, "ORA-00018"),
        ("accept_then_drop", NoAnswer, "ORA-03113"),
        ("auth", Refused, "ORA-28001"),
    ],
)
def test_a_database_fault_is_an_error_of_its_kind(world: World, kind: str, error: type[SourceError], text: str):
    engine = world_engine(world, faults(kind, "conditions"))
    at(world, 7)
    with pytest.raises(error, match=text):
        sinces(world, engine)
    at(world, 8)
    assert sinces(world, engine) == [397600, 398600]


@pytest.mark.parametrize(
    ("kind", "looks"),
    [
        ("empty", [[], []]),
        ("stale", [[397600], [397600]]),
        ("disagree", [[397600, 398600], [397600], [397600, 398600]]),
        ("garbage", [["since", "since"]]),
    ],
)
def test_a_database_fault_shows_other_rows(world: World, kind: str, looks: list[list[object]]):
    engine = world_engine(world, faults(kind, "conditions", start=6.75 if kind == "garbage" else 5))
    at(world, 7)
    assert [sinces(world, engine) for _ in looks] == looks


def test_the_engine_lets_time_pass_before_it_connects(world: World):
    engine = world_engine(world, Faults(), before=lambda: at(world, 7))
    assert sinces(world, engine) == [397600, 398600]
