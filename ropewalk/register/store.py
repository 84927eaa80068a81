"""The register: all that is known about the stores, the verdicts and the words of people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from ropewalk.model import Attestation, Category, ControlResult, Dataset, Evidence, Fact, Finding, Skipped, Waiver
from ropewalk.register.documents import Documents
from ropewalk.register.duties import Duties
from ropewalk.register.frames import Frames
from ropewalk.register.inventories import Inventories
from ropewalk.register.ledger import Ledger, Signer
from ropewalk.register.opening import mended, writing
from ropewalk.register.scans import OpenScan, Scans

if TYPE_CHECKING:
    import pandas as pd


class Register:
    """Reads and writes a register; `open_register` makes one. Every write is one transaction: all of it or nothing.

    `clock` says as of when frames are read (decisions expire by it); `now` is the wall clock of scans. Raises RegisterError.
    """

    def __init__(
        self, engine: sa.Engine, where: str, *, clock: Callable[[], datetime] | None = None, now: Callable[[], datetime] | None = None,
        signer: Signer | None = None,
    ) -> None:  # fmt: skip
        self.engine, self.where = engine, where
        wall = self._wall = now or (lambda: datetime.now(UTC))
        self._clock = clock or wall
        self._scans = Scans(self._write, self._read, wall, where)
        self._ledger = Ledger(self._write, self._read, signer)
        self.duties = Duties(self._write, self._read, wall, where)
        """The runner's lease, runs, alarms, canaries."""
        self.inventories = Inventories(self._write, self._read, self._ledger)
        """Imported registers: accounts, leavers, assets, vulnerabilities, incidents, …"""
        self.documents = Documents(self._write, self._read, wall)
        """Encrypted documents behind attestations."""
        self._frames = Frames(self._read, self._ledger, wall, where)

    def __repr__(self) -> str:
        return f"Register({self.where!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.engine.dispose()

    def frame(self, name: str, *, as_of: datetime | None = None, scan_id: str | None = None, run_id: str | None = None) -> pd.DataFrame:
        """A frame by name (docs/reference/frames.md); decisions expire by `as_of`, else by the register's clock.

        scan_id: fields as they were known after that scan, or its units; run_id: the results of that check.
        """
        return self._frames.frame(name, as_of or self._clock(), scan_id, run_id)

    # Scans

    def begin_scan(
        self, *, as_of: datetime, config_hash: str, rules_version: str, units: Sequence[tuple[str, str]] = (), narrowed: bool = False
    ) -> str:
        """Begins a scan and returns its id; a dead unfinished one ends as incomplete. Raises RegisterError while another one runs."""
        return self._scans.begin(as_of=as_of, config_hash=config_hash, rules_version=rules_version, narrowed=narrowed, units=units)

    def open_scan(self) -> OpenScan | None:
        """The scan without an end; one whose process is dead can be taken up again with `take_up_scan`."""
        return self._scans.unfinished()

    def take_up_scan(self, scan_id: str) -> None:
        self._scans.take_up(scan_id)

    def release_scan(self, scan_id: str) -> None:
        """The runner stops before the end, and says so."""
        self._scans.release(scan_id)

    def finish_scan(self, scan_id: str, status: str) -> None:
        """status: complete, incomplete or failed. Units without an end become failed and skipped."""
        self._scans.finish(scan_id, status)

    def add_source(self, scan_id: str, source: str, datasets: Sequence[Dataset], *, whole: bool = True, skipped: Sequence[Skipped] = ()) -> None:
        """What a source was found to hold. whole: all of it was listed, so that what is not named is no longer there."""
        self._scans.add_source(scan_id, source, datasets, whole=whole, left_out=skipped)

    def start_unit(self, scan_id: str, source: str, dataset: str) -> None:
        self._scans.start_unit(scan_id, source, dataset)

    def record_unit(
        self, scan_id: str, dataset: Dataset, *, findings: Iterable[Finding] = (), facts: Iterable[Fact] = (), skipped: Iterable[Skipped] = (),
        rows: int = 0, bytes: int | None = None, status: str = "done", error: str = "", depth: str = "",
    ) -> bool:  # fmt: skip
        """The end of a unit: done, skipped or failed. Returns False, and changes nothing, where it had ended before.

        rows: rows looked at; depth: how deep the look was, for `unchanged`.
        """
        return self._scans.record_unit(
            scan_id, dataset, findings=findings, facts=facts, left_out=skipped, rows=rows, size=bytes, status=status, error=error, depth=depth
        )

    def unchanged(self, dataset: Dataset, rules_version: str, depth: str = "", **holds: Any) -> bool:
        """Whether the last look at the dataset still holds, as `unchanged_among` has it."""
        return bool(self.unchanged_among(dataset.source, [dataset], rules_version, depth, **holds))

    def unchanged_among(
        self, source: str, datasets: Sequence[Dataset], rules_version: str, depth: str = "", *, as_of: datetime | None = None, days: float = 30
    ) -> list[Dataset]:
        """Those of which the last look holds at `as_of`: same fingerprint, rules and depth, not older than `days`, nothing left out of it."""
        return self._scans.unchanged(source, datasets, rules_version, depth, as_of or self._clock(), days)

    def carry_over(self, scan_id: str, datasets: Sequence[Dataset]) -> None:
        """Ends the units of unchanged datasets; what was found in them stays current."""
        self._scans.carry_over(scan_id, datasets)

    def ended_units(self, scan_id: str) -> set[tuple[str, str]]:
        return self._scans.ended(scan_id)

    def skipped_units(self, scan_id: str) -> set[tuple[str, str]]:
        return self._scans.ended(scan_id, ("skipped",))

    def unit_statuses(self, scan_id: str) -> dict[str, int]:
        """status -> units of a scan."""
        return self._scans.statuses(scan_id)

    def field_counts(self) -> tuple[int, int]:
        """How many fields are current, and how many of them hold personal data."""
        return self._scans.fields()

    def record_facts(self, scan_id: str | None, source: str, facts: Iterable[Fact]) -> None:
        """All facts of a source at once: they take the place of those recorded before. Without a scan: an import."""
        self._scans.record_facts(scan_id, source, facts)

    def has_facts(self, scan_id: str, source: str) -> bool:
        return self._scans.has_facts(scan_id, source)

    def record_skipped(self, scan_id: str, skipped: Iterable[Skipped]) -> None:
        self._scans.record_skipped(scan_id, skipped)

    # Evidence

    def record_results(self, results: Sequence[ControlResult], *, at: datetime) -> str:
        """The verdicts of one check, each an entry of the evidence chain; returns the id of the run."""
        return self._ledger.record_results(results, at)

    def record_attestations(self, attestations: Sequence[Attestation]) -> list[Evidence]:
        """People's words: all of them or, where one is refused, none."""
        return self._ledger.record_attestations(attestations, self._wall())

    def record_exception(self, exception: Waiver) -> Evidence:
        """An exception to a requirement; frame `exceptions` lists them."""
        return self._ledger.record_exception(exception)

    def end_exception(self, name: str, *, by: str, at: datetime, reason: str) -> Evidence:
        """Ends an exception before its day."""
        return self._ledger.end_exception(name, by, at, reason)

    def record_decision(
        self, fingerprint: str, decision: str, by: str, at: datetime, reason: str, until: datetime | None = None,
        category: Category | str | None = None,
    ) -> Evidence:  # fmt: skip
        """A steward's word on a finding: confirm, dismiss, reclassify (with a category) or reopen. Raises ValueError."""
        return self._ledger.record_decision(fingerprint, decision, by, at, reason, until, category)

    def record_evidence(self, kind: str, record: Mapping[str, Any], *, at: datetime) -> Evidence:
        """Any other entry: a deletion, an incident. `record` is JSON data without personal values. Raises ValueError."""
        return self._ledger.append([(kind, at, dict(record))])[0]

    def evidence_of(self, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """(sequence, record) of the entries of a kind, in order."""
        return self._ledger.entries(kind)

    def evidence_head(self) -> tuple[int, str, str | None]:
        """(sequence, hash, signature) of the newest entry; the hash stands in every export."""
        return self._ledger.head()

    def rows(self, query: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
        """The rows of a query, as a stream."""
        with self._read() as connection:
            yield from connection.execution_options(yield_per=1000).execute(query)

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with mended(self.where), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with mended(self.where), writing(self.engine) as connection:
            yield connection
