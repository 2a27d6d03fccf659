"""What the verdict on a table of facts may be, straight from the design's text (section 6).

Most tables allow exactly one verdict. Where the text leaves open which of the bad ones it is, more are allowed. Ready
is one of several in one case only: a fit that ended with warnings and had too few entries.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from tests.oracle.facts import (
    COUNTS_ENTRIES,
    HAS_FLAGS,
    PRODUCERS,
    RUN,
    TAIL_LUMIS,
    Facts,
    ProductFacts,
    TagFacts,
)
from tests.oracle.truth import ACCEPTED, EXPECTED, FIVE

READY, WAITING, UNKNOWN, BLOCKED = "ready", "waiting", "unknown", "blocked"
_ORDER = [READY, WAITING, UNKNOWN, BLOCKED]
Allowed = frozenset[str]

MIN_ENTRIES = 1000


def verdicts(facts: Facts) -> Allowed:
    """The allowed verdicts on the run."""
    parts = [_flag(facts.ended), _tier0_answers(facts), _flag(facts.known_to_tier0)]
    if facts.ended is False:
        parts += [] if is_exempt(facts) else [_jobs(facts)]
        return reduce(_worst, parts)  # of a run that is being taken nothing more is asked: that is normal, not unknown
    parts.append(_settled(facts))
    if not is_exempt(facts):
        parts += [_has_set(facts), _declared(facts), _jobs(facts)]
        # Which products an ion run needs is told by what its streams declare: open where that is unknown.
        open_set = facts.run_class == "heavy-ions" and not _all_producers_known(facts)
        parts += [allowed | {UNKNOWN} if open_set else allowed for allowed in _products(facts)]
    return reduce(_worst, parts)


def _all_producers_known(facts: Facts) -> bool:
    told = (facts.streams or {}).values()
    return facts.producers_known and bool(told) and all(stream.producers is not None for stream in told)


def _worst(one: Allowed, other: Allowed) -> Allowed:
    return frozenset(max(a, b, key=_ORDER.index) for a in one for b in other)


def _just(state: str) -> Allowed:
    return frozenset({state})


def _flag(value: bool | None) -> Allowed:
    return _just(UNKNOWN if value is None else READY if value else WAITING)


def _tier0_answers(facts: Facts) -> Allowed:
    """How far Tier0 has locked must be known; what it has locked is no longer decided about."""
    return _just(UNKNOWN if facts.first_safe_run is None else READY)


def _settled(facts: Facts) -> Allowed:
    """Every stream that declares a producer is done; a false beside an unknown may count as either."""
    if facts.streams is None:
        return _just(UNKNOWN)
    done = [s.done if s.producers is not None else None for s in facts.streams.values() if s.producers != ()]
    if not done or None in done:
        return frozenset({UNKNOWN, WAITING}) if False in done else _just(UNKNOWN)
    return _flag(all(done))


def _jobs(facts: Facts) -> Allowed:
    """Asked of a settled run: what is missing is unknown, and no report, or an unfinished count, tells nothing yet."""
    jobs, failed = facts.express_jobs, facts.express_jobs_failed
    if jobs is None or facts.express_jobs_complete is None:
        return _just(UNKNOWN)
    settled = _settled(facts)
    other = (settled & {UNKNOWN}) | ({READY} if WAITING in settled else set())
    return other | (_of_settled(jobs, failed, facts.express_jobs_complete) if READY in settled else frozenset())


def _of_settled(jobs: int, failed: int | None, is_complete: bool) -> Allowed:
    if is_complete and 0 < jobs < 20:
        return _just(READY)  # however many of so few failed
    if failed is None:
        return _just(UNKNOWN)
    if jobs >= 20 and failed / jobs > 0.1:
        return _just(BLOCKED)
    return _just(READY if is_complete and jobs > 0 else WAITING)


def is_exempt(facts: Facts) -> bool:
    """Proven by a known fact; what is unknown exempts nobody."""
    short = facts.last_lumi is not None and facts.last_lumi < 10
    beamless = facts.run_class == "commissioning" and facts.stable_beams is False
    return short or beamless or False in (facts.tracker_in, facts.has_bulk, facts.transferred)


def _has_set(facts: Facts) -> Allowed:
    if facts.run_class is None:
        return _just(UNKNOWN)
    return _just(READY if facts.run_class in EXPECTED else BLOCKED)


def _declared(facts: Facts) -> Allowed:
    if facts.run_class is None or facts.streams is None or not _all_producers_known(facts):
        return _just(UNKNOWN)
    missing_stream = not EXPECTED.get(facts.run_class, set()) <= set(facts.streams)
    known = [s.producers for s in facts.streams.values() if s.producers is not None]
    names = {producer for producers in known for producer in producers}
    missing = missing_stream or any(PRODUCERS[name] not in names for name in required(facts))
    return _just(UNKNOWN if missing else READY)


def required(facts: Facts) -> tuple[str, ...]:
    if facts.run_class == "cosmics":
        return ("SiStripBadStrip_pcl",)
    if facts.run_class == "heavy-ions":
        return tuple(name for name in FIVE if _stream_of(facts, name))
    return FIVE if facts.run_class == "collisions" else ()


def _stream_of(facts: Facts, name: str) -> str:
    streams = facts.streams or {}
    return next((stream for stream, told in streams.items() if PRODUCERS[name] in (told.producers or ())), "")


def _products(facts: Facts) -> Iterable[Allowed]:
    for name in required(facts):
        product = facts.products[name]
        yield _upload(product.tags[0])
        yield _calibration(facts, name, product)
        if name in HAS_FLAGS and _in_place(facts, name, product.tags[0]):
            # Whose interval it is nobody knows without the run's own upload: an earlier run's may have been moved here.
            yield _fit(product) | (frozenset({UNKNOWN}) if product.tags[0].upload_result is None else frozenset())


def _fit(product: ProductFacts) -> Allowed:
    """The flags of a fit whose payload is in place: warnings pass, a veto or an abnormal end does not."""
    if product.vetoed or product.exit_code not in (None, 0, 1):
        return _just(BLOCKED) if None not in (product.vetoed, product.exit_code) else frozenset({BLOCKED, UNKNOWN})
    return _just(UNKNOWN if None in (product.vetoed, product.exit_code) else READY)


def _upload(tag: TagFacts) -> Allowed:
    """Of the tag that feeds prompt reconstruction; unknown where nobody knows which does."""
    is_bad = tag.upload_result in ("failed", "skipped", "elsewhere")
    if tag.mapped is None:
        return frozenset({UNKNOWN, BLOCKED}) if is_bad else _just(UNKNOWN)
    if tag.upload_result is None:
        return _just(UNKNOWN)
    return _just(BLOCKED if is_bad else READY)


def _in_place(facts: Facts, name: str, tag: TagFacts) -> bool | None:
    """Whether the mapped tag holds an interval made for the run; None: something about it is unknown."""
    parts = [tag.mapped, None if tag.since_run is None else tag.since_run == RUN]
    parts += [None if tag.payload_hash is None else tag.payload_hash != "", tag.inserted_after_start]
    if name in TAIL_LUMIS:
        known = tag.since_lumi is not None and facts.last_lumi is not None
        parts.append((facts.last_lumi or 0) - (tag.since_lumi or 0) <= TAIL_LUMIS[name] if known else None)
    if False in parts:
        return False
    return None if None in parts else True


def _calibration(facts: Facts, name: str, product: ProductFacts) -> Allowed:
    tag = product.tags[0]
    placed = _in_place(facts, name, tag)
    if placed:
        return _just(READY)
    if placed is None and tag.since_run == RUN:
        return _just(UNKNOWN)
    if tag.mapped is None or (tag.since_run is None and tag.payload_hash != ""):
        return _just(UNKNOWN)
    half_known = None in (tag.since_run, tag.payload_hash)
    return _not_in_place(facts, name, product) | ({UNKNOWN} if half_known else set())


def _not_in_place(facts: Facts, name: str, product: ProductFacts) -> Allowed:
    tag = product.tags[0]
    if tag.since_run == RUN or product.upload_status != "none" or tag.upload_result != "none":
        return _not_ready()
    stream = (facts.streams or {}).get(_stream_of(facts, name))
    if stream is None or stream.done is None:
        return frozenset({UNKNOWN, WAITING})
    if not stream.done:
        return _just(WAITING)
    return _no_payload(name, product)


def _not_ready() -> Allowed:
    """Contradicting evidence: the text does not say how bad it is, only that it never releases."""
    return frozenset({WAITING, UNKNOWN, BLOCKED})


def _no_payload(name: str, product: ProductFacts) -> Allowed:
    """The stream is done, the log knows no file, no interval begins in the run."""
    if product.harvest_sample is None:
        return _just(UNKNOWN)
    if not product.harvest_sample:
        return _just(BLOCKED)
    few = None if product.entries is None else product.entries < MIN_ENTRIES
    if name not in HAS_FLAGS:
        return _by_entries(name, few)
    flags = (product.exit_code, product.db_updated, product.vetoed)
    if few and product.exit_code == 1 and not product.vetoed:
        return frozenset({READY, UNKNOWN, BLOCKED})
    if product.vetoed or product.exit_code not in (None, 0):
        return _just(BLOCKED) if None not in flags else frozenset({BLOCKED, UNKNOWN})
    if product.db_updated or None in flags[::2]:
        return _just(UNKNOWN) if None in flags[::2] else _not_ready()
    if product.db_updated is None:
        return _just(READY if few else UNKNOWN)
    return _just(READY)


def _by_entries(name: str, few: bool | None) -> Allowed:
    if name not in COUNTS_ENTRIES:
        return frozenset({BLOCKED, UNKNOWN}) if few is None else _just(BLOCKED)
    if few is None:
        return frozenset({BLOCKED, UNKNOWN})
    return _just(READY if few and name in ACCEPTED["low_statistics"] else BLOCKED)
