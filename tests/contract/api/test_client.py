"""The typed client against the real API: what it returns, what it repeats, what it raises."""

from __future__ import annotations

import dataclasses
import socket
from datetime import timedelta
from itertools import islice
from typing import Any

import httpx
import pytest

from spy.client import NoAnswer, Problem, Spy, Unexpected, shapes
from spy.client import site as methods
from spy.client import trends as client_trends
from spy.config import load
from spy.domain.act import Do
from spy.domain.caller import Reach
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.web.api import acts, alerts, answers, audits, me, products, runs, trends
from spy.web.app import create
from tests.support.api_site import api_site
from tests.support.filled_store import NOW
from tests.support.peer import Acting, http_answer
from tests.support.served import HOST, Served

SAME: dict[Any, Any] = {
    shapes.Readiness: answers.ReadinessAnswer,
    shapes.Run: answers.RunAnswer,
    shapes.Chunk: answers.ChunkAnswer,
    shapes.Decision: answers.DecisionAnswer,
    shapes.Fact: answers.EvidenceAnswer,
    shapes.Happened: runs.HappenedAnswer,
    shapes.ProductInRun: products.InRunAnswer,
    shapes.Service: answers.ServiceAnswer,
    shapes.Message: answers.MessageAnswer,
    shapes.Act: answers.ActAnswer,
    shapes.Alert: alerts.AlertAnswer,
    shapes.Done: acts.DoneAnswer,
    shapes.Audited: audits.AuditedAnswer,
    shapes.Me: me.MeAnswer,
    client_trends.HeldBy: trends.CauseAnswer,
    client_trends.InState: trends.StateAnswer,
    client_trends.RuleVotes: trends.RuleAnswer,
    client_trends.Latency: trends.LatencyAnswer,
    client_trends.Regret: trends.RegretAnswer,
    client_trends.RunSaved: trends.RunSavedAnswer,
    client_trends.Trends: trends.TrendsAnswer,
}


@pytest.fixture
def spy(site):
    with Spy(site.url) as client:
        yield client


def statuses(client: Spy) -> list[int]:
    """Fills with what the site answered, one by one."""
    seen: list[int] = []
    client._wire.http.event_hooks["response"].append(lambda answer: seen.append(answer.status_code))
    return seen


def test_its_shapes_are_those_of_the_api():
    for shape, answer in SAME.items():
        assert [field.name for field in dataclasses.fields(shape)] == list(answer.model_fields), shape
    kinds = [*vars(shapes).values(), *vars(client_trends).values()]
    of_module = {kind for kind in kinds if dataclasses.is_dataclass(kind)}
    assert of_module == set(SAME)


def test_readiness_is_asked_again_at_the_price_of_a_304(site, spy):
    seen = statuses(spy)
    first = spy.readiness("398602")
    assert (first.ready, first.verdict, first.revision) == (False, State.BLOCKED, 2)
    assert spy.readiness("398602") == first
    site.store.decide(398602, State.READY)
    assert spy.readiness("398602").ready
    assert spy.readiness("398603/Muon0").answered_for == "398603"
    assert seen == [200, 304, 200, 200]
    assert spy.first_unready_run() == 398606


def test_lists_are_read_to_their_end(site, spy, monkeypatch):
    monkeypatch.setattr(methods, "PAGE", 2)
    assert [run.run for run in spy.runs()] == list(range(398607, 398599, -1))
    assert [answer.chunk for answer in spy.all_readiness()] == [str(run) for run in range(398607, 398599, -1)]
    assert [chunk.chunk for chunk in spy.chunks(stage=Stage.STARTED)] == ["398600"]
    assert len(list(spy.decisions())) == 9
    assert [d.revision for d in spy.decisions(run=398602, since=NOW - timedelta(hours=1))] == [2]
    facts = {fact.name: fact.value for fact in spy.evidence(run=398602)}
    assert (facts["run_ended"], facts["last_lumi"], facts["run_end"]) == (True, 462, "2026-06-01T04:00:00Z")
    assert [fact.value for fact in spy.history("service:tier0", "first_safe_run")] == [398601]
    assert next(spy.product("SiStripBadStrip_pcl")).run == 398606
    assert len(spy.products_of_run(398602)) == 6
    happened = spy.timeline(398602)
    assert [one.begin for one in happened] == sorted(one.begin for one in happened)
    assert ("verdict", State.BLOCKED) in [(one.lane, one.state) for one in happened]
    assert {message.kind for message in spy.deliveries()} == {"release", "mail"}
    assert [alert.name for alert in spy.alerts(acknowledged=False)] == ["398602"]
    asked = {service.probe for service in spy.services() if service.last_look}
    assert asked == {"tier0", "oms", "conditions", "dqm", "uploads"}


