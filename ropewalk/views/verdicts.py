"""Posture: what the last check says, clause by clause, then requirement by requirement, then subject by subject.

Never falsely green: a requirement of the policy without a result is unknown, and so is its clause.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from shlex import quote
from typing import Any, Protocol

import pandas as pd

from ropewalk.contracts import Requirement
from ropewalk.model import ControlResult
from ropewalk.policy import meaning
from ropewalk.register.frames import RESULTS
from ropewalk.views.shapes import number_of, rows, shaped, text_of
from ropewalk.views.words import WORST_FIRST, worst_status

POLICY = ("clause", "title", "requirement", "text", "severity", "control", "mend", "meaning")
TALLY = ("subjects", "passed", "failed", "unknown", "stale", "errors", "not_applicable", "excused")
POSTURE = ("clause", "title", "status", "requirements", *TALLY, "reason", "mend")
REQUIREMENTS = ("requirement", "clause", "title", "text", "severity", "control", "status", *TALLY, "reason", "mend")
SUBJECTS = (
    "subject", "status", "reason", "mend", "checked", "failed", "coverage", "control", "requirement", "clause", "details", "policy",
    "policy_hash", "as_of", "at", "run_id", "excused",
)  # fmt: skip
NOT_CHECKED = "not checked yet"
NOT_CHECKED_MEND = "run `ropewalk scan`, then `ropewalk check`"

_ORDER = {str(s.value): i for i, s in enumerate(WORST_FIRST)}
_COLUMN = {"pass": "passed", "fail": "failed", "unknown": "unknown", "stale": "stale", "error": "errors", "not_applicable": "not_applicable"}


class Pack(Protocol):
    """What a view needs of a policy pack: its requirements in order, and the title of each clause."""

    @property
    def requirements(self) -> Sequence[Requirement]: ...

    @property
    def titles(self) -> Mapping[str, str]: ...


def policy_frame(pack: Pack) -> pd.DataFrame:
    """A policy pack as a frame: one row a requirement; a clause without one keeps a row with an empty requirement."""
    records: list[dict[str, object]] = [
        {
            "clause": r.clause,
            "title": pack.titles.get(r.clause, r.clause),
            "requirement": r.id,
            "text": r.text,
            "severity": r.severity,
            "control": r.control,
            "mend": r.mend,
            "meaning": meaning(r),
        }
        for r in pack.requirements
    ]
    covered = {r["clause"] for r in records}
    records += [
        {"clause": c, "title": t, "requirement": "", "text": "", "severity": "", "control": "", "mend": "", "meaning": ""}
        for c, t in pack.titles.items()
        if c not in covered
    ]
    records.sort(key=lambda r: (clause_key(str(r["clause"])), clause_key(str(r["requirement"]))))
    return rows(records, POLICY)


def results_frame(results: Sequence[ControlResult]) -> pd.DataFrame:
    """Verdicts that were not recorded (a check narrowed to a clause) as the frame `results`; run_id and at are empty."""
    return rows([{**{n: getattr(r, n, None) for n in RESULTS}, "status": str(r.status.value), "run_id": ""} for r in results], RESULTS)


def clause_key(text: str) -> tuple[tuple[int, str], ...]:
    """Sorts `2.10` after `2.9`."""
    return tuple((int(p), "") if p.isdigit() else (10**6, p) for p in text.split("."))


def posture(results: pd.DataFrame, policy: pd.DataFrame) -> pd.DataFrame:
    """A row a clause: clause, title, status, requirements, subjects, passed, failed, unknown, stale, errors,
    not_applicable (counts of verdicts), reason, mend. `policy` is `policy_frame(pack)`; in the policy's order."""
    results, policy = shaped(results, RESULTS), shaped(policy, POLICY)
    seen = dict(list(results.groupby("clause", sort=False)))
    titles = dict(zip(policy["clause"], policy["title"], strict=True))
    for clause in seen:
        titles.setdefault(clause, clause)
    records = []
    for clause, title in sorted(titles.items(), key=lambda item: clause_key(str(item[0]))):
        wanted = [r for r in policy.loc[policy["clause"] == clause, "requirement"] if r]
        record = _summary(seen.get(clause, results.iloc[:0]), wanted, policy.loc[policy["clause"] == clause])
        records.append({"clause": clause, "title": title, "requirements": len(wanted), **record})
    return rows(records, POSTURE)


def requirements(results: pd.DataFrame, policy: pd.DataFrame, clause: str | None = None) -> pd.DataFrame:
    """A row a requirement (of one clause, or all): requirement, clause, title, text, severity, control, status, counts, reason, mend."""
    results, policy = shaped(results, RESULTS), shaped(policy, POLICY)
    if clause is not None:
        results, policy = results[results["clause"] == clause], policy[policy["clause"] == clause]
    records = []
    for row in policy[policy["requirement"] != ""].to_dict("records"):
        own = results[results["requirement"] == row["requirement"]]
        one = policy[policy["requirement"] == row["requirement"]]
        records.append({**{str(k): v for k, v in row.items()}, **_summary(own, [row["requirement"]], one)})
    return rows(records, REQUIREMENTS)


