"""Reading a watched database: an answer or a telling error in time, whatever the other side does."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from spy.clock import monotonic
from spy.database import Hangs, ask, close_database, open_database, reading
from spy.domain.errors import ConfigError, NoAnswer, Refused, Unreadable
from tests.support.oracle_standin import Standin, failure
from tests.support.tree import ROOT

ONE_ROW = sa.text("SELECT name FROM cms_conditions.tag")


@pytest.fixture
def standin(tmp_path):
    path = tmp_path / "cond.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE tag (name TEXT)")
        connection.execute("INSERT INTO tag VALUES ('EcalPedestals_prompt')")
    connection.close()
    standin = Standin(path)
    yield standin
    standin.close()


@pytest.fixture
def secrets():
    """What the secret file holds; the last one counts."""
    return ["tiger"]


@pytest.fixture
def oracle(standin, secrets):
    engine = open_database(
        "oracle+oracledb://reader@db.invalid/?service_name=x",
        service="conditions",
        schema="cms_conditions",
        deadline=timedelta(seconds=5),
        secret=lambda: secrets[-1],
        module=standin.module(),
    )
    yield engine
    close_database(engine)


def names(engine):
    return ask("conditions", engine, lambda connection: connection.execute(ONE_ROW).scalars().all())


def test_oracle_is_read_in_one_consistent_state_and_with_a_limit_on_each_round_trip(oracle, standin):
    assert names(oracle) == ["EcalPedestals_prompt"]
    assert standin.statements[-2:] == ["set transaction read only", "select name from cms_conditions.tag"]
    assert standin.connections[0].call_timeout == 5000
    assert standin.passwords == ["tiger"]


def test_the_limit_is_set_again_on_every_checkout_since_a_ping_resets_it(oracle, standin):
    names(oracle)
    standin.connections[0].call_timeout = 0
    names(oracle)
    assert standin.connections[0].call_timeout == 5000
    assert len(standin.connections) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ORA-01017", Refused),
        ("ORA-28000", Refused),
        ("ORA-00942", Refused),
        ("DPY-4000", Refused),
        ("DPY-4026", Refused),
        ("DPY-4027", Refused),
        ("ORA-00904", Unreadable),
        ("ORA-03113", NoAnswer),
        ("ORA-02396", NoAnswer),
        ("ORA-12514", NoAnswer),
        ("DPY-4011", NoAnswer),
        ("DPY-4024", NoAnswer),
        ("DPY-6005", NoAnswer),
    ],
)
def test_an_error_says_whether_asking_again_makes_sense(oracle, standin, code, error):
    names(oracle)
    standin.fail += [failure(code)] * 2  # the second one meets the ping's new connection
    with pytest.raises(error, match=code) as caught:
        names(oracle)
    assert caught.value.retry is (error is not Refused)
    standin.fail.clear()


@pytest.mark.parametrize("code", ["ORA-03113", "DPY-4011", "DPY-4024", "DPY-6005"])
def test_a_dead_connection_is_not_used_again(oracle, standin, code):
    names(oracle)

    def breaks(connection):
        standin.fail.append(failure(code))
        connection.execute(ONE_ROW)

    with pytest.raises(NoAnswer, match=code):
        ask("conditions", oracle, breaks)
    assert names(oracle) == ["EcalPedestals_prompt"]
    assert len(standin.connections) == 2


def test_a_refused_password_is_not_tried_again_until_it_changes(oracle, standin, secrets):
    standin.fail.append(failure("ORA-01017", "invalid username/password"))
    for _ in range(3):
        with pytest.raises(Refused, match="ORA-01017"):
            names(oracle)
    assert standin.passwords == ["tiger"]
    secrets.append("lion")
    assert names(oracle) == ["EcalPedestals_prompt"]
    assert standin.passwords == ["tiger", "lion"]


def test_no_error_shows_the_password_or_the_statement(oracle, standin):
    standin.fail.append(failure("ORA-03113"))
    with pytest.raises(NoAnswer) as caught:
        names(oracle)
    assert "tiger" not in str(caught.value)
    assert "SELECT" not in str(caught.value)


def test_a_question_that_never_ends_gives_the_caller_back(oracle):
    engine = oracle.execution_options(deadline=timedelta(milliseconds=50))
    never = threading.Event()
    try:
        with pytest.raises(Hangs, match=r"no answer within 0\.05 s"):
            ask("conditions", engine, lambda connection: never.wait())
    finally:
        never.set()


def test_no_more_than_a_few_hanging_questions_are_left_behind(oracle):
    engine = oracle.execution_options(deadline=timedelta(milliseconds=20))
    never = threading.Event()
    try:
        for _ in range(4):
            with pytest.raises(Hangs):
                ask("conditions", engine, lambda connection: never.wait())
        with pytest.raises(Hangs, match="4 earlier calls still hang"):
            ask("conditions", engine, lambda connection: pytest.fail("asked"))
    finally:
        never.set()


# --- real driver against real sockets --------------------------------------------------------------------------

PROGRAM = """
import sys
from datetime import timedelta
from spy.clock import monotonic
from spy.database import ask, close_database, open_database
from spy.domain.errors import SourceError

