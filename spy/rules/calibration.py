"""In place, inherited, or a proven kind of no payload: the heart of the matter, for one product of one run.

Everything here compares evidence of the conditions database, the upload log, Tier0 and DQM; each answer carries the
comparison that led to it. Facts behind the rules: docs/rules.md, "In place" and "No payload".
"""

from __future__ import annotations

from collections.abc import Callable

from spy.clock import iso
from spy.domain.evidence import Fact, Kind, Scope, Value
from spy.domain.product import NoPayload, Product
from spy.domain.verdict import Seen
from spy.rules import waits
from spy.rules.gating import NotKnown, Unfed, gating_tags, known, number, time
from spy.rules.situation import SETTLE_GRACE, is_of_upload
from spy.rules.view import View

DERIVED: tuple[Fact, ...] = (
    Fact(
        "placement",
        Kind.STRING,
        Scope.PRODUCT,
        "in_place, partial, foreign, inherited, absent or unfed, over all tags that feed prompt reconstruction",
    ),
    Fact("no_payload", Kind.STRING, Scope.PRODUCT, "proven kind of no payload; empty while none is proven"),
    Fact("no_payload_accepted", Kind.BOOL, Scope.PRODUCT, "whether that kind is as good as a payload for this product"),
    Fact("upload_result", Kind.STRING, Scope.PRODUCT, "worst upload result over the same tags"),
    Fact("has_result_flags", Kind.BOOL, Scope.PRODUCT, "whether DQM tells how this product's fit ended"),
    waits.FACT,
)

_KNOWN_BAD = ("failed", "skipped", "elsewhere")
_UPLOADS_FROM_BAD = ("failed", "skipped", "elsewhere", "shifted", "in_progress", "ok", "none")


def _answer(view: View, product: Product, name: str, ask: Callable[[], tuple[Value, str]]) -> Seen:
    """A derived value; any unknown input makes it unknown, with that reason."""
    subject, now = view.situation.product(product.name), view.situation.now
    try:
        value, note = ask()
    except NotKnown as missing:
        return Seen(name, None, "derived", subject, now, None, str(missing))
    return Seen(name, value, "derived", subject, now, None, note)


def payload_hashes(view: View, product: Product) -> dict[str, str]:
    """Gating tag to the hash of what prompt reconstruction would read; empty where that is not known."""
    try:
        tags = gating_tags(view, product)
        return {tag: str(known(view.fact(view.situation.tag(tag), "payload_hash"))) for tag in tags}
    except NotKnown:
        return {}


def _placed(view: View, product: Product, tag: str) -> tuple[str, str]:
    """Where one tag stands for the run, and the comparison that says so."""
    subject, run = view.situation.tag(tag), view.situation.chunk.run
    base = known(view.fact(subject, "time_type"))
    if base != product.base:
        raise NotKnown(f"{tag} counts its since in {base}, the configuration says {product.base}")
    if known(view.fact(subject, "payload_hash")) == "":
        return "absent", f"{tag} holds no interval"
    if base == "time":
        since, end = time(view.fact(subject, "since_time")), time(view.of_run("run_end"))
        return ("in_place" if since >= end else "inherited"), f"{tag}: since ({iso(since)}) >= run end ({iso(end)})"
    since_run = number(view.fact(subject, "since_run"))
    if since_run != run:
        return "inherited", f"{tag}: since ({since_run}) == run ({run})"
    if time(view.fact(subject, "inserted_at")) < time(view.of_run("run_start")):
        return "inherited", f"{tag}: since ({since_run}) == run ({run}), but inserted before the run began"
    if base == "lumi":
        return _tail(view, product, tag)
    return "in_place", f"{tag}: since ({since_run}) == run ({run})"


def _own(view: View, product: Product, tag: str, place: str, why: str) -> tuple[str, str]:
    """A late payload of an earlier run is moved to the first run that is not locked, and looks as if made for it.

    Only this run's own file in the upload log tells the two apart: it went to this tag, at the time when the interval
    was inserted. An interval of another time is another run's, which was there before or has taken its place.
    """
    if place not in ("in_place", "partial"):
        return place, why
    result = known(view.fact(view.situation.tag(tag), "upload_result"))
    if result != "ok":
        return "foreign", f"{why}, but no upload of this run made it ({result})"
    inserted = time(view.fact(view.situation.tag(tag), "inserted_at"))
    uploaded = time(view.fact(view.situation.product(product.name), "uploaded_at"))
    if is_of_upload(inserted, uploaded) is not True:
        return "foreign", f"{why}, but inserted at {iso(inserted)}, when this run's was uploaded at {iso(uploaded)}"
    return place, why


