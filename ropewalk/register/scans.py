"""Scans and their units in the register: begin, take up again, record a unit whole or not at all, finish."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ropewalk.errors import RegisterError
from ropewalk.model import Dataset, Fact, Finding, Skipped
from ropewalk.naming import masked_words
from ropewalk.register import recording
from ropewalk.register.opening import alone
from ropewalk.register.runner import is_alive, this_runner
from ropewalk.register.schema import clean, current_field, current_unit, fact, observation, scan, scan_source, skipped, unit
from ropewalk.register.unchanged import carry, holding

ENDED = ("done", "skipped", "failed", "gone")


@dataclass(frozen=True, slots=True)
class OpenScan:
    """A scan without an end. alive: a process is at it now; else it can be taken up again."""

    scan_id: str
    started_at: datetime
    as_of: datetime
    config_hash: str
    rules_version: str
    narrowed: bool
    runner: str
    alive: bool


class Scans:
    """The part of a register that scans write. `write` and `read` give connections; `now` is the wall clock."""

    def __init__(
        self,
        write: Callable[[], AbstractContextManager[sa.Connection]],
        read: Callable[[], AbstractContextManager[sa.Connection]],
        now: Callable[[], datetime],
        where: str,
    ) -> None:
        self._write, self._read, self._now, self._where = write, read, now, where

    def begin(self, *, as_of: datetime, config_hash: str, rules_version: str, narrowed: bool, units: Iterable[tuple[str, str]]) -> str:
        now = self._now()
        scan_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        with self._write() as connection:
            alone(connection, "scan")
            for row in connection.execute(sa.select(scan).where(scan.c.finished_at.is_(None))):
                if is_alive(row.runner, row.heartbeat_at, now):
                    raise RegisterError(
                        f"a scan is running since {row.started_at:%Y-%m-%d %H:%M} UTC ({row.runner.rpartition(':')[0]})",
                        where=self._where,
                        mend="wait for its end, or stop that process",
                    )
                self._end(connection, row.seq, "incomplete", now)
            made = connection.execute(
                sa.insert(scan).values(
                    scan_id=scan_id,
                    started_at=now,
                    status="running",
                    as_of=as_of,
                    config_hash=config_hash,
                    rules_version=rules_version,
                    narrowed=narrowed,
                    runner=this_runner(),
                    heartbeat_at=now,
                )
            )
            key = made.inserted_primary_key
            if key is not None:
                self._add_units(connection, key[0], scan_id, [Dataset(s, d, "") for s, d in units], rules_version)
        return scan_id

    def unfinished(self) -> OpenScan | None:
        with self._read() as connection:
            row = connection.execute(sa.select(scan).where(scan.c.finished_at.is_(None)).order_by(scan.c.seq.desc())).first()
        if row is None:
            return None
        alive = is_alive(row.runner, row.heartbeat_at, self._now())
        return OpenScan(row.scan_id, row.started_at, row.as_of, row.config_hash, row.rules_version, row.narrowed, row.runner, alive)

    def take_up(self, scan_id: str) -> None:
        """Makes this process the runner. Raises RegisterError where another one still is."""
        with self._write() as connection:
            row = self._scan(connection, scan_id)
            if is_alive(row.runner, row.heartbeat_at, self._now()):
                raise RegisterError("another process took the scan up", where=self._where, mend="wait for its end")
            connection.execute(sa.update(scan).where(scan.c.seq == row.seq).values(runner=this_runner(), heartbeat_at=self._now()))

    def release(self, scan_id: str) -> None:
        """The runner stops before the end; anyone may take the scan up."""
        with self._write() as connection:
            connection.execute(sa.update(scan).where(scan.c.scan_id == scan_id).values(runner=""))

    def finish(self, scan_id: str, status: str) -> None:
        with self._write() as connection:
            self._end(connection, self._scan(connection, scan_id).seq, status, self._now())

    def add_source(self, scan_id: str, source: str, datasets: Sequence[Dataset], *, whole: bool, left_out: Sequence[Skipped] = ()) -> None:
        """What a source was found to hold. `whole`: nothing was left aside, so that datasets not named are gone.

        A dataset that is not met any more but may lie behind a skip (a folder that could not be read) is not gone.
        """
        with self._write() as connection:
            row, now = self._scan(connection, scan_id), self._now()
            entry = {"scan_seq": row.seq, "source": source, "whole": whole, "facts_at": None}
            self._once(connection, scan_source, [entry])
            self._add_units(connection, row.seq, scan_id, datasets, row.rules_version)
            self._once(connection, skipped, recording.skips(left_out, scan_id=scan_id, scan_seq=row.seq, at=now))
            met = {clean(d.name) for d in datasets}
            for skip in left_out:
                if skip.dataset and clean(skip.dataset) not in met:
                    met.add(clean(skip.dataset))
                    self._once(connection, unit, [_pending(row, Dataset(source, skip.dataset, ""), "skipped", now, skip.reason)])
            if not whole:
                return
            known = connection.execute(sa.select(current_unit.c.dataset).where(current_unit.c.source == source)).scalars().all()
            here = (unit.c.scan_seq == row.seq) & (unit.c.source == source)
            left = connection.execute(sa.select(unit.c.dataset).where(here & unit.c.status.in_(("pending", "running")))).scalars().all()
            for name in {*known, *left} - met:
                hidden = next((s for s in left_out if not s.dataset or name.startswith(clean(s.dataset))), None)
                status, words = ("skipped", hidden.reason) if hidden else ("gone", "no longer there")
                self._once(connection, unit, [_pending(row, Dataset(source, name, ""), status, now, words)])
                end = {"status": status, "finished_at": now, "error": masked_words(words)}
                connection.execute(sa.update(unit).where(here & (unit.c.dataset == name) & unit.c.status.in_(("pending", "running"))).values(end))

    def start_unit(self, scan_id: str, source: str, dataset: str) -> None:
        with self._write() as connection:
            now = self._now()
            connection.execute(sa.update(scan).where(scan.c.scan_id == scan_id).values(heartbeat_at=now))
            here = (
                (unit.c.scan_seq == _seq(scan_id))
                & (unit.c.source == source)
                & (unit.c.dataset == dataset)
                & unit.c.status.in_(("pending", "running"))
            )
            connection.execute(sa.update(unit).where(here).values(status="running", started_at=now))

    def record_unit(
        self, scan_id: str, dataset: Dataset, *, findings: Iterable[Finding], facts: Iterable[Fact], left_out: Iterable[Skipped],
        rows: int, size: int | None, status: str, error: str, depth: str,
    ) -> bool:  # fmt: skip
        """One transaction; a unit that has ended is left as it is (False)."""
        if status not in ENDED:
            raise ValueError(f"a unit ends as {', '.join(ENDED)}, not as {status}")
        with self._write() as connection:
            row, now = self._scan(connection, scan_id), self._now()
            here = (unit.c.scan_seq == row.seq) & (unit.c.source == dataset.source) & (unit.c.dataset == dataset.name)
            old = connection.execute(sa.select(unit.c.status).where(here)).scalar()
            if old in ENDED:
                return False
            if old is None:
                self._add_units(connection, row.seq, scan_id, [dataset], row.rules_version)
            if status == "done":
                seen = recording.observations(findings, scan_id=scan_id, observed_at=row.as_of, rules_version=row.rules_version)
                _insert(connection, observation, seen)
                _insert(connection, fact, recording.facts(facts, batch=scan_id, source=dataset.source, dataset=dataset.name))
            self._once(connection, skipped, recording.skips(left_out, scan_id=scan_id, scan_seq=row.seq, at=now))
            end = {
                "status": status, "finished_at": now, "started_at": sa.func.coalesce(unit.c.started_at, sa.literal(now, unit.c.started_at.type)),
                "rows": rows, "bytes": size, "error": masked_words(error), "depth": depth, "looked_in": scan_id if status == "done" else None,
                **recording.listed(dataset),
            }  # fmt: skip
            connection.execute(sa.update(unit).where(here).values(end))
            connection.execute(sa.update(scan).where(scan.c.seq == row.seq).values(heartbeat_at=now))
        return True

    def carry_over(self, scan_id: str, datasets: Sequence[Dataset]) -> None:
        """Units of unchanged datasets: done, and what was found in the earlier scan stays current."""
        with self._write() as connection:
            row, now = self._scan(connection, scan_id), self._now()
            for dataset in datasets:
                if not carry(connection, row.seq, dataset, now):
                    raise RegisterError(f"nothing is known of {dataset.name}", where=self._where, mend="scan with full=True")

    def unchanged(self, source: str, datasets: Sequence[Dataset], rules_version: str, depth: str, as_of: datetime, days: float) -> list[Dataset]:
        with self._read() as connection:
            return holding(connection, source, datasets, rules_version, depth, as_of, days)

    def ended(self, scan_id: str, statuses: Sequence[str] = ENDED) -> set[tuple[str, str]]:
        """(source, dataset) of the units that ended so; names as `schema.clean` writes them."""
        with self._read() as connection:
            own = sa.select(unit.c.source, unit.c.dataset).where(unit.c.scan_seq == _seq(scan_id), unit.c.status.in_(statuses))
            return {(r.source, r.dataset) for r in connection.execute(own)}

    def statuses(self, scan_id: str) -> dict[str, int]:
        with self._read() as connection:
            own = sa.select(unit.c.status, sa.func.count()).where(unit.c.scan_seq == _seq(scan_id)).group_by(unit.c.status)
            return {r[0]: r[1] for r in connection.execute(own)}

    def fields(self) -> tuple[int, int]:
        """How many fields are current, and how many of them hold personal data."""
        with self._read() as connection:
            row = connection.execute(sa.select(sa.func.count(current_field.c.id), sa.func.count(current_field.c.category))).one()
        return row[0], row[1]

    def record_facts(self, scan_id: str | None, source: str, given: Iterable[Fact]) -> None:
        """Facts of a source, in one transaction; they replace those of the earlier scan as the current ones."""
        with self._write() as connection:
            batch = scan_id or f"facts-{secrets.token_hex(6)}"
            _insert(connection, fact, recording.facts(given, batch=batch, source=source))
            if scan_id is not None:
                here = (scan_source.c.scan_seq == self._scan(connection, scan_id).seq) & (scan_source.c.source == source)
                connection.execute(sa.update(scan_source).where(here).values(facts_at=self._now()))

    def has_facts(self, scan_id: str, source: str) -> bool:
        with self._read() as connection:
            joined = scan_source.join(scan, scan.c.seq == scan_source.c.scan_seq)
            told = sa.select(scan_source.c.facts_at).select_from(joined).where(scan.c.scan_id == scan_id, scan_source.c.source == source)
            return connection.execute(told).scalar() is not None

    def record_skipped(self, scan_id: str, given: Iterable[Skipped]) -> None:
        with self._write() as connection:
            seq = self._scan(connection, scan_id).seq
            self._once(connection, skipped, recording.skips(given, scan_id=scan_id, scan_seq=seq, at=self._now()))

    def _scan(self, connection: sa.Connection, scan_id: str) -> sa.Row[Any]:
        row = connection.execute(sa.select(scan).where(scan.c.scan_id == scan_id)).first()
        if row is None:
            raise RegisterError(f"there is no scan {scan_id}", where=self._where, mend="begin one with begin_scan")
        return row

    def _end(self, connection: sa.Connection, seq: int, status: str, now: datetime) -> None:
        connection.execute(sa.update(scan).where(scan.c.seq == seq).values(status=status, finished_at=now, runner=""))
        left = (unit.c.scan_seq == seq) & unit.c.status.in_(("pending", "running"))
        words = "the scan ended before it was looked at"
        missed = [
            (r.scan_id, Skipped(r.source, r.dataset, words, "run `ropewalk scan` again"))
            for r in connection.execute(sa.select(unit.c.scan_id, unit.c.source, unit.c.dataset).where(left))
        ]
        if missed:
            self._once(connection, skipped, recording.skips((s for _, s in missed), scan_id=missed[0][0], scan_seq=seq, at=now))
            connection.execute(sa.update(unit).where(left).values(status="failed", error=words, finished_at=now))

    def _add_units(self, connection: sa.Connection, seq: int, scan_id: str, datasets: Sequence[Dataset], rules_version: str) -> None:
        row = {"scan_seq": seq, "scan_id": scan_id, "rules_version": rules_version}
        self._once(connection, unit, [{**_unit(d, "pending"), **row} for d in datasets])

    def _once(self, connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
        """Inserts what is not there yet."""
        if rows:
            module: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
            connection.execute(module.insert(table).on_conflict_do_nothing(), rows)


def _seq(scan_id: str) -> sa.ScalarSelect[Any]:
    return sa.select(scan.c.seq).where(scan.c.scan_id == scan_id).scalar_subquery()


def _pending(row: sa.Row[Any], dataset: Dataset, status: str, now: datetime, words: str) -> dict[str, Any]:
    own = {
        "scan_seq": row.seq,
        "scan_id": row.scan_id,
        "rules_version": row.rules_version,
        "started_at": now,
        "finished_at": now,
        "error": masked_words(words),
    }
    return {**_unit(dataset, status), **own}


def _unit(dataset: Dataset, status: str) -> dict[str, Any]:
    return {
        "source": dataset.source, "dataset": dataset.name, "status": status, "started_at": None, "finished_at": None, "rows": 0, "bytes": None,
        "error": "", "depth": "", "looked_in": None, **recording.listed(dataset),
    }  # fmt: skip


def _insert(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)