url = f"oracle+oracledb://reader:tiger@127.0.0.1:{sys.argv[1]}/?service_name=x"
engine = open_database(url, service="conditions", deadline=timedelta(seconds=1))
for _ in range(2):
    start = monotonic()
    try:
        ask("conditions", engine, lambda connection: None)
    except SourceError as error:
        print(type(error).__name__, monotonic() - start < 3, error)
close_database(engine)
"""


@contextmanager
def server(serve):
    """A TCP server on loopback that does `serve(connection)` with each client; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept = []

        def loop():
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                kept.append(client)
                serve(client)

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for client in kept:
            client.close()


def run_program(port):
    start = monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(port)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), monotonic() - start


def test_a_listener_that_accepts_and_stays_silent_holds_up_neither_the_caller_nor_the_exit():
    with server(lambda client: None) as port:
        lines, seconds = run_program(port)
    assert [line.split()[:2] for line in lines] == [["Hangs", "True"]] * 2
    assert "still accepts connections and does not answer" in lines[1]
    assert seconds < 30


def test_a_listener_that_closes_at_once_is_no_answer():
    with server(lambda client: client.close()) as port:
        lines, _ = run_program(port)
    assert [line.split()[:2] for line in lines] == [["NoAnswer", "True"]] * 2
    assert "DPY-" in lines[0]
    assert "tiger" not in "".join(lines)


def test_a_closed_port_is_no_answer(free_port):
    lines, _ = run_program(free_port)
    assert [line.split()[:2] for line in lines] == [["NoAnswer", "True"]] * 2
    assert "DPY-6005" in lines[0]


# --- SQLite and PostgreSQL -------------------------------------------------------------------------------------


def test_a_file_is_opened_read_only(tmp_path):
    path = tmp_path / "a file.db"
    sqlite3.connect(path).execute("CREATE TABLE tag (name TEXT)").connection.close()
    engine = open_database(f"sqlite:///{path}", service="conditions", schema="cms_conditions")
    with pytest.raises(NoAnswer, match="readonly"):
        ask("conditions", engine, lambda connection: connection.execute(sa.text("DELETE FROM tag")))


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path / 'none.db'}", service="conditions")
    with pytest.raises(NoAnswer, match="unable to open"):
        ask("conditions", engine, lambda connection: connection.execute(sa.text("SELECT 1")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"<html>this is no database at all, but long enough to be one</html>" * 20])
def test_a_file_that_holds_no_conditions_is_unreadable(tmp_path, content):
    (tmp_path / "cond.db").write_bytes(content)
    engine = open_database(f"sqlite:///{tmp_path / 'cond.db'}", service="conditions")
    with pytest.raises(Unreadable):
        ask("conditions", engine, lambda connection: connection.execute(sa.text("SELECT name FROM tag")))


def test_a_query_that_runs_too_long_is_interrupted(tmp_path):
    path = tmp_path / "cond.db"
    sqlite3.connect(path).close()
    engine = open_database(f"sqlite:///{path}", service="conditions", deadline=timedelta(milliseconds=100))
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"
    with pytest.raises(NoAnswer, match="interrupted"), reading("conditions", engine) as connection:
        connection.execute(sa.text(endless)).all()


def test_postgresql_is_read_only_too(postgres_url):
    engine = open_database(postgres_url, service="conditions", deadline=timedelta(seconds=10))
    with pytest.raises(NoAnswer, match="read-only"):
        ask("conditions", engine, lambda connection: connection.execute(sa.text("CREATE TABLE tag (name text)")))
    with pytest.raises(Unreadable, match="tag"):
        ask("conditions", engine, lambda connection: connection.execute(sa.text("SELECT name FROM tag")))
    close_database(engine)


# --- configuration ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("oracle://reader@cms_orcon_adg", "driver 'oracle' is not known; allowed: oracle+oracledb"),
        ("mysql://x", "driver 'mysql' is not known"),
        ("cms_orcon_adg", "not a database URL"),
        ("oracle+cx_oracle://reader@cms_orcon_adg", "write oracle+oracledb"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_at_start(url, says):
    with pytest.raises(ConfigError, match=re.escape(says)) as caught:
        open_database(url, service="conditions")
    assert "[service.conditions] url" in str(caught.value)
