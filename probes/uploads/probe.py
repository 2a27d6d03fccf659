"""What the upload service did with the file of each product, tag by tag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from probes.uploads.answer import IN_PROGRESS, NONE, FileLog, UploadedFile, outcome, read_log, uploads_of
from probes.uploads.answer import Uploads as Table
from spy.domain.errors import NoAnswer, Unreadable
from spy.domain.evidence import Evidence, Fact, Kind, Scope, Value, unknown
from spy.domain.product import Product
from spy.domain.subject import Subject, of_product, of_tag
from spy.http import Http
from spy.probe import Open, OpenRun, Probe


class Uploads(Probe):
    """Status of each product's newest file, and what became of each of its destination tags.

    One search per open run that has ended, and one file log per finished file: a log is immutable, so while hash and
    time of the file are those already known, what is known is told again. Nothing is final: a second harvest may come.
    "Done" proves nothing about a tag, which can have been skipped or moved; the log of the file tells.

    Source: `searchUserLog` and `getFileLog` of the drop box, see `answer`. Times without zone are taken for UTC.
    """

    name = "uploads"
    service = "uploads"
    every = timedelta(minutes=5)
    stale_after = timedelta(minutes=16)
    facts = (
        Fact("upload_status", Kind.STRING, Scope.PRODUCT, "of the newest file: none, in_progress, done or failed"),
        Fact("upload_code", Kind.INT, Scope.PRODUCT, "status code of that file"),
        Fact("uploaded_at", Kind.TIME, Scope.PRODUCT, "last update of that file; without zone, taken for UTC"),
        Fact("upload_hash", Kind.STRING, Scope.PRODUCT, "SHA1 that names that file"),
        Fact("upload_elsewhere", Kind.STRING, Scope.PRODUCT, "tags that file went to and no configuration names"),
        Fact("upload_result", Kind.STRING, Scope.TAG, "none, in_progress, ok, shifted, skipped, elsewhere or failed"),
        Fact("upload_since", Kind.INT, Scope.TAG, "begin after synchronization, in the tag's encoding"),
    )

    def observe(self, ask: Http, open_: Open) -> Iterator[Evidence]:
        answered, failed = False, None
        for run in open_.runs:
            look = _Look(ask, open_, run)
            try:
                table = Table() if run.run.end is None else look.search()
            except (NoAnswer, Unreadable) as error:
                failed = failed or error
                yield from look.unknown(open_.products_of(run), error.what)
                continue
            answered = answered or run.run.end is not None
            for product in open_.products_of(run):
                yield from look.product(product, table)
        if failed and not answered:
            raise failed


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at one run."""

    ask: Http
    open: Open
    run: OpenRun

    def search(self) -> Table:
        begin = self.run.run.start or self.run.run.end or self.open.now
        wanted = {
            "beginDate": begin.strftime("%Y-%m-%d"),
            # The service's day may have begun before ours.
            "endDate": (self.open.now + timedelta(days=1)).strftime("%Y-%m-%d"),
            "fileName": f"Run{self.run.number}@",
            "statusCode": "Any",
        }
        everything = dict.fromkeys(("fileHash", "metadata", "userText", "username", "backend"), "")
        page = self.ask.get("searchUserLog", wanted | everything, accept="text/html")
        try:
            return uploads_of(page.text, self.run.number)
        except ValueError as exc:
            raise page.unreadable(str(exc)) from exc

    def product(self, product: Product, table: Table) -> Iterator[Evidence]:
        subject = of_product(self.open.instance, self.run.number, product.name)
        file = table.files.get(product.name)
        if product.name in table.problems:
            yield from self.unknown([product], table.problems[product.name])
        elif file is None:
            yield self.fact(subject, "upload_status", NONE)
            for tag in product.destination_tags:
                yield self.fact(self.tag(tag), "upload_result", NONE)
        else:
            yield self.fact(subject, "upload_status", file.status)
            yield self.fact(subject, "upload_code", file.code)
            yield self.fact(subject, "uploaded_at", file.updated_at)
            yield self.fact(subject, "upload_hash", file.file_hash)
            if strange := (file.destination_tags or frozenset()) - set(product.destination_tags):
                yield self.fact(subject, "upload_elsewhere", ", ".join(sorted(strange)))
            yield from self.tags(product, file)

    def tags(self, product: Product, file: UploadedFile) -> Iterator[Evidence]:
        if file.status == IN_PROGRESS:
            for tag in product.destination_tags:
                yield self.fact(self.tag(tag), "upload_result", IN_PROGRESS)
        elif self.is_known(product, file):
            for tag in product.destination_tags:
                for name in ("upload_result", "upload_since"):
                    value = self.run.value(name, self.tag(tag))
                    if value is not None:
                        yield self.fact(self.tag(tag), name, value)
        else:
            try:
                log = self.log(file)
            except (NoAnswer, Unreadable) as error:
                yield from self.unknown_tags(product, error.what)
                return
            for tag in product.destination_tags:
                yield from self.outcome(product, tag, file, log)

    def is_known(self, product: Product, file: UploadedFile) -> bool:
        """Whether the log of this very file was read before, to its end."""
        subject = of_product(self.open.instance, self.run.number, product.name)
        results = [self.run.value("upload_result", self.tag(tag)) for tag in product.destination_tags]
        return (
            self.run.value("upload_hash", subject) == file.file_hash
            and self.run.value("uploaded_at", subject) == file.updated_at
            and not {None, NONE, IN_PROGRESS} & set(results)
        )

    def log(self, file: UploadedFile) -> FileLog:
        if not file.has_log:
            return FileLog()
        given = self.ask.get("getFileLog", {"fileHash": file.file_hash}, accept="text/plain")
        if given.text.lstrip().startswith("<"):
            raise given.unreadable("a page instead of a log")
        return read_log(given.text)

    def outcome(self, product: Product, tag: str, file: UploadedFile, log: FileLog) -> Iterator[Evidence]:
        try:
            wanted = frozenset(product.destination_tags)
            found = outcome(log, tag, wanted, file, self.run.number, product.base)
        except ValueError as exc:
            yield unknown(self.tag(tag), "upload_result", Uploads.name, self.open.now, str(exc))
            return
        yield self.fact(self.tag(tag), "upload_result", found.result)
        if found.since is not None:
            yield self.fact(self.tag(tag), "upload_since", found.since)

    def tag(self, tag: str) -> Subject:
        return of_tag(self.open.instance, self.run.number, tag)

    def fact(self, subject: Subject, name: str, value: Value) -> Evidence:
        return Evidence(subject, name, value, Uploads.name, self.open.now)

    def unknown(self, products: Iterable[Product], problem: str) -> Iterator[Evidence]:
        for product in products:
            subject = of_product(self.open.instance, self.run.number, product.name)
            yield unknown(subject, "upload_status", Uploads.name, self.open.now, problem)
            yield from self.unknown_tags(product, problem)

    def unknown_tags(self, product: Product, problem: str) -> Iterator[Evidence]:
        for tag in product.destination_tags:
            yield unknown(self.tag(tag), "upload_result", Uploads.name, self.open.now, problem)
