"""Every personal field stands in the record of processing (policy clause 2.2, GDPR Art. 30), and its life is told there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import by_dataset, named, personal, unread, verdict
from ropewalk.model import ControlResult, Status
from ropewalk.ropa.declared import Activity, Declared

_LIFE = {"processed": "how it is processed", "used": "what it is used for", "shared": "with whom it is shared (shared: [] for nobody)"}
"""What an activity may leave out, and a record of processing may not. How it is stored, the scans tell."""


class RopaComplete:
    control = "ropa_complete"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from unread(context, datasets=True)
        yield from unread(context, logs=True, datasets=True)
        activities, problem = _read(context.declared.get("ropa"))
        for (source, dataset), rows in by_dataset(personal(context, logs=None, sealed=True)).items():
            yield _judge(context, f"{source}/{dataset}", rows, activities, problem)


def _judge(
    context: ControlContext, subject: str, rows: Sequence[Mapping[str, Any]], activities: Sequence[Activity], problem: tuple[str, str]
) -> ControlResult:
    covering = {r["path"]: [a for a in activities if any(c.matches(r["field"]) for c in a.fields)] for r in rows}
    missing = sorted(p for p, found in covering.items() if not found)
    counted = {"checked": len(covering), "failed": len(missing)}
    if missing:
        why, mend = problem if problem[0] else (f"not declared: {named(missing)}", context.requirement.mend)
        return verdict(context, subject, Status.FAIL, why, mend=mend, **counted)
    used = {a.id: a for found in covering.values() for a in found}.values()
    if silent := [f"{a.id} does not say {' and '.join(left)}" for a in used if (left := _left_out(a))]:
        mend = "add these keys to the activity in ropa.yaml (docs/ropa.md)"
        return verdict(context, subject, Status.FAIL, f"declared, but {named(silent)}", mend=mend, checked=len(covering), failed=len(covering))
    if old := [f"{a.id} on {a.next_review}" for a in used if a.next_review < context.as_of.date()]:
        mend = "review the activity, and set next_review in ropa.yaml"
        return verdict(context, subject, Status.STALE, f"declared, but its review was due: {named(old)}", mend=mend, **counted)
    return verdict(context, subject, Status.PASS, f"all {len(covering)} personal fields are declared", **counted)


def _left_out(activity: Activity) -> list[str]:
    told = {"processed": bool(activity.processed.strip()), "used": bool(activity.used), "shared": "shared" in activity.model_fields_set}
    return [words for key, words in _LIFE.items() if not told[key]]


def _read(ropa: Any) -> tuple[Sequence[Activity], tuple[str, str]]:
    """The activities of ropa.yaml (its plain data, or None); and, where there are none to read, why, and the mend."""
    from pydantic import ValidationError

    if ropa is None:
        return (), ("there is no ropa.yaml that can be read", "write ropa.yaml (docs/ropa.md)")
    try:
        found = Declared.model_validate(ropa).activities
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "its form"
        return (), (f"ropa.yaml is not valid ({place}), so it declares nothing", "`ropewalk ropa` names the line and its mend")
    return found, ("", "") if found else ("ropa.yaml declares no activity", "write ropa.yaml (docs/ropa.md)")
