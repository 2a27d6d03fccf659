"""Standard Webhooks `v1`: the specification's vectors, and everything that a stranger may put into the headers."""

from __future__ import annotations

import base64
import pickle
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from spy.channels.signature import BadSignature, Secret, sign, verify
from spy.domain.errors import ConfigError

ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SENT = 1614265330
NOW = datetime.fromtimestamp(SENT, UTC)
BODY = b'{"test": 2432232314}'
OLD_TEXT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW_TEXT = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OLD, NEW = Secret.parse(OLD_TEXT), Secret.parse(NEW_TEXT)
OTHER = Secret([b"x" * 24])
BY_OLD = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
BY_NEW = "v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI="
BY_ED25519 = "v1a,UGKNwH7twgJFI86/HkpV3fzxDQI4LyZkCBdkLcmgf0igFKYzwenkZHDSfW/ig2puTv1AUvScjtypZ+GDnE7xCg=="


def headers(signature: str = BY_OLD, message_id: str = ID, timestamp: str = str(SENT)) -> dict[str, str]:
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}


@pytest.mark.parametrize(
    ("secret", "body", "expected"),
    [
        pytest.param(OLD, BODY, BY_OLD, id="upstream vector"),
        pytest.param(NEW, BODY, BY_NEW, id="32-byte key"),
        pytest.param(OLD, BODY + b" ", "v1,Ju11fKo+2R8Qwv8ERtTW6N3I6UR/7P4K/e3OzGb2uIs=", id="trailing space"),
        pytest.param(OLD, b"", "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=", id="empty body"),
        pytest.param(
            OLD, '{"détecteur":"ECAL"}'.encode(), "v1,qdH2Er36kmVo9ke7NUCcrYaIkFf06/0ayKkCXOT3vOU=", id="UTF-8"
        ),
    ],
)
def test_the_vectors_come_out_and_are_accepted(secret: Secret, body: bytes, expected: str) -> None:
    made = sign(secret, ID, NOW, body)
    assert made == headers(expected)
    assert verify([secret], made, body, NOW) == ID


def test_the_reference_library_accepts_what_we_sign_and_we_what_it_signs() -> None:
    now = datetime.now(UTC)
    library = standardwebhooks.Webhook(OLD_TEXT)
    assert library.verify(BODY, sign(OLD, ID, now, BODY)) == {"test": 2432232314}
    theirs = library.sign(ID, now, BODY.decode())
    assert verify([OLD], headers(theirs, timestamp=str(int(now.timestamp()))), BODY, now) == ID


@pytest.mark.parametrize(
    ("trusted", "accepted"), [([OLD], True), ([NEW], True), ([OLD, NEW], True), ([OTHER], False), ([], False)]
)
def test_while_keys_rotate_either_key_is_enough(trusted: list[Secret], accepted: bool) -> None:
    both = Secret.parse(f"{NEW_TEXT}\n{OLD_TEXT}\n")
    made = sign(both, ID, NOW, BODY)
    assert made["webhook-signature"] == f"{BY_NEW} {BY_OLD}"
    if accepted:
        assert verify(trusted, made, BODY, NOW) == ID
    else:
        with pytest.raises(BadSignature):
            verify(trusted, made, BODY, NOW)


@pytest.mark.parametrize(
    "rubbish",
    ["v1", "v1,a,b", "v1,abcde", "v1,ü", "", BY_ED25519, "v2,AAAA", "v1,", ",", "v1," + "A" * 88, "v1," + "é" * 44],
)
def test_an_entry_that_is_no_signature_is_skipped_and_hides_no_good_one(rubbish: str) -> None:
    with pytest.raises(BadSignature):
        verify([OLD], headers(rubbish), BODY, NOW)
    assert verify([OLD], headers(f"{rubbish} {BY_OLD}"), BODY, NOW) == ID
    assert verify([OLD], headers(f"{BY_OLD} {rubbish}"), BODY, NOW) == ID


@pytest.mark.parametrize(
    "bent",
    [
        BY_OLD[:10] + "!*" + BY_OLD[10:],
        BY_OLD + "=",
        BY_OLD.rstrip("="),
        BY_OLD + "\n",
        BY_OLD.replace("/", "_").replace("+", "-"),
        BY_OLD.replace("OE=", "OF="),
        "v1a," + BY_OLD.removeprefix("v1,"),
        "V1," + BY_OLD.removeprefix("v1,"),
    ],
)
def test_only_the_one_canonical_base64_text_of_a_signature_counts(bent: str) -> None:
    with pytest.raises(BadSignature):
        verify([OLD], headers(bent), BODY, NOW)


