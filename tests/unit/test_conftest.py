"""The guards that every other test relies on, tried on tests that break them."""

from __future__ import annotations

import smtplib
import socket
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy

from tests.support.mailbox import Mailbox

pytest_plugins = ["pytester"]

GUARDS = Path(__file__).parents[1] / "conftest.py"


def test_a_connection_beyond_loopback_fails_the_test_and_is_no_outage():
    with socket.socket() as reaching, pytest.raises(pytest.fail.Exception, match="beyond loopback"):
        reaching.connect(("192.0.2.1", 80))


def test_a_datagram_beyond_loopback_fails_the_test():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reaching,
        pytest.raises(pytest.fail.Exception, match="beyond loopback"),
    ):
        reaching.sendto(b"x", ("192.0.2.1", 53))


def test_a_name_that_is_not_invalid_may_not_be_looked_up():
    with pytest.raises(pytest.fail.Exception, match="beyond loopback"):
        socket.create_connection(("example.org", 80))


def test_an_invalid_host_is_unknown_as_dns_would_say():
    with pytest.raises(socket.gaierror):
        socket.create_connection(("nowhere.invalid", 80))


def test_loopback_is_reached(free_port):
    with socket.create_server(("127.0.0.1", free_port)), socket.create_connection(("localhost", free_port)) as near:
        assert near.getpeername() == ("127.0.0.1", free_port)


def test_a_thread_left_running_fails_its_test(pytester):
    pytester.makeconftest(GUARDS.read_text().replace("JOIN_S = 5.0", "JOIN_S = 0.01"))
    pytester.makepyfile(
        """
        import threading

        stop = threading.Event()

        def test_leaves_a_thread():
            threading.Thread(target=stop.wait, name="forgotten").start()

        def test_ends_what_it_starts():
            thread = threading.Thread(target=lambda: None)
            thread.start()

        def test_last():
            stop.set()
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*left running: forgotten*"])


def test_each_store_is_fresh_and_writable(store_url):
    engine = sqlalchemy.create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE seen (run INTEGER)"))
    assert sqlalchemy.inspect(engine).get_table_names() == ["seen"]
    engine.dispose()


def test_two_postgresql_databases_do_not_see_each_other(postgres_server):
    with postgres_server.database() as one, postgres_server.database() as other:
        assert one != other


def test_mail_sent_over_smtp_arrives(smtp_server):
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "spy@example.invalid", "crew@example.invalid", "Run 398600 – held"
    letter.set_content("why")
    with smtplib.SMTP(smtp_server.host, smtp_server.port, local_hostname="test.invalid") as client:
        client.send_message(letter)
    assert [m["Subject"] for m in smtp_server.wait_for(1)] == ["Run 398600 – held"]


def test_a_refused_mail_is_not_kept():
    with Mailbox(answer=lambda envelope: "451 greylisted") as mailbox:
        with (
            smtplib.SMTP(mailbox.host, mailbox.port, local_hostname="test.invalid") as client,
            pytest.raises(smtplib.SMTPDataError),
        ):
            client.sendmail("a@example.invalid", ["b@example.invalid"], "Subject: x\n\nx")
        assert mailbox.messages == []