def subjects(results: pd.DataFrame, clause: str | None = None, requirement: str | None = None, status: str | None = None) -> pd.DataFrame:
    """A row a verdict, worst first, narrowed to a clause, a requirement, a status; coverage is `nothing yet` of what is unknown for want
    of anything to look at."""
    out = shaped(results, RESULTS)
    blind = (out["status"] == "unknown") & (out["checked"].map(number_of) <= 1) & out["coverage"].isin(["full", "attested"])
    out = out.assign(coverage=out["coverage"].mask(blind, "nothing yet"))
    for column, wanted in (("clause", clause), ("requirement", requirement), ("status", status)):
        if wanted is not None:
            out = out[out[column] == wanted]
    order = out["status"].map(lambda s: _ORDER.get(s, 1)).astype(int)
    failed = -out["failed"].map(number_of)
    out = out.assign(_order=order, _failed=failed).sort_values(["_order", "_failed", "subject"], kind="stable")
    return out.loc[:, list(SUBJECTS)].reset_index(drop=True)


def verdicts_on(results: pd.DataFrame, policy: pd.DataFrame, *subject: str) -> pd.DataFrame:
    """The verdicts on any of these subjects (a field and its dataset), worst first, with what each asks: `subjects` and text."""
    own = subjects(results)
    own = own[own["subject"].isin(subject)].reset_index(drop=True)
    asked = dict(zip(policy["requirement"], policy["text"], strict=True))
    return own.assign(text=[asked.get(r, "") for r in own["requirement"]])


def with_shared_mends(subjects: pd.DataFrame) -> pd.DataFrame:
    """`subjects`, where mends that differ in nothing but `--subject orders` and `--subject crm` say `--subject SUBJECT` instead."""
    general = [
        text_of(m).replace(f"--subject {quote(text_of(s))}", "--subject SUBJECT") for s, m in zip(subjects["subject"], subjects["mend"], strict=True)
    ]
    out = subjects.assign(_general=general)
    shared = out.groupby(["requirement", "status", "reason", "coverage", "excused", "_general"], dropna=False)["subject"].transform("size") > 1
    return out.assign(mend=out["mend"].mask(shared, out["_general"])).drop(columns="_general")


def alike(subjects: pd.DataFrame, most: int = 20) -> pd.DataFrame:
    """`subjects` with those of the same verdict for the same reason in one row: subject names them, at most so many."""
    same, subjects = ["requirement", "status", "reason", "mend", "coverage", "excused"], with_shared_mends(subjects)
    out = []
    for key, own in subjects.groupby(same, sort=False, dropna=False):
        more = f" and {len(own) - most} more" if len(own) > most else ""
        out.append({**dict(zip(same, key, strict=True)), "subject": ", ".join(map(str, own["subject"][:most])) + more, "subjects": len(own)})
    return rows(out, ("subject", "subjects", *same))


def counts(posture: pd.DataFrame) -> dict[str, int]:
    """How many rows have each status, every status named, worst first: `{"fail": 3, "error": 0, …}`."""
    found = posture["status"].value_counts() if "status" in posture else pd.Series(dtype=int)
    return {str(s.value): int(found.get(s.value, 0)) for s in WORST_FIRST}


def _summary(results: pd.DataFrame, wanted: Iterable[str], policy: pd.DataFrame) -> dict[str, Any]:
    statuses = list(results["status"])
    have = set(results["requirement"])
    missing = [r for r in wanted if r not in have]
    status = worst_status([*statuses, *(["unknown"] if missing or not statuses else [])])
    tally = {column: statuses.count(s) for s, column in _COLUMN.items()}
    tally["excused"] = sum(bool(text_of(e)) for e in results["excused"])
    tally["unknown"] += len(missing) or (0 if statuses else 1)
    return {"status": status, "subjects": results["subject"].nunique(), **tally, **_reason(results, status, missing, policy)}


def _reason(results: pd.DataFrame, status: str, missing: Sequence[str], policy: pd.DataFrame) -> dict[str, str]:
    bad = results[results["status"] == status]
    if bad.empty:
        which = f" ({', '.join(missing)})" if missing else ""
        return {"reason": NOT_CHECKED + which, "mend": NOT_CHECKED_MEND}
    bad = bad.assign(_failed=bad["failed"].map(number_of), _borne=bad["excused"].map(lambda e: bool(text_of(e))))
    first = bad.sort_values(["_borne", "_failed", "subject"], ascending=[True, False, True], kind="stable").iloc[0]
    reason = f"{text_of(first['subject'])}: {text_of(first['reason'])}".removeprefix(": ")
    if first["_borne"]:
        reason += f"; excused {first['excused']}"
    if len(bad) > 1:
        reason += f" (and {len(bad) - 1} more)"
    mends = policy.loc[policy["requirement"] == first["requirement"], "mend"]
    fallback = text_of(mends.iloc[0]) if len(mends) and status not in {"pass", "not_applicable"} else ""
    return {"reason": reason, "mend": text_of(first["mend"]) or fallback}
