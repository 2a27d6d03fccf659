"""Questions that stand in a body: the same promises as for GET."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from spy.domain.errors import NoAnswer, Unreadable
from spy.http import FileToken, Http
from tests.support.scripted import Scripted, hang_up, reply, silence

LONG = timedelta(seconds=10)
QUESTION = {"page": 0, "filter": {"run_number": {"=": 398600}}}


def test_the_question_is_sent_as_json_and_its_answer_is_not_kept(tmp_path) -> None:
    (tmp_path / "token").write_text("t0ken")
    with Scripted(reply(body='{"runs": []}', ETag='"1"')) as server:
        http = Http("runregistry", server.url, deadline=LONG, auth=FileToken("runregistry", tmp_path / "token"))
        for _ in range(2):
            assert http.post("runs", QUESTION).json() == {"runs": []}
        http.close()
        for request in server.requests:
            assert request.startswith("POST /base/runs HTTP/1.1")
            assert json.loads(request.split("\r\n\r\n")[1]) == QUESTION
        assert server.header("Content-Type") == "application/json"
        assert server.header("Authorization") == "Bearer t0ken"
        assert server.header("If-None-Match") == ""


@pytest.mark.parametrize(
    ("script", "kind", "says"),
    [
        (silence, NoAnswer, "no whole answer within 0.3 s"),
        (hang_up, NoAnswer, "runs: "),
        (reply("500 Internal Server Error", '{"err": "x"}'), NoAnswer, "status 500"),
        (reply("404 Not Found"), Unreadable, "status 404"),
    ],
)
def test_what_fails_is_named(script, kind, says) -> None:
    with Scripted(script) as server:
        http = Http("runregistry", server.url, deadline=timedelta(seconds=0.3))
        with pytest.raises(kind, match=says):
            http.post("runs", QUESTION)
        http.close()