def _tail(view: View, product: Product, tag: str) -> tuple[str, str]:
    """A harvest forced at 12 h ends early: the last interval must begin near the run's end."""
    since = number(view.fact(view.situation.tag(tag), "since_lumi"))
    last = number(view.of_run("last_lumi"))
    reached = since > 0 and last - since <= product.tail_lumis
    comparison = f"{tag}: last lumi ({last}) - last since ({since}) <= {product.tail_lumis}"
    return ("in_place" if reached else "partial"), comparison


def placement(view: View, product: Product) -> Seen:
    def ask() -> tuple[str, str]:
        try:
            tags = gating_tags(view, product)
        except Unfed as unfed:
            return "unfed", str(unfed)
        places = [_own(view, product, tag, *_placed(view, product, tag)) for tag in tags]
        order = ("absent", "inherited", "foreign", "partial", "in_place")
        worst = min((place for place, _ in places), key=order.index)
        shown = [why for place, why in places if place == worst or worst == "in_place"]
        return worst, "; ".join(shown)

    return _answer(view, product, "placement", ask)


def upload_result(view: View, product: Product) -> Seen:
    def ask() -> tuple[str, str]:
        seen = {tag: view.fact(view.situation.tag(tag), "upload_result") for tag in gating_tags(view, product)}
        # One tag that is known bad is enough, whatever nobody knows about the others.
        known_bad = any(s.value in _KNOWN_BAD for s in seen.values())
        results = {tag: str(known(s)) for tag, s in seen.items() if s.value is not None or not known_bad}
        if strange := set(results.values()) - set(_UPLOADS_FROM_BAD):
            raise NotKnown(f"upload_result is {', '.join(sorted(strange))}")
        worst = min(results.values(), key=_UPLOADS_FROM_BAD.index)
        told = _uploads(worst, [tag for tag, result in results.items() if result == worst])
        other = view.fact(view.situation.product(product.name), "upload_elsewhere").value
        return worst, f"{told}, the file named {other}" if worst == "elsewhere" and other else told

    return _answer(view, product, "upload_result", ask)


def _uploads(result: str, tags: list[str]) -> str:
    return f"no upload to {', '.join(tags)}" if result == "none" else f"upload to {', '.join(tags)}: {result}"


def _stream_of(view: View, product: Product) -> str:
    for stream in product.streams:
        producers = view.fact(view.situation.stream(stream), "producers").value
        if isinstance(producers, str) and product.producer in producers.split(","):
            return stream
    raise NotKnown(f"no declared stream carries {product.producer}")


def no_payload(view: View, product: Product) -> Seen:
    return _answer(view, product, "no_payload", lambda: _kind(view, product))


def _kind(view: View, product: Product) -> tuple[str, str]:
    where = view.once_of(product, "placement", placement)
    if known(where) == "in_place":
        return "", "a payload is in place"
    if where.value == "unfed":
        return NoPayload.UNEXPLAINED, where.note
    result = view.once_of(product, "upload_result", upload_result)
    if known(result) == "shifted":
        return (
            NoPayload.UNEXPLAINED,
            f"uploaded, but shifted to a later run: {_shifted(view, product)}",
        )
    if result.value == "ok":
        return _after_upload(view, product, where)
    if result.value != "none":
        return "", f"upload {result.value}"
    return _after_stream(view, product)


def _shifted(view: View, product: Product) -> str:
    moved = []
    for tag in gating_tags(view, product):
        since = view.fact(view.situation.tag(tag), "upload_since").value
        if view.fact(view.situation.tag(tag), "upload_result").value == "shifted":
            moved.append(f"{tag} begins at {since if since is not None else 'a later run'}")
    return "; ".join(moved)