def test_more_than_ten_entries_are_refused_even_with_a_good_one() -> None:
    assert verify([OLD], headers(" ".join([BY_NEW] * 9 + [BY_OLD])), BODY, NOW) == ID
    with pytest.raises(BadSignature):
        verify([OLD], headers(" ".join([BY_OLD] * 11)), BODY, NOW)


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        f"{SENT}.0",
        f" {SENT}",
        f"{SENT} ",
        f"{SENT}e0",
        f"+{SENT}",
        "-1",
        "1" * 13,
        "۱۶۱۴۲۶۵۳۳۰",
        f"{SENT}\n",
        "0x1",
    ],
)
def test_a_timestamp_is_digits_and_nothing_else(timestamp: str) -> None:
    with pytest.raises(BadSignature):
        verify([OLD], headers(timestamp=timestamp), BODY, NOW)


@pytest.mark.parametrize(("age_s", "accepted"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_a_message_is_accepted_for_five_minutes_either_way(age_s: int, accepted: bool) -> None:
    now = NOW + timedelta(seconds=age_s)
    if accepted:
        assert verify([OLD], headers(), BODY, now) == ID
    else:
        with pytest.raises(BadSignature):
            verify([OLD], headers(), BODY, now)


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "x" * 129, "ä", "a\n", "a/b"])
def test_an_id_that_could_shift_the_signed_parts_is_refused_on_both_sides(message_id: str) -> None:
    with pytest.raises(ValueError, match="message id"):
        sign(OLD, message_id, NOW, BODY)
    forged = OLD.signatures(message_id, SENT, BODY)[0]
    with pytest.raises(BadSignature):
        verify([OLD], headers(forged, message_id), BODY, NOW)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_needed(missing: str) -> None:
    some = {name: value for name, value in headers().items() if name != missing}
    with pytest.raises(BadSignature):
        verify([OLD], some, BODY, NOW)


@given(body=st.binary(max_size=200), at=st.integers(0, 199), flip=st.integers(1, 255))
def test_any_bytes_can_be_signed_and_any_changed_byte_is_noticed(body: bytes, at: int, flip: int) -> None:
    made = sign(NEW, ID, NOW, body)
    assert verify([NEW], made, body, NOW) == ID
    changed = bytearray(body or b"\0")
    changed[at % len(changed)] ^= flip
    with pytest.raises(BadSignature):
        verify([NEW], made, bytes(changed), NOW)


@given(signature=st.text(max_size=300), timestamp=st.text(max_size=20), message_id=st.text(max_size=20))
def test_whatever_a_stranger_sends_is_refused_without_a_crash(signature: str, timestamp: str, message_id: str) -> None:
    with pytest.raises(BadSignature):
        verify([OLD], headers(signature, message_id, timestamp), BODY, NOW)


def test_the_time_of_an_attempt_is_the_same_moment_in_every_zone() -> None:
    chatham = NOW.astimezone(timezone(timedelta(hours=12, minutes=45)))
    assert sign(OLD, ID, chatham, BODY) == headers()
    with pytest.raises(ValueError, match="zone"):
        sign(OLD, ID, NOW.replace(tzinfo=None), BODY)


def test_a_secret_shows_itself_nowhere() -> None:
    for shown in (str(OLD), repr(OLD), f"{OLD}", f"{[OLD]}"):
        assert "<secret>" in shown
        assert "MfKQ9r8" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(OLD)


def test_a_secret_file_holds_the_new_key_first_and_may_hold_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{NEW_TEXT}\n\n  {OLD_TEXT}  \n")
    assert sign(Secret.load(file), ID, NOW, BODY)["webhook-signature"] == f"{BY_NEW} {BY_OLD}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (OLD_TEXT.removeprefix("whsec_").encode(), "line 1: expected whsec_"),
        (b"whsec_!!!!", "line 1: what follows whsec_ is not base64"),
        (b"whsec_" + base64.b64encode(b"x" * 23), "line 1: the key has 23 bytes; allowed are 24 to 64"),
        (b"whsec_" + base64.b64encode(b"x" * 65), "line 1: the key has 65 bytes"),
        (f"{OLD_TEXT}\nhunter2".encode(), "line 2: expected whsec_"),
        ("whsec_é".encode(), "not ASCII"),
    ],
)
def test_a_bad_secret_file_is_refused_with_file_and_line_and_without_its_content(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        Secret.load(file)
    assert str(file) in str(caught.value)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "MfKQ9r8" not in str(caught.value)


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere: cannot be read: No such file"):
        Secret.load(tmp_path / "nowhere")
