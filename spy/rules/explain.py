"""A rule's outcome in words for people who have never seen a rule: what is wrong, and what would put it right.

Everything comes from the values that the outcome kept, so that page, mails and commands say the same of a stored
decision, whatever has changed since. The words are about facts and not about rules: a site's own rule over known facts
reads as well as a shipped one. What has no words here is told by its values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from spy.clock import iso
from spy.domain.evidence import Value
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import Outcome, Seen, State
from spy.rules import words

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z")
_STALE = re.compile(r"stale: last seen (\S+), believed for")
_EXEMPT = re.compile(r"exempt \([^)]*\): ([^;]+)")


def plain(outcome: Outcome) -> str:
    """One clause about the run or a calibration of it, without full stop: `SiPixelAliHG_pcl is missing: its …`."""
    return in_words(outcome) or utc(_by_values(outcome, _product(outcome)))


def in_words(outcome: Outcome) -> str:
    """The same, or nothing where only its values could tell it."""
    product = _product(outcome)
    if outcome.waived_by:
        return f"{product or outcome.rule} is waived by {outcome.waived_by}"
    seen = {one.name: one for one in outcome.seen}
    return utc(_unknown(outcome, product) if outcome.state is State.UNKNOWN else _known(outcome.state, seen, product))


def _product(outcome: Outcome) -> str:
    kind, name = part_of(Subject(outcome.subject))
    return name if kind == "product" else ""


def remedy(outcome: Outcome, otherwise: str) -> str:
    """What the owners, or the crew, can do about it, as it follows `must`; `otherwise` where no way is known."""
    seen = {one.name: one for one in outcome.seen}
    for name, ways in words.REMEDIES.items():
        if name in seen and (found := next((do for sign, do in ways if sign in _told(seen[name])), "")):
            return found
    return otherwise


def plain_reason(text: str) -> str:
    """Of a reason without an outcome: an exemption tells why nothing is needed."""
    exempt = _EXEMPT.match(text)
    return f"it needs no calibration: {exempt[1]}" if exempt else text


def utc(text: str) -> str:
    """Times as people write them."""
    return _ISO.sub(r"\1 \2 UTC", text)


def shown(value: Value | None) -> str:
    """A value as text."""
    if value is None:
        return "unknown"
    return iso(value) if isinstance(value, datetime) else str(value)


def _told(seen: Seen) -> str:
    return f"{shown(seen.value)}: {seen.note}"


def _known(state: State, seen: Mapping[str, Seen], product: str) -> str:
    """Words of the first fact that has some for what it says; a ready rule is told by its values."""
    if state is State.READY:
        return ""
    for name, say in words.OF_PRODUCT if product else words.OF_RUN:
        if name in seen and seen[name].value is not None and (said := say(seen, product)):
            return said
    return ""


def _unknown(outcome: Outcome, product: str) -> str:
    """The first value that is missing, and since when."""
    missing = next((one for one in outcome.seen if one.value is None), None)
    if missing is None:
        return ""
    about = product or "the run"
    if not product and missing.name in words.UNKNOWN_OF_RUN and not _STALE.search(missing.note):
        return words.UNKNOWN_OF_RUN[missing.name](missing.note)
    stale = _STALE.search(missing.note)
    if stale:
        return f"{about} cannot be judged: what is known of it is of {stale[1]}, too old to be believed"
    if missing.note == "never seen":
        return f"{about} cannot be judged: its {words.name_of(missing.name)} was never seen"
    return f"{about} cannot be judged: {missing.note}"


def _by_values(outcome: Outcome, product: str) -> str:
    """The last value that explains itself: rules derive one from the other."""
    head = f"{product}: " if product else ""
    explained = [seen for seen in outcome.seen if seen.note]
    if explained:
        return head + explained[-1].note
    last = ", ".join(f"{seen.name} ({shown(seen.value)})" for seen in outcome.seen[-1:])
    return head + f"{outcome.rule} {outcome.state}" + (f": {last}" if last else "")