def _after_upload(view: View, product: Product, where: Seen) -> tuple[str, str]:
    """The log says done and nothing is in place: lag of the database copy, a partial harvest, or a lost payload."""
    uploaded = time(view.fact(view.situation.product(product.name), "uploaded_at"))
    sure_at = uploaded + SETTLE_GRACE
    looks = [view.fact(view.situation.tag(tag), "payload_hash").seen_at for tag in gating_tags(view, product)]
    if any(seen_at is None or seen_at < sure_at for seen_at in looks):
        view.wake(sure_at)
        return "", f"uploaded at {iso(uploaded)}, looking for it in the database"
    if where.value == "foreign" and not _log_was_read_since(view, product):
        view.wake(view.situation.now)
        return "", f"an interval is newer than the upload log that was read; asking it once more: {where.note}"
    if where.value == "partial" and not _is_done(view, product):
        return "", f"partial harvest, the rest is expected: {where.note}"
    return NoPayload.UNEXPLAINED, f"uploaded at {iso(uploaded)} by the log, but not in place: {where.note}"


def _log_was_read_since(view: View, product: Product) -> bool:
    """Whether a file that made the newest interval would be known: the log was read long enough after it."""
    read_at = view.fact(view.situation.product(product.name), "upload_status").seen_at
    inserted = max(time(view.fact(view.situation.tag(tag), "inserted_at")) for tag in gating_tags(view, product))
    return read_at is not None and read_at >= inserted + SETTLE_GRACE


def _is_done(view: View, product: Product) -> bool:
    return known(view.fact(view.situation.stream(_stream_of(view, product)), "stream_done")) is True


def _after_stream(view: View, product: Product) -> tuple[str, str]:
    """No file in the upload log. Once the stream is done and every source was asked since, its kind is decided."""
    done = view.fact(view.situation.stream(_stream_of(view, product)), "stream_done")
    if known(done) is False:
        return "", "its stream is not done"
    ended = done.since or view.situation.now
    own = view.situation.product(product.name)
    harvest = view.fact(own, "harvest_sample")
    looks = [view.fact(view.situation.tag(tag), "payload_hash") for tag in gating_tags(view, product)]
    looks.append(view.fact(own, "upload_status"))
    if any(known(seen) is not None and (seen.seen_at is None or seen.seen_at < ended) for seen in looks):
        view.wake(view.situation.now)
        return "", "its stream is done; asking the database and the upload log once more"
    if known(harvest) is False:
        if view.situation.now < ended + view.situation.dqm_grace:
            view.wake(ended + view.situation.dqm_grace)
            return "", "its stream is done; DQM may still be importing the harvest"
        return NoPayload.ABORTED, "its stream is done and no harvest ran: no ALCAPROMPT sample, no upload, no interval"
    return _flagged(view, product)


def _flagged(view: View, product: Product) -> tuple[str, str]:
    """The harvest ran and wrote nothing: what DQM says about it."""
    own = view.situation.product(product.name)
    code: Value = 0
    if product.result_flags:
        code = known(view.fact(own, "pede_exit_code"))
        if code not in (0, 1):
            return NoPayload.ABORTED, f"the fit ended with exit code {code}"
        if known(view.fact(own, "db_update_vetoed")):
            return NoPayload.VETOED, "the fit vetoed the update"
        if view.fact(own, "db_updated").value is True:
            return NoPayload.UNEXPLAINED, "the fit says that it wrote a payload, but there is no upload and no interval"
    entries = view.fact(own, "entries").value
    if isinstance(entries, int) and entries < product.min_entries:
        return NoPayload.LOW_STATISTICS, f"entries ({entries}) < {product.min_entries}"
    if product.result_flags and known(view.fact(own, "db_updated")) is False and code == 0:
        return NoPayload.NO_UPDATE, "exit code 0, the movement is within its limits"
    return NoPayload.UNEXPLAINED, "the harvest ran with enough data, but there is no upload and no interval"


def no_payload_accepted(view: View, product: Product) -> Seen:
    def ask() -> tuple[bool, str]:
        kind = view.once_of(product, "no_payload", no_payload)
        value = str(known(kind))
        return value in product.accepts, f"{value}: {kind.note}" if value else kind.note

    return _answer(view, product, "no_payload_accepted", ask)


OF_PRODUCT: dict[str, Callable[[View, Product], Seen]] = {
    "placement": placement,
    "no_payload": no_payload,
    "no_payload_accepted": no_payload_accepted,
    "upload_result": upload_result,
    "has_result_flags": lambda view, product: _answer(
        view, product, "has_result_flags", lambda: (product.result_flags, "by configuration")
    ),
    "waits_for": waits.waits_for,
}
