"""Whoever else receives the data is assessed before, and every year (policy clause 2.8): recipients against the list of subcontractors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, param, verdict
from ropewalk.judging.inventories import Held, fallback, held, measured, when
from ropewalk.model import ControlResult, Status

EXEMPT = "exempt"


class SubcontractorAssessment:
    control = "subcontractor_assessment"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        have = held(context, "subcontractors")
        if have.status == Status.UNKNOWN:
            yield fallback(context, COMPANY, have.status, have.reason, register="subcontractors")
            return
        yield _recipients(context, have)
        for row in have.current:
            until = when(row["access_until"])
            if row["result"] != EXEMPT and (until is None or until > context.as_of):
                yield _assessed(context, have, row)


def _recipients(context: ControlContext, have: Held) -> ControlResult:
    """Every recipient that the record of processing names is on the list."""
    ropa = context.declared.get("ropa")
    if not isinstance(ropa, dict):
        reason = "there is no record of processing that names the recipients"
        return verdict(context, COMPANY, Status.UNKNOWN, reason, mend="write ropa.yaml (docs/ropa.md), or mend what `ropewalk ropa` says of it")
    known = {str(n).casefold() for r in have.current for n in (r["name"], *r["aliases"])}
    told = sorted(set(_named(ropa)))
    missing = [n for n in told if n.casefold() not in known]
    good = f"each of {len(told)} recipients in the record of processing is on the list" if told else "the record of processing names no recipient"
    return measured(
        context, COMPANY, have, missing, good, bad="not on the list of subcontractors: ", checked=len(told),
        mend="assess them and add them to the list; who is no subcontractor gets the result `exempt`",
    )  # fmt: skip


def _named(ropa: Mapping[str, Any]) -> Iterator[str]:
    """Recipients of the activities: shared with, and transferred to."""
    activities = ropa.get("activities")
    for activity in activities if isinstance(activities, list) else ():
        for key in ("shared", "transfers", "recipients"):
            given = activity.get(key) if isinstance(activity, dict) else None
            for one in given if isinstance(given, list) else [given]:
                name = one.get("recipient") if isinstance(one, dict) else one if key == "recipients" else None
                if isinstance(name, str) and name.strip():
                    yield name.strip()


def _assessed(context: ControlContext, have: Held, row: Mapping[str, Any]) -> ControlResult:
    subject, last, since = f"subcontractor {row['name']}", when(row["assessed_at"]), when(row["access_since"])
    first = when(row["first_assessed_at"])
    days = float(param(context, "assessment_days", 365))
    failures = []
    if last is None:
        failures.append("it was never assessed")
    elif (context.as_of.date() - last.date()).days > days:
        failures.append(f"it was last assessed on {last:%Y-%m-%d}, more than {days:g} days ago")
    if row["result"] == "failed":
        failures.append("its last assessment failed")
    if since and (first or last) and (first or last) > since and first is not None:  # type: ignore[operator]
        failures.append(f"it had access from {since:%Y-%m-%d} and was first assessed on {first:%Y-%m-%d}")
    if not failures and last is not None and (since is None or (first is None and last > since)):
        missing = "since when it has access" if since is None else "when it was first assessed"
        return fallback(
            context, subject, Status.UNKNOWN, f"the list does not tell {missing}", have.oldest, mend="fill in access_since and first_assessed_at"
        )
    good = f"assessed on {last:%Y-%m-%d}" if last else ""
    return measured(context, subject, have, failures, good, checked=1)
