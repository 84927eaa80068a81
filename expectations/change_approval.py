"""Changes are tested and approved by different persons before they go live (policy clause 2.3), as the list of changes tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ropewalk.contracts import ControlContext
from ropewalk.inventory.events import SEPARATE
from ropewalk.judging import COMPANY, param
from ropewalk.judging.inventories import fallback, held, measured, when
from ropewalk.model import ControlResult, Status


class ChangeApproval:
    control = "change_approval"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        have, back = held(context, "changes"), timedelta(days=float(param(context, "look_back_days", 365)))
        recent = [r for r in have.rows if (at := when(r["at"])) is not None and timedelta() <= context.as_of - at <= back]
        told = [r for r in recent if r.get("approval")]
        if have.status == Status.UNKNOWN and not told:
            yield fallback(context, COMPANY, have.status, have.reason, register="changes")
            return
        failures = [f"{r['id']} of {when(r['at']):%Y-%m-%d}: {r['approval']}" for r in told if r["approval"] != SEPARATE]
        if not failures and len(told) < len(recent):
            why = f"the list does not tell who tested and who approved {len(recent) - len(told)} of {len(recent)} changes"
            yield fallback(context, COMPANY, Status.UNKNOWN, why, have.oldest, mend="fill in tested_by and approved_by, and import the list again")
            return
        good = f"each of {len(recent)} changes was approved by somebody other than its tester" if recent else "no change in the time looked at"
        yield measured(context, COMPANY, have, failures, good, checked=len(recent))
