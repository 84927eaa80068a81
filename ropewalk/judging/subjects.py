"""What a control asks of the register: subjects with personal data and facts; and how it words a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging.lookup import records, rows_by
from ropewalk.model import Category, ControlResult, Status, Strength

IN_POLICY = tuple(c.value for c in Category if c.in_policy or c is Category.FREE_TEXT)
"""Categories that count where a finding is direct. Free text is direct where personal data was read in it, of several kinds."""
COMPANY = "company"
"""The subject of what holds for the whole company, not for a store."""
_NAMED = 4


def verdict(context: ControlContext, subject: str, status: Status, reason: str, **more: Any) -> ControlResult:
    """A result for the requirement at hand; a verdict that is not good says how to mend it."""
    need = context.requirement
    if status not in {Status.PASS, Status.NOT_APPLICABLE}:
        more.setdefault("mend", need.mend)
    return ControlResult(need.control, need.clause, need.id, subject, status, reason, **more)


def nothing_in(context: ControlContext, subject: str, coverage: str = "full") -> ControlResult:
    """For a dataset without rows: there is nothing to judge where all of it was counted, and nothing is known where it was not."""
    if coverage == "full":
        return verdict(context, subject, Status.NOT_APPLICABLE, "it holds no rows at present")
    return verdict(context, subject, Status.UNKNOWN, "no row of it was read", coverage=coverage)


def way_out(context: ControlContext, kind: str, needs: str = "", subject: str = "") -> str:
    """How an unknown becomes known: a permission, the mend of the requirement, or a person's word."""
    period = context.requirement.params.get("period_days")
    word = f"ropewalk attest {kind}{f' --subject {quote(subject)}' if subject else ''}" + (f" (holds {period} days)" if period else "")
    return "; ".join(p for p in (f"needed: {needs}" if needs else "", context.requirement.mend, f"when that is so, record it: {word}") if p)


def param(context: ControlContext, name: str, default: Any) -> Any:
    return context.requirement.params.get(name, default)


def personal(context: ControlContext, *, logs: bool | None = False, sealed: bool = False) -> list[dict[str, Any]]:
    """Findings that are direct, in the policy's categories and sure enough. logs: only of logs (True), of all else (False), of both (None).

    sealed: also fields named for personal data whose cells are hashes or ciphertext: encrypted, it is personal data still.
    """
    threshold = context.declared.get("threshold", 0.5)
    kinds = {(r["source"], r["dataset"]): r["kind"] for r in records(context.datasets)}
    found = []
    for row in records(context.findings):
        plain = row["strength"] == Strength.DIRECT or (sealed and is_sealed(row))
        if row["category"] not in IN_POLICY or not plain or row["confidence"] < threshold:
            continue
        if logs is None or logs == (kinds.get((row["source"], row["dataset"])) == "log"):
            found.append(row)
    return found


def is_sealed(row: Mapping[str, Any]) -> bool:
    """Whether the cells of a field are hashes or ciphertext (the recogniser `hash` says so)."""
    told = row.get("recognisers")
    return isinstance(told, (list, tuple)) and "hash" in told


def by_dataset(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    out: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        out.setdefault((row["source"], row["dataset"]), []).append(row)
    return dict(sorted(out.items()))


def by_source(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    out: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        out.setdefault(row["source"], []).append(row)
    return dict(sorted(out.items()))


def named(names: Sequence[str]) -> str:
    """`a, b, c and 4 more`."""
    first = ", ".join(names[:_NAMED])
    return f"{first} and {len(names) - _NAMED} more" if len(names) > _NAMED else first


@dataclass(frozen=True)
class Known:
    """A fact's value; subject: whose it is; needs: what would make it known, where it is not."""

    value: Any
    subject: str = ""
    needs: str = ""
    how: str = ""


def fact(context: ControlContext, name: str, *subjects: str) -> Known:
    """The first known fact of the subjects, the most specific first; else what would tell it."""
    return next(iter(facts(context, name, *subjects)), Known(None, needs=_needs(context, name, subjects)))


def facts(context: ControlContext, name: str, *subjects: str) -> list[Known]:
    """All known facts of that name on these subjects, in their order."""
    own = [r for r in _told(context, name, subjects) if r["value"] is not None and not _nan(r["value"])]
    return [Known(r["value"], str(r["subject"]), "", str(r["how"])) for r in own]


def _needs(context: ControlContext, name: str, subjects: Sequence[str]) -> str:
    return next((str(r["needs"]) for r in _told(context, name, subjects) if r["needs"]), "")


def _told(context: ControlContext, name: str, subjects: Sequence[str]) -> list[dict[str, Any]]:
    known = rows_by(context.facts, "name", "subject")
    return [row for subject in subjects for row in known.get((name, subject), ())]


def subjects_of(context: ControlContext, *names: str) -> list[str]:
    """The subjects that have one of these facts, known or asked for in vain."""
    return sorted({subject for name, subject in rows_by(context.facts, "name", "subject") if name in names})


def field_paths(context: ControlContext, source: str, dataset: str) -> list[str]:
    """All fields of a dataset, personal or not."""
    return [str(r["path"]) for r in rows_by(context.frames.get("fields", context.findings), "source", "dataset").get((source, dataset), ())]


def _nan(value: object) -> bool:
    return isinstance(value, float) and value != value
