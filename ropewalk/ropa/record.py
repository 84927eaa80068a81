"""Declared joined with discovered: a row for each personal field and activity, with its life and where the two disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ropewalk.model import Category, ProcessingActivity, Source
from ropewalk.ropa.declared import Activity, Claim, Declared

if TYPE_CHECKING:
    import pandas as pd

DETAILS = (
    "activity_name", "role", "purposes", "data_subjects", "legal_basis",
    "controller", "joint_controller", "representative", "dpo", "processor", "on_behalf_of",
    "collected", "collected_by", "processed", "stored", "used", "shared", "transfers",
    "disposal_rule", "disposal_clock", "disposal_method", "disposal_last_run", "retention_verdict",
    "security_measures", "origin_tag", "key", "legal_hold", "owner", "next_review",
    "observed_cells", "last_seen", "confidence", "lineage", "policy_hash", "evidence",
)  # fmt: skip
"""The items of a row besides field, category, state and activity: GDPR Art. 30(1) and (2), policy clause 2.2, what was observed."""

DRIFT = ("drift", "drift_reason", "drift_mend")
Row = dict[str, Any]


def record(
    declared: Declared | None,
    frames: Mapping[str, pd.DataFrame],
    as_of: datetime,
    *,
    sources: Sequence[Source] = (),
    policy_hash: str = "",
) -> list[ProcessingActivity]:
    """The whole record, from the register's frames by name: `fields` (all of them: a declared field that holds nothing is told
    from one that is not there), and where given `facts`, `results`, `skipped`, `evidence`. Credentials are no data of a person's
    and have no row. `policy_hash` defaults to that of the last check."""
    everything = [r for r in _records(frames.get("fields")) if r.get("category") != Category.CREDENTIAL.value]
    personal = [r for r in everything if isinstance(r.get("category"), str) and r.get("decision") != "dismissed"]
    results, chain = _records(frames.get("results")), _records(frames.get("evidence"))
    policy_hash = policy_hash or next((_text(r.get("policy_hash")) for r in results), "")
    facts, skipped = _records(frames.get("facts")), _records(frames.get("skipped"))
    head = str(max(chain, key=lambda e: e["sequence"])["hash"]) if chain else ""
    seen = _Seen({s.name: s for s in sources}, facts, results, skipped, everything, policy_hash, head)
    out: list[ProcessingActivity] = []
    used: set[str] = set()
    for activity in declared.activities if declared else ():
        for claim, row in _claimed(activity, personal):
            if row is None:
                out.append(_unseen(declared, activity, claim, seen))
            else:
                used.add(row["field"])
                out.append(_observed(declared, activity, claim, row, seen, as_of))
    out += [_undeclared(declared, row, seen) for row in personal if row["field"] not in used]
    return sorted(out, key=lambda a: (a.field, a.activity))


class _Seen:
    """What the register knows besides the fields, looked up by subject."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        facts: list[Row],
        results: list[Row],
        skipped: list[Row],
        everything: list[Row],
        policy_hash: str,
        evidence: str,
    ) -> None:
        self.sources, self.skipped, self.everything = sources, skipped, everything
        self.policy_hash, self.evidence = policy_hash, evidence
        self.facts = {(f["subject"], f["name"]): f["value"] for f in facts}
        self.retention = {r["subject"]: str(r["status"]).replace("_", " ") for r in results if "retention" in str(r["control"])}

    def fact(self, row: Row, *names: str) -> str:
        """The first known fact of the field, its dataset or its source."""
        for subject in (row["field"], f"{row['source']}/{row['dataset']}", row["source"]):
            for name in names:
                value = self.facts.get((subject, name))
                if value is not None and value is not False and value == value:
                    return str(value)
        return ""

    def observed(self, row: Row) -> dict[str, str]:
        dataset = f"{row['source']}/{row['dataset']}"
        source = self.sources.get(row["source"])
        place = f"{dataset}#{row['path']}" + (f" ({source.location})" if source and source.location else "")
        when = _moment(row.get("observed_at"))
        scan = f"scan {row['scan_id']} of {when}" if row.get("scan_id") else ""
        return {
            "stored": place,
            "origin_tag": self.fact(row, "origin_tag", "origin"),
            "key": self.fact(row, "kms_key", "kms_key_id", "encryption_key", "key"),
            "owner": source.owner if source else "",
            "purposes": "",
            "retention_verdict": self.retention.get(row["field"], self.retention.get(dataset, "")),
            "observed_cells": f"{int(row.get('matched') or 0)} of {int(row.get('sampled') or 0)}",
            "last_seen": when,
            "confidence": f"{float(row.get('confidence') or 0):.2f}",
            "lineage": _text(row.get("lineage")),
            "policy_hash": self.policy_hash,
            "evidence": "; ".join(e for e in (scan, f"chain {self.evidence[:16]}" if self.evidence else "") if e),
        }


def _claimed(activity: Activity, personal: list[Row]) -> list[tuple[Claim, Row | None]]:
    out: list[tuple[Claim, Row | None]] = []
    taken: set[str] = set()
    for claim in sorted(activity.fields, key=lambda c: not c.exact):  # an exact name speaks before a glob
        rows = [r for r in personal if claim.matches(r["field"])]
        out += [(claim, r) for r in rows if r["field"] not in taken]
        taken |= {r["field"] for r in rows}
        if not rows:
            out.append((claim, None))
    return out