def test_acts_are_done_made_longer_and_ended(spy):
    wish = {"chunk": "398603", "until": "6h", "who": "ana"}
    assert not spy.act(Do.KEEP_BACK, "noise", preview=True, **wish).done
    kept = spy.act(Do.KEEP_BACK, "noise", **wish)
    longer = spy.extend(kept.act.id, "12h", "still noise", who="ana")
    assert longer.act.until == NOW + timedelta(hours=12)
    assert [act.id for act in spy.acts(in_force=True, do=Do.KEEP_BACK)] == [longer.act.id]
    assert spy.end(longer.act.id, "understood", who="ana").act.do is Do.RELEASE_BACK
    assert [row.what for row in spy.audit()] == ["release_back", "keep_back", "keep_back"]


def test_a_token_opens_what_it_names_and_a_problem_says_what_it_does_not(tmp_path):
    with api_site(f"sqlite:///{tmp_path / 'spy.db'}", login=tmp_path) as site:
        with Spy(site.url, token=site.token(Reach.READ)) as client:
            assert client.me().who == "test"
            with pytest.raises(Problem, match="403 Forbidden: the token 'test' does not reach readiness") as caught:
                client.readiness("398602")
            assert (caught.value.status, caught.value.retry) == (403, False)
        with Spy(site.url) as nobody, pytest.raises(Problem, match="send a token"):
            nobody.me()


def test_what_cannot_be_answered_is_raised_by_its_name(site, spy):
    with pytest.raises(Problem, match="404 Not Found: run 123456") as caught:
        spy.run(123456)
    assert not caught.value.retry
    with pytest.raises(Problem, match="expected RUN"):
        spy.readiness("../../etc")
    site.store.drop("decision")
    with pytest.raises(Problem, match="cannot read") as caught:
        spy.readiness("398602")
    assert (caught.value.status, caught.value.retry, caught.value.retry_after) == (503, True, timedelta(seconds=10))


def test_nobody_there_is_no_answer(free_port):
    with Spy(f"http://{HOST}:{free_port}") as client, pytest.raises(NoAnswer, match="GET me"):
        client.me()


@pytest.mark.parametrize(
    "body", ["<html>proxy</html>", "[]", "null", "{}", '{"who": 5, "role": "admin", "means": "local"}']
)
def test_another_programs_answer_is_unexpected_and_never_a_value(body):
    def act(peer):
        peer.read_request()
        peer.send(http_answer(200, body))

    with Acting(act) as server, Spy(server.url) as client, pytest.raises(Unexpected):
        client.me()


def test_a_redirect_is_a_problem_and_the_token_goes_nowhere():
    def act(peer):
        peer.read_request()
        peer.send(http_answer(302, "", Location="http://elsewhere.invalid/"))

    with Acting(act) as server, Spy(server.url, token="spy_x") as client:
        with pytest.raises(Problem) as caught:
            client.me()
        assert (caught.value.status, server.connections) == (302, 1)


def test_the_stream_goes_on_where_it_was_cut_and_tells_nothing_twice(site):
    port = socket.create_server((HOST, 0))
    app = create(load(), site.store.engine, lambda: NOW)
    address = port.getsockname()
    servers = [Served(app, port)]
    paused: list[float] = []

    def restart(seconds: float) -> None:
        paused.append(seconds)
        site.store.decide(398602, State.READY)
        servers.append(Served(app, socket.create_server(address)))
        servers[-1].__enter__()

    with servers[0], Spy(f"http://{HOST}:{address[1]}") as client:
        stream = client.changes(after=7, pause=restart)
        assert [decision.id for decision in islice(stream, 2)] == [8, 9]
        servers[0].stop()
        decided = next(stream)
        assert (decided.id, decided.chunk, decided.verdict, paused) == (10, "398602", State.READY, [3.0])
        stream.close()
    servers[-1].stop()


def test_a_stream_that_is_not_allowed_is_a_problem_and_not_waited_for(tmp_path):
    with api_site(f"sqlite:///{tmp_path / 'spy.db'}", login=tmp_path) as site, Spy(site.url) as client:
        with pytest.raises(Problem, match="401"):
            next(client.changes(pause=lambda _: pytest.fail("it waits")))
        assert isinstance(client._wire.http, httpx.Client)
