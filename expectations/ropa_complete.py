"""Each personal field that was seen stands in the record of processing (policy clause 2.2; GDPR Art. 30)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import by_dataset, named, personal, unread, verdict
from ropewalk.model import ControlResult, Status


class RopaComplete:
    control = "ropa_complete"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from unread(context, datasets=True)
        yield from unread(context, logs=True, datasets=True)
        declared = _declared(context.declared.get("ropa"))
        for (source, dataset), rows in by_dataset(personal(context, logs=None)).items():
            missing = sorted({r["path"] for r in rows if not any(p.fullmatch(r["field"]) for p in declared)})
            counted = {"checked": len(rows), "failed": len(missing)}
            if not missing:
                yield verdict(context, f"{source}/{dataset}", Status.PASS, f"all {len(rows)} personal fields are declared", **counted)
            elif declared:
                yield verdict(context, f"{source}/{dataset}", Status.FAIL, f"not declared: {named(missing)}", **counted)
            else:
                why = "there is no ropa.yaml that declares a field"
                yield verdict(context, f"{source}/{dataset}", Status.FAIL, why, mend="write ropa.yaml (docs/ropa.md)", **counted)


def _declared(ropa: Any) -> list[re.Pattern[str]]:
    """The fields and globs (`*`, `?`) of all activities; `ropa` is the plain data of ropa.yaml, or None."""
    out = []
    for activity in (ropa or {}).get("activities") or []:
        for claim in activity.get("fields") or []:
            text = str(claim.get("field", "") if isinstance(claim, dict) else claim)
            out.append(re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text), re.DOTALL))
    return out
