"""Whether each product's harvest ran, and what it says about how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from probes.dqm.answer import Sample, exit_code, flag, newest
from probes.dqm.gui import Gui, gui
from probes.dqm.numbers import NUMBER, read_numbers
from spy.domain.errors import NoAnswer, Unreadable
from spy.domain.evidence import Evidence, Fact, Kind, Scope, Value, unknown
from spy.domain.number import Number
from spy.domain.product import Product
from spy.domain.subject import Subject, of_number, of_product
from spy.http import Http
from spy.probe import Open, OpenRun, Probe

SAMPLE, READ = "harvest_sample", "harvest_read"


class Dqm(Probe):
    """The ALCAPROMPT sample of each product's harvest, and for products with a folder what lies in it.

    Absence is no failure: an import takes minutes to much longer. A sample, once there, and what was read from its
    folder are final. Exit code and flags exist for the alignment only. The other kinds of no payload are told by
    `Entries`, a scalar of the simulated world: a convention, since the real DQM has no such object. The numbers of a
    product are asked for once its sample is there, each histogram once.

    Source: classic DQM GUI (`data/json`, `jsonfairy`), or the new one if the URL ends with `/api/v1/`.
    """

    name = "dqm"
    service = "dqm"
    every = timedelta(minutes=5)
    stale_after = timedelta(minutes=16)
    facts = (
        Fact(SAMPLE, Kind.BOOL, Scope.PRODUCT, "the harvest ran, and its output is in DQM"),
        Fact(READ, Kind.BOOL, Scope.PRODUCT, "what the output says about the harvest has been read"),
        Fact("pede_exit_code", Kind.INT, Scope.PRODUCT, "how the alignment fit ended: 0 good, 1 warnings, else bad"),
        Fact("db_updated", Kind.BOOL, Scope.PRODUCT, "the alignment fit wants its result in the database"),
        Fact("db_update_vetoed", Kind.BOOL, Scope.PRODUCT, "the alignment fit forbids its result"),
        Fact("entries", Kind.INT, Scope.PRODUCT, "entries that went into the calibration"),
        Fact("number", Kind.DOUBLE, Scope.NUMBER, "one number of the product, in the unit of its configuration"),
    )

    def observe(self, ask: Http, open_: Open) -> Iterator[Evidence]:
        answered, failed = False, None
        for run in open_.runs:
            look = _Look(gui(ask), open_, run)
            wanted = [product for product in open_.products_of(run) if not look.is_finished(product)]
            try:
                samples = look.samples(wanted)
            except (NoAnswer, Unreadable) as error:
                failed = failed or error
                yield from look.unknown(wanted, error.what)
                continue
            answered = answered or samples is not None
            for product in wanted:
                yield from look.product(product, samples or [])
        if failed and not answered:
            raise failed


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at one run."""

    gui: Gui
    open: Open
    run: OpenRun

    def subject(self, product: Product) -> Subject:
        return of_product(self.open.instance, self.run.number, product.name)

    def is_finished(self, product: Product) -> bool:
        """Nothing about it can change any more."""
        names = (SAMPLE, READ) if product.dqm_folder else (SAMPLE,)
        return all(self.run.is_final(name, self.subject(product)) for name in names) and not self.numbers(product)

    def numbers(self, product: Product) -> list[Number]:
        """Those to ask for. A known one is not asked for again, in the slow pass either: a histogram is long."""
        return [number for number in product.numbers if self.is_wanted(self.about(product, number))]

    def is_wanted(self, number: Subject) -> bool:
        return self.run.value(NUMBER, number) is None and not self.run.is_final(NUMBER, number)

    def about(self, product: Product, number: Number) -> Subject:
        return of_number(self.open.instance, self.run.number, product.name, number.name)

    def samples(self, wanted: list[Product]) -> list[Sample] | None:
        """None: there is nothing to ask."""
        return self.gui.samples(self.run.number) if wanted and self.run.run.end else None

    def product(self, product: Product, samples: list[Sample]) -> Iterator[Evidence]:
        sample = newest(samples, product.producer, product.streams)
        was_there = self.run.is_final(SAMPLE, self.subject(product))
        if not was_there:
            yield self.fact(product, SAMPLE, sample is not None, final=sample is not None)
        if sample is not None:
            yield from read_numbers(self.gui, self.run.number, sample, self.asked(product), self.open.now)
        if product.dqm_folder and not self.run.is_final(READ, self.subject(product)):
            yield from self.result(product, sample, was_there)

    def asked(self, product: Product) -> list[tuple[Subject, Number]]:
        return [(self.about(product, number), number) for number in self.numbers(product)]

    def result(self, product: Product, sample: Sample | None, was_there: bool) -> Iterator[Evidence]:
        if sample is None:
            if was_there:
                yield self.no(product, READ, "the sample is not listed any more")
            return
        try:
            found = list(self.folder(product, sample))
        except (NoAnswer, Unreadable) as error:
            yield self.no(product, READ, error.what)
            return
        # While one of them is unknown, it is asked for again and its reason told.
        yield self.fact(product, READ, True, final=all(e.final for e in found))
        yield from (e for e in found if not self.run.is_final(e.name, e.subject))

    def folder(self, product: Product, sample: Sample) -> Iterator[Evidence]:
        scalars = self.gui.scalars(self.run.number, sample.dataset, product.dqm_folder, ("PedeExitCode", "Entries"))
        if "Entries" in scalars:
            yield self.value(product, "entries", lambda: int(scalars["Entries"]))
        if product.result_flags:
            yield self.value(product, "pede_exit_code", lambda: exit_code(scalars.get("PedeExitCode", "nothing")))
            yield from self.flags(product, sample)

    def flags(self, product: Product, sample: Sample) -> Iterator[Evidence]:
        # The high-granularity alignment has other flags under the usual name; the simulated world adds the usual ones.
        name = "statusResults" if product.dqm_folder.endswith("/SiPixelAli") else "updateFlags"
        bins = self.gui.histogram(self.run.number, sample.dataset, f"{product.dqm_folder}/{name}").bins()
        yield self.value(product, "db_updated", lambda: flag(bins, "DB updated"))
        yield self.value(product, "db_update_vetoed", lambda: flag(bins, "DB update vetoed"))

    def value(self, product: Product, name: str, read: Callable[[], Value]) -> Evidence:
        try:
            return self.fact(product, name, read(), final=True)
        except ValueError as exc:
            return self.no(product, name, str(exc))

    def unknown(self, products: list[Product], problem: str) -> Iterator[Evidence]:
        for product in products:
            name = READ if self.run.is_final(SAMPLE, self.subject(product)) else SAMPLE
            # Only its numbers may be missing: what is known for good stays so.
            if not self.run.is_final(name, self.subject(product)) and (name == SAMPLE or product.dqm_folder):
                yield self.no(product, name, problem)

    def fact(self, product: Product, name: str, value: Value, *, final: bool) -> Evidence:
        return Evidence(self.subject(product), name, value, Dqm.name, self.open.now, final=final)

    def no(self, product: Product, name: str, problem: str) -> Evidence:
        return unknown(self.subject(product), name, Dqm.name, self.open.now, problem)
