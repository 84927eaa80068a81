"""What must be provable: verdicts, attestations and decisions. They live in the evidence chain and nowhere else."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from ropewalk.model import Attestation, Category, ControlResult, Evidence, Waiver
from ropewalk.naming import masked_words
from ropewalk.register.chain import follow, plain, stamp
from ropewalk.register.schema import evidence, evidence_head

DECISIONS = {
    "confirm": "confirmed",
    "dismiss": "dismissed",
    "reclassify": "reclassified",
    "reopen": "reopened",
}
"""What a steward may say of a finding, and how it is recorded; `reopen` takes the last word back."""


UNSIGNED = "unsigned"
"""Kind of the entry that a signer writes before its own where the head before was not signed with its key."""


class Signer(Protocol):
    """Signs the head of the chain; keeps its key to itself."""

    def sign(self, sequence: int, head: str) -> str: ...

    def has_signed(self, sequence: int, head: str, signature: str | None) -> bool: ...


class Ledger:
    """Appends to the chain and reads it back. A check is one `check` entry and, after it, one `result` entry a verdict."""

    def __init__(
        self,
        write: Callable[[], AbstractContextManager[sa.Connection]],
        read: Callable[[], AbstractContextManager[sa.Connection]],
        signer: Signer | None,
    ) -> None:
        self._write, self._read, self._signer = write, read, signer

    def append(self, records: Sequence[tuple[str, datetime, Any]]) -> list[Evidence]:
        """Entries for (kind, at, record), in one transaction under a lock on the head."""
        with self._write() as connection:
            return self.append_within(connection, records)

    def append_within(self, connection: sa.Connection, records: Sequence[tuple[str, datetime, Any]]) -> list[Evidence]:
        """`append` as part of a write transaction that is open."""
        head = connection.execute(sa.select(evidence_head).where(evidence_head.c.id == 1).with_for_update()).one()
        gap = self._gap(head, records)
        entries = follow((head.sequence, head.hash), [*gap, *records])
        if entries:
            rows = [
                {"sequence": e.sequence, "kind": e.kind, "at": stamp(e.at), "record": e.record, "previous": e.previous, "hash": e.hash}
                for e in entries
            ]
            connection.execute(sa.insert(evidence), rows)
            last = entries[-1]
            signature = self._signer.sign(last.sequence, last.hash) if self._signer else None
            connection.execute(sa.update(evidence_head).values(sequence=last.sequence, hash=last.hash, signature=signature))
        return entries[len(gap) :]

    def _gap(self, head: Any, records: Sequence[tuple[str, datetime, Any]]) -> list[tuple[str, datetime, Any]]:
        """A signature vouches for all that stands before it: what was written without the key is said first, and cannot be unsaid."""
        if not records or not self._signer or not head.sequence or self._signer.has_signed(head.sequence, head.hash, head.signature):
            return []
        return [(UNSIGNED, records[0][1], {"upto": head.sequence, "head": head.hash})]

    def record_results(self, results: Sequence[ControlResult], at: datetime) -> str:
        run_id = f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        head = ("check", at, {"run_id": run_id, "results": len(results)})
        self.append([head, *(("result", at, {"run_id": run_id, "at": at, **plain(r)}) for r in results)])
        return run_id

    def record_attestations(self, given: Sequence[Attestation], at: datetime) -> list[Evidence]:
        """at: when they are written down, which may be later than when they were given."""
        return self.append([("attestation", at, a) for a in given])

    def record_exception(self, given: Waiver) -> Evidence:
        return self.append([("exception", given.at, given)])[0]

    def end_exception(self, name: str, by: str, at: datetime, reason: str) -> Evidence:
        return self.append([("exception_end", at, {"id": name, "by": by, "at": at, "reason": masked_words(reason)})])[0]

    def exceptions(self) -> list[dict[str, Any]]:
        """Every exception in order; with ended_at, ended_by, end_reason (None and "" while nobody ended it)."""
        ends: dict[str, dict[str, Any]] = {}
        for _, record in self.entries("exception_end"):
            ends.setdefault(record["id"], record)
        out = []
        for _, record in self.entries("exception"):
            end = ends.get(record["id"], {"at": None, "by": "", "reason": ""})
            out.append({**record, "ended_at": end["at"], "ended_by": end["by"], "end_reason": end["reason"]})
        return out

    def record_decision(
        self, fingerprint: str, decision: str, by: str, at: datetime, reason: str, until: datetime | None, category: Category | str | None
    ) -> Evidence:
        said = DECISIONS.get(decision, decision)
        if said not in DECISIONS.values():
            raise ValueError(f"a decision is one of {', '.join(DECISIONS)}, not {decision!r}")
        if not reason.strip() or not by.strip():
            raise ValueError("a decision names who decided and why")
        kind = None if category is None else Category(category).value
        if said == "reclassified" and kind is None:
            raise ValueError("to reclassify a finding, name its category")
        record = {"fingerprint": fingerprint, "decision": said, "by": by, "at": at, "reason": masked_words(reason), "until": until, "category": kind}
        return self.append([("decision", at, record)])[0]

    def entries(self, kind: str, *, after: int = 0, upto: int | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
        """(sequence, record) of the entries of a kind, in order."""
        chosen = sa.select(evidence.c.sequence, evidence.c.record).where(evidence.c.kind == kind, evidence.c.sequence > after)
        if upto is not None:
            chosen = chosen.where(evidence.c.sequence <= upto)
        with self._read() as connection:
            for sequence, record in connection.execute(chosen.order_by(evidence.c.sequence)):
                yield sequence, json.loads(record)

    def last_results(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The verdicts of the last check."""
        last = sa.select(evidence.c.sequence, evidence.c.record).where(evidence.c.kind == "check").order_by(evidence.c.sequence.desc()).limit(1)
        with self._read() as connection:
            row = connection.execute(last).first()
        if row is not None:
            yield from self.entries("result", after=row.sequence, upto=row.sequence + json.loads(row.record)["results"])

    def results_of(self, run_id: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The verdicts of one check."""
        for sequence, record in self.entries("check"):
            if record["run_id"] == run_id:
                yield from self.entries("result", after=sequence, upto=sequence + record["results"])

    def decisions(self, as_of: datetime) -> dict[str, dict[str, Any]]:
        """The last word on each fingerprint that holds at `as_of`: made by then, and not expired."""
        now, words = stamp(as_of), {}
        for _, record in self.entries("decision"):
            if record["at"] <= now:
                words[record["fingerprint"]] = record
        return {f: r for f, r in words.items() if r["decision"] != "reopened" and (r["until"] is None or r["until"] > now)}

    def head(self) -> tuple[int, str, str | None]:
        """(sequence, hash, signature) of the newest entry."""
        with self._read() as connection:
            row = connection.execute(sa.select(evidence_head).where(evidence_head.c.id == 1)).one()
        return row.sequence, row.hash, row.signature
