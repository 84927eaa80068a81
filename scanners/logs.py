"""Logs in a folder or bucket: JSON lines, logfmt, access logs, syslog, CloudTrail, journald, load balancers, plain text.

Rotated and compressed parts of one log are one dataset. Free text is kept by templates, so that a rare statement
that prints personal data is seen among millions that do not.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import ClassVar

from ropewalk.config import Limits
from ropewalk.contracts import Check, FrameTable, SqlTable
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Fact, Path, Sample, Skipped, Source, path_text
from ropewalk.naming import MASKED, NAMED, Names, is_data_key, sample
from ropewalk.reading import bucketfacts
from ropewalk.reading.clocks import event_time
from ropewalk.reading.logfiles import LogFile, NoTextError
from ropewalk.reading.logformats import CLOCKS, recognise
from ropewalk.reading.loglines import LogTallies
from ropewalk.reading.objects import Entry, Objects

_ROTATION = re.compile(r"(?:[-_.]?\d{4}[-_]?\d\d[-_]?\d\d(?:[T_-]?\d{2,6}Z?)?|[-_.]\d{1,4}(?=$|\.))")
_COMPRESSED = re.compile(r"\.(?:gz|bz2|xz|zst)$")
_KIND = re.compile(r"(?:\.[A-Za-z]{1,8})?$")
_SEEK_FROM = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Part:
    """The files of one log, oldest first as far as their names and times tell."""

    entries: tuple[Entry, ...]


class Logs:
    """Options: `storage` (for fsspec), `retention_days` (what the rotation is set to, as declared by the owner)."""

    schemes: ClassVar[tuple[str, ...]] = ("logs", "logs+s3", "logs+gs", "logs+abfs")

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source, self._limits = source, limits
        inner, _, rest = source.uri.partition("://")
        self._objects = Objects(f"{inner.partition('+')[2] or 'file'}://{rest}", source.options, limits, Names(source.key))

    def __repr__(self) -> str:
        return f"Logs({self._source.name!r})"

    def test(self) -> Iterator[Check]:
        try:
            found = [e for e in islice(self._objects.list(), 1000) if not isinstance(e, Skipped)]
        except SourceError as error:
            yield Check("reachable", False, error.what, error.mend)
            return
        yield Check("reachable", True, f"{len(found)}{'+' if len(found) == 1000 else ''} files")
        yield Check("read-only", True, "files are opened for reading only")
        if found:
            try:
                with self._lines(found[0]) as lines:
                    yield Check("format", True, recognise(islice(lines, 100)).name)
            except (SourceError, OSError, EOFError, UnicodeError) as error:
                yield Check("format", False, f"{found[0].name} cannot be read ({type(error).__name__})", "grant the right to read it")

    def datasets(self) -> Iterator[Dataset | Skipped]:
        groups: dict[str, list[Entry]] = {}
        for entry in self._objects.list():
            if isinstance(entry, Skipped):
                yield replace(entry, source=self._source.name)
            elif not entry.size:
                yield Skipped(self._source.name, entry.name, "the file is empty", lasting=True)
            else:
                groups.setdefault(_log_name(entry.name), []).append(entry)
        include, exclude = self._source.options.get("include", ["*"]), self._source.options.get("exclude", [])
        for count, (name, entries) in enumerate(sorted(groups.items())):
            if not any(fnmatchcase(name, g) for g in include) or any(fnmatchcase(name, g) for g in exclude):
                continue
            if count >= self._limits.datasets:
                yield Skipped(self._source.name, "*", f"more than {self._limits.datasets} logs", "raise limits.datasets", lasting=True)
                return
            entries.sort(key=lambda e: (e.mtime is None, e.mtime, e.name))
            mark = _digest(";".join(f"{e.name}:{e.size}:{e.mark}" for e in entries)) if all(e.mark for e in entries) else ""
            yield Dataset(self._source.name, name, "log", None, sum(e.size or 0 for e in entries), mark, "", Part(tuple(entries)))

    def samples(self, dataset: Dataset, *, rows: int | None, fields: Collection[Path] | None = None, turn: int = 0) -> Iterator[Sample | Skipped]:
        limits = self._limits
        tallies = LogTallies(depth=limits.nesting, chars=limits.value_chars, fields=limits.fields)
        entries = list(dataset.handle.entries)
        draw = random.Random(f"{dataset.name}:{turn}")  # noqa: S311 - sampling, not a secret
        wanted = None if rows is None else max(rows, limits.max_rows) if rows >= limits.rows else rows  # lines are cheap, and leaks are rare
        if wanted is not None:
            draw.shuffle(entries)
        partial = met = False
        for place, entry in enumerate(entries):
            left = None if wanted is None else wanted - tallies.lines
            if left is not None and left <= 0:
                partial = True
                break
            share = None if left is None else -(-left // (len(entries) - place))
            try:
                start = draw.randrange(entry.size) if share is not None and self._seekable(entry) else 0
                file = self._lines(entry, start)
                with file as lines:
                    read = tallies.read(lines, share, file.header)
                for problem in file.problems:
                    yield Skipped(dataset.source, dataset.name, f"{entry.name}!{problem}", "check that the file is whole, or exclude it")
                partial = partial or bool(start) or (share is not None and read >= share)
            except (SourceError, OSError, EOFError, UnicodeError) as error:
                reason = error.what if isinstance(error, SourceError) else f"could not be read to its end ({type(error).__name__})"
                mend = error.mend if isinstance(error, SourceError) and error.mend else "check that the file is whole"
                lasting = isinstance(error, NoTextError) and error.lasting
                yield Skipped(dataset.source, dataset.name, f"{entry.name}: {reason}", mend, lasting=lasting)
                met = True
        if not tallies.lines and not met:
            yield Skipped(dataset.source, dataset.name, "it holds no lines", "nothing to do, unless it should", lasting=True)
        if fields is None or (NAMED,) in fields:
            yield from sample(dataset.source, dataset.name, (e.told for e in entries), len(entries))
        yield from tallies.samples(dataset.source, dataset.name, fields, partial)

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        name = self._source.name
        local = self._source.uri.startswith("logs://")
        # a bucket's rules of deletion may be for other prefixes: how long logs are kept is told by the option or by the oldest event
        yield from (f for f in bucketfacts.facts(self._objects, name, as_of) if f.name != "retention_days")
        days = self._source.options.get("retention_days")
        if isinstance(days, int):
            yield Fact(name, "retention_days", days, as_of, "declared in ropewalk.yaml: options.retention_days")
        elif days is not None:
            yield Fact(name, "retention_days", None, as_of, "options.retention_days in ropewalk.yaml", "a whole number of days")
        try:
            logs = [d for d in self.datasets() if isinstance(d, Dataset)]
        except SourceError:
            return
        for dataset in logs:
            subject = f"{name}/{dataset.name}"
            oldest, names, cipher = self._oldest(dataset.handle.entries, as_of)
            if oldest is None:
                yield Fact(subject, "oldest_event", None, as_of, "first lines of each file", "a time that can be read in the lines")
            else:
                yield Fact(subject, "oldest_event", oldest.isoformat(), as_of, "first lines of each file")
            yield Fact(subject, "event_fields", sorted(names)[:200], as_of, "names of the fields of its first lines")
            if cipher not in {"none", None}:
                yield Fact(subject, "encrypted_at_rest", {"layer": "file", "algorithm": cipher}, as_of, "the first bytes of the file")
            elif local and cipher:
                yield Fact(subject, "encrypted_at_rest", {"layer": "file", "algorithm": "none"}, as_of, "the lines can be read without a key")
            elif local:
                needs = "the right to read the files, and a format that is known"
                yield Fact(subject, "encrypted_at_rest", None, as_of, "no file of it could be read", needs)

    def table(self, dataset: Dataset, paths: Sequence[Path]) -> SqlTable | FrameTable | Skipped:
        """A log has no rows with a delivery date: it is judged as a whole (no_pii_in_logs, log_retention)."""
        return Skipped(dataset.source, dataset.name, "a log has no rows of orders", "logs are judged by no_pii_in_logs and log_retention")

    def least_privilege(self) -> str:
        return bucketfacts.least_privilege(self._objects)

    def close(self) -> None:
        self._objects.close()

    def _seekable(self, entry: Entry) -> bool:
        return (entry.size or 0) > _SEEK_FROM and not _COMPRESSED.search(entry.name) and not _wrapped_name(entry.name)

    def _lines(self, entry: Entry, start: int = 0) -> LogFile:
        return LogFile(self._objects, entry, self._limits, start)

    def _oldest(self, entries: Sequence[Entry], as_of: datetime) -> tuple[datetime | None, set[str], str | None]:
        """The oldest event, the names of fields, and what encrypted the files: `none`, or nothing that is known."""
        found: list[datetime] = []
        names: set[str] = set()
        cipher: str | None = None
        for entry in entries[:500]:
            file = self._lines(entry)
            try:
                with file as lines:
                    head = list(islice(lines, 50))
            except NoTextError as error:
                cipher = cipher or error.cipher or None
                continue
            except (SourceError, OSError, EOFError, UnicodeError):
                continue
            cipher = "none" if head else cipher
            tallies = LogTallies(depth=3, chars=200, fields=500)
            tallies.read(head, None, file.header)
            names |= {path_text(p) for p in tallies.tallies}
            for path in (p for p in CLOCKS if p in tallies.tallies):
                times = (event_time(v, as_of) for v in tallies.tallies[path].values)
                found += [t for t in times if t is not None]
        return (min(found) if found else None), names, cipher


def _wrapped_name(name: str) -> bool:
    return name.endswith(".json")


def _log_name(name: str) -> str:
    """`app/access.log.2.gz` -> `app/access.log`; `app-2026-11-01.jsonl` -> `app-*.jsonl`; data in a name is masked."""
    folder, slash, file = MASKED.sub("*", _COMPRESSED.sub("", name)).rpartition("/")
    if file.startswith("*"):  # a name that is data, or an id: all of a folder are parts of one log
        file = f"*{_KIND.search(file).group(0)}"  # type: ignore[union-attr]
    stem = re.sub(r"(\.log|\.txt|\.jsonl?)[-.]\d+$", r"\1", file)
    stem = _ROTATION.sub("-*" if stem[:1].isalpha() else "*", stem)
    folder = re.sub(r"\d{2,}", "*", folder)
    safe = "/".join("*" if is_data_key(part) else part for part in f"{folder}{slash}{stem}".split("/"))
    return safe


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
