"""Changes: what is new since the last scan, and how verdicts and findings went over time."""

from __future__ import annotations

import pandas as pd

from ropewalk.views.shapes import FIELDS, RESULTS, SCANS, UNITS, moment_of, number_of, personal, rows, shaped, text_of
from ropewalk.views.words import WORST_FIRST, category_word

DIFF = ("change", "field", "what", "category_before", "category_after", "confidence_before", "confidence_after", "matched_before", "matched_after")
VERDICTS = ("run_id", "at", *(str(s.value) for s in WORST_FIRST))
FINDINGS_TREND = ("scan_id", "at", "status", "findings", "direct", "weak", "sources")


def findings_diff(before: pd.DataFrame, after: pd.DataFrame, *, step: float = 0.1) -> pd.DataFrame:
    """What differs between two scans, a row a field: change is new, gone or changed (category, or confidence by `step`)."""
    old, new = _personal(before), _personal(after)
    out: list[dict[str, object]] = []
    for field in sorted({*old, *new}):
        a, b = old.get(field), new.get(field)
        change, what = _change(a, b, step)
        if change:
            out.append(
                {
                    "change": change,
                    "field": field,
                    "what": what,
                    "category_before": text_of(a["category"]) if a else "",
                    "category_after": text_of(b["category"]) if b else "",
                    "confidence_before": number_of(a["confidence"]) if a else None,
                    "confidence_after": number_of(b["confidence"]) if b else None,
                    "matched_before": int(number_of(a["matched"])) if a else None,
                    "matched_after": int(number_of(b["matched"])) if b else None,
                }
            )
    out.sort(key=lambda r: (("new", "changed", "gone").index(str(r["change"])), str(r["field"])))
    return rows(out, DIFF)


def _personal(frame: pd.DataFrame) -> dict[str, dict[str, object]]:
    frame = shaped(frame, FIELDS)
    return {str(r["field"]): {str(k): v for k, v in r.items()} for r in personal(frame).to_dict("records")}


def _change(a: dict[str, object] | None, b: dict[str, object] | None, step: float) -> tuple[str, str]:
    if a is None or b is None:
        row = b or a or {}
        return ("new" if a is None else "gone"), category_word(text_of(row["category"]))
    if a["category"] != b["category"]:
        return "changed", f"{category_word(text_of(a['category']))} → {category_word(text_of(b['category']))}"
    was, now = number_of(a["confidence"]), number_of(b["confidence"])
    if abs(now - was) >= step:
        return "changed", f"{category_word(text_of(b['category']))}, confidence {was:.2f} → {now:.2f}"
    return "", ""


def verdict_trend(history: pd.DataFrame) -> pd.DataFrame:
    """A row a check run, oldest first: run_id, at, and how many verdicts had each status. `history` is `results_history`."""
    history = shaped(history, RESULTS)
    out = []
    for run, own in history.groupby("run_id", sort=False):
        found = own["status"].value_counts()
        out.append({"run_id": run, "at": own["at"].max(), **{str(s.value): int(found.get(s.value, 0)) for s in WORST_FIRST}})
    out.sort(key=lambda r: (str(moment_of(r["at"])), str(r["run_id"])))
    return rows(out, VERDICTS)


def fields_at(observations: pd.DataFrame, units: pd.DataFrame, scans: pd.DataFrame, scan_id: object) -> pd.DataFrame:
    """What was known of every field after a scan: of each dataset the last look up to it, for a scan leaves out what is unchanged.

    A dataset that a complete later scan of its source, not narrowed to some datasets, no longer met is gone. Columns of `fields`.
    """
    seen, units, scans = shaped(observations, FIELDS), shaped(units, UNITS), shaped(scans, SCANS)
    order = {s: i for i, s in enumerate(scans.sort_values("started_at", kind="stable")["scan_id"])}
    complete = set(scans.loc[(scans["status"] == "complete") & (scans["narrowed"] != True), "scan_id"])  # noqa: E712 - may be missing
    limit = order.get(scan_id, -1)
    looked: dict[tuple[object, object], int] = {}
    for scan, source, dataset in zip(seen["scan_id"], seen["source"], seen["dataset"], strict=True):
        if (rank := order.get(scan, limit + 1)) <= limit:
            looked[source, dataset] = max(rank, looked.get((source, dataset), -1))
    met: dict[object, dict[int, set[object]]] = {}
    for scan, source, dataset in zip(units["scan_id"], units["source"], units["dataset"], strict=True):
        if scan in complete and (rank := order[scan]) <= limit:
            met.setdefault(source, {}).setdefault(rank, set()).add(dataset)

    def current(scan: object, source: object, dataset: object) -> bool:
        rank = order.get(scan, limit + 1)
        last = max(met.get(source, {}), default=-1)
        return rank == looked.get((source, dataset)) and (rank >= last or dataset in met[source][last])

    keep = [current(*key) for key in zip(seen["scan_id"], seen["source"], seen["dataset"], strict=True)]
    return seen[pd.Series(keep, index=seen.index, dtype=bool)].reset_index(drop=True)


def findings_trend(observations: pd.DataFrame, units: pd.DataFrame, scans: pd.DataFrame) -> pd.DataFrame:
    """A row a finished scan, oldest first: scan_id, at, status, findings, direct, weak, sources (as known after that scan).

    `observations`: what every scan said of every field (columns of `fields`; the register's history, not only what is current).
    """
    scans = shaped(scans, SCANS)
    out = []
    for scan in scans[scans["finished_at"].notna()].sort_values("started_at", kind="stable").to_dict("records"):
        own = fields_at(observations, units, scans, scan["scan_id"])
        own = personal(own)
        out.append(
            {
                "scan_id": scan["scan_id"],
                "at": scan["finished_at"],
                "status": scan["status"],
                "findings": int(own["field"].nunique()),
                "direct": int(own.loc[own["strength"] == "direct", "field"].nunique()),
                "weak": int(own.loc[own["strength"] == "weak", "field"].nunique()),
                "sources": int(own["source"].nunique()),
            }
        )
    return rows(out, FINDINGS_TREND)
