"""Carries a plan out: one spot after the other, each recorded in the evidence chain as it is done. One that fails stops no other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ropewalk.register.chain import canonical
from ropewalk.tags.nouns import Change, TagError, TagStore

if TYPE_CHECKING:
    from ropewalk.register import Register

EVIDENCE = "tag"
BEGUN = "tag_run"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a change: spots written, spots that failed, and why the first of them did."""

    change: Change
    written: int
    failed: int
    reason: str = ""
    mend: str = ""


def carry_out(
    register: Register, changes: Sequence[Change], open_store: Callable[[], TagStore], *, by: str, at: datetime, undo: bool = False
) -> Iterator[Result]:
    """The changes of one source. The evidence first says what is begun, so that a killed run is seen; then each change, with a hash
    of what stood there before and of what stands there now, never the text. Raises TagError, ConfigError before anything is written.
    """
    todo = [c for c in changes if c.writes]
    if not todo:
        return
    store = open_store()
    try:
        begun = {"source": todo[0].source, "place": store.place, "by": by, "changes": len(todo), "undo": undo}
        run = register.record_evidence(BEGUN, begun, at=at).sequence
        lost: TagError | None = None
        for change in todo:
            result = _carry(store, change, lost)
            lost = lost or result[1]
            if result[0].written or result[0].failed:
                register.record_evidence(EVIDENCE, {"run": run, "by": by, **_record(result[0])}, at=at)
            yield result[0]
    finally:
        store.close()


def _carry(store: TagStore, change: Change, lost: TagError | None) -> tuple[Result, TagError | None]:
    written, failed = 0, 0
    first: TagError | None = None
    for spot, new in change.spots:
        try:
            if lost is not None:
                raise lost
            store.write(spot, new)
            written += 1
        except TagError as error:
            failed += 1
            first = first or error
            lost = error if error.lost else lost
    return Result(change, written, failed, first.what if first else "", first.mend if first else ""), lost


def _record(result: Result) -> dict[str, Any]:
    change = result.change
    return {
        "subject": change.subject, "action": change.action, "tag": change.tag, "was": change.was, "written": result.written,
        "failed": result.failed, "reason": result.reason,
        "before": _hash([spot.now for spot, _ in change.spots]), "after": _hash([new for _, new in change.spots]),
    }  # fmt: skip


def _hash(texts: Sequence[Any]) -> str:
    """SHA-256 of the canonical JSON of what stands, or stood, there."""
    return hashlib.sha256(canonical(list(texts)).encode()).hexdigest()