def _declared(declared: Declared | None, activity: Activity | None) -> dict[str, str]:
    out: dict[str, str] = {}
    if declared:
        for name in ("controller", "joint_controller", "representative", "dpo", "processor"):
            out[name] = str(getattr(declared, name) or "")
        out["on_behalf_of"] = _joined(declared.on_behalf_of)
    if activity:
        out |= {
            "activity_name": activity.name,
            "role": activity.role,
            "purposes": _joined(activity.purposes),
            "data_subjects": _joined(activity.subjects),
            "legal_basis": activity.legal_basis,
            "collected": _joined(activity.collected),
            "collected_by": _joined(c.role for c in activity.collected if c.role),
            "processed": activity.processed,
            "stored": activity.stored,
            "used": _joined(activity.used),
            "shared": _joined(activity.shared),
            "transfers": _joined(activity.transfers),
            "disposal_rule": activity.disposed.rule,
            "disposal_clock": activity.disposed.clock,
            "disposal_method": activity.disposed.method,
            "disposal_last_run": str(activity.disposed.last_run or ""),
            "security_measures": _joined(activity.security),
            "key": activity.key,
            "legal_hold": str(activity.legal_hold or ""),
            "owner": activity.owner,
            "next_review": str(activity.next_review),
        }
    return out


def _observed(declared: Declared | None, activity: Activity, claim: Claim, row: Row, seen: _Seen, as_of: datetime) -> ProcessingActivity:
    stated, found = _declared(declared, activity), seen.observed(row)
    stored = f"{found['stored']}; {activity.stored}" if activity.stored else found["stored"]
    details = {**found, **{k: v for k, v in stated.items() if v}, "stored": stored}
    drift = _review(activity, as_of)
    if claim.category and claim.category.value != row["category"]:
        drift = (
            "category differs",
            f"declared as {claim.category.value}, seen as {row['category']}",
            f"correct the category in activity {activity.id}, or `ropewalk findings reclassify`",
        )
    return _row(row["field"], row["category"], "observed", activity.id, details, drift, seen)


def _undeclared(declared: Declared | None, row: Row, seen: _Seen) -> ProcessingActivity:
    mend = "add it to an activity in ropa.yaml, or delete the data" if declared else "write ropa.yaml (docs/ropa.md)"
    drift = ("undeclared", "personal data was seen here and no activity names it", mend)
    return _row(row["field"], row["category"], "undeclared", "", {**_declared(declared, None), **seen.observed(row)}, drift, seen)


def _unseen(declared: Declared | None, activity: Activity, claim: Claim, seen: _Seen) -> ProcessingActivity:
    category = claim.category.value if claim.category else ""
    details = {"stored": claim.field, **{k: v for k, v in _declared(declared, activity).items() if v}}
    return _row(claim.field, category, "declared", activity.id, details, ("not seen", *_why_unseen(claim, seen)), seen)


def _why_unseen(claim: Claim, seen: _Seen) -> tuple[str, str]:
    place = claim.field.split("#", 1)[0]
    source = claim.field.split("/", 1)[0]
    if any(claim.matches(r["field"]) for r in seen.everything):
        return "the field is there, and nothing personal was found in it", "remove it from the activity, or look at the sample size"
    for skip in seen.skipped:
        if claim.covers_source(skip["source"]) and (not _text(skip["dataset"]) or place == f"{skip['source']}/{skip['dataset']}"):
            return f"it could not be read: {skip['reason']}", _text(skip["mend"]) or "see `ropewalk sources test`"
    if not any(claim.covers_source(r["source"]) for r in seen.everything):
        known = not seen.sources or any(claim.covers_source(s) for s in seen.sources)
        if known:
            return "its source has not been scanned yet", f"ropewalk scan --source {source}"
        return f"no source is called {source}", "correct the name in ropa.yaml, or add the source to ropewalk.yaml"
    return "no such field was seen by the last scan", "correct the name, or remove it from the activity if the data is gone"


def _review(activity: Activity, as_of: datetime) -> tuple[str, str, str]:
    if activity.legal_hold and activity.legal_hold.until < as_of.date():
        return "legal hold ended", f"the legal hold ended on {activity.legal_hold.until}", "delete the data, or name the law that now holds it"
    if activity.next_review < as_of.date():
        return "review overdue", f"the review was due on {activity.next_review}", f"review activity {activity.id} and set next_review"
    return "", "", ""


def _row(
    field: str, category: str, state: str, activity: str, found: Mapping[str, str], drift: tuple[str, str, str], seen: _Seen
) -> ProcessingActivity:
    details = {name: found.get(name, "") for name in DETAILS} | dict(zip(DRIFT, drift, strict=True)) | {"policy_hash": seen.policy_hash}
    return ProcessingActivity(field, category, state, activity, details)


def _records(frame: pd.DataFrame | None) -> list[Row]:
    return [] if frame is None else [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]


def _joined(items: Any) -> str:
    return "; ".join(str(i) for i in items)


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _moment(value: Any) -> str:
    text = _text(value)
    return str(value.strftime("%Y-%m-%d %H:%M UTC")) if text and hasattr(value, "strftime") and text != "NaT" else text.replace("NaT", "")
