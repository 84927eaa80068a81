"""Stores: what was looked at, when, what was left out, and how far a running scan is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from ropewalk.model import Source
from ropewalk.plurals import counted
from ropewalk.register.frames import DATASETS, FIELDS, SCANS, UNITS
from ropewalk.register.schema import SKIPPED
from ropewalk.views.shapes import moment_of, number_of, personal, rows, shaped, text_of

SOURCES = (
    "source", "state", "environment", "owner", "purpose", "location", "datasets", "fields", "personal_fields", "rows", "skipped",
    "last_scan", "oldest_read", "detail",
)  # fmt: skip
PROGRESS = (
    "scan_id", "status", "started_at", "seconds", "units", "units_done", "share", "rows", "bytes", "rows_per_second", "bytes_per_second",
    "eta_seconds",
)  # fmt: skip
BY_SOURCE = ("source", "state", "units", "done", "failed", "skipped", "running", "rows", "detail")
SCAN_LIST = ("scan_id", "started_at", "finished_at", "status", "seconds", "units", "units_done", "rows", "bytes", "as_of", "rules_version")
FINISHED = ("done", "skipped", "failed")
UNREAD = ("failed", "never scanned", "scanning", "scan stopped")
"""States of a source in which what was found may be nothing or old."""
NAMED = 5


def sources(configured: Sequence[Source], datasets: pd.DataFrame, findings: pd.DataFrame, skipped: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """A row a source: state (never scanned, scanning, scan stopped, scanned, scanned in part, failed), counts, last scan, detail.

    oldest_read: when the dataset was read that has been taken over as unchanged for longest; rows: missing where those of a dataset are not known.
    A source that the register knows and the configuration no longer names is shown as `not configured`.
    """
    datasets, findings = shaped(datasets, DATASETS), shaped(findings, FIELDS)
    left, units = shaped(skipped, SKIPPED), shaped(units, UNITS)
    known = {s.name: s for s in configured}
    names = [*known, *sorted({str(n) for n in datasets["source"].dropna()} - known.keys())]
    out = []
    for name in names:
        source, own, skips = known.get(name), datasets[datasets["source"] == name], left[left["source"] == name]
        last = _latest_units(units[units["source"] == name])
        state, detail = _state(source, own, skips, last)
        out.append(
            {
                "source": name,
                "state": state,
                "environment": str(source.environment.value) if source else "",
                "owner": source.owner if source else "",
                "purpose": source.purpose if source else "",
                "location": source.location if source else "",
                "datasets": len(own),
                "fields": int(own["fields"].map(number_of).sum()),
                "personal_fields": len(personal(findings[findings["source"] == name])),
                "rows": int(own["rows"].map(number_of).sum()) if own["rows"].notna().all() else None,
                "skipped": len(skips),
                "last_scan": own["scanned_at"].max() if len(own) else None,
                "oldest_read": own["read_at"].min() if own["read_at"].notna().any() else None,
                "detail": detail,
            }
        )
    return rows(out, SOURCES)


def _latest_units(units: pd.DataFrame) -> pd.DataFrame:
    if units.empty:
        return units
    started = units.groupby("scan_id")["started_at"].min()
    latest = started.sort_values(na_position="last").index[-1] if started.notna().any() else units["scan_id"].iloc[-1]
    return pd.DataFrame(units[units["scan_id"] == latest])


def _state(source: Source | None, datasets: pd.DataFrame, skipped: pd.DataFrame, units: pd.DataFrame) -> tuple[str, str]:
    if source is None:
        return "not configured", "the register knows it, ropewalk.yaml does not name it"
    statuses = list(units["status"])
    if "running" in statuses or "pending" in statuses:
        return "scanning", f"{sum(s in FINISHED for s in statuses)} of {len(statuses)} datasets"
    if "stopped" in statuses:
        return "scan stopped", f"at {sum(s in FINISHED for s in statuses)} of {len(statuses)} datasets; `ropewalk scan` takes it up"
    whole = skipped[skipped["dataset"].map(text_of) == ""]
    if datasets.empty:
        if len(whole):
            return "failed", text_of(whole.iloc[0]["reason"])
        if len(skipped) or statuses:
            return "failed", text_of(skipped.iloc[0]["reason"]) if len(skipped) else "no dataset could be read"
        return "never scanned", "run `ropewalk scan`"
    if len(whole) and not _newer(datasets, whole.iloc[0]["at"]):
        return "failed", f"{text_of(whole.iloc[0]['reason'])}; what is shown is of an earlier scan"
    failed = statuses.count("failed")
    if failed or len(skipped):
        parts = [f"{counted(failed, 'dataset')} failed" if failed else "", f"{len(skipped)} left out" if len(skipped) else ""]
        return "scanned in part", ", ".join(p for p in parts if p)
    return "scanned", ""


def _newer(datasets: pd.DataFrame, at: object) -> bool:
    """Whether any dataset was looked at in the scan that left something out at this time, or later: its source was reached."""
    last, left = moment_of(datasets["scanned_at"].max()), moment_of(at)
    return last is None or left is None or last >= left


def unread(stores: pd.DataFrame) -> str:
    """In words, which sources (of the view `sources`) are not known as they stand now; empty where every one was read."""
    names = [str(s) for s in stores.loc[stores["state"].isin(UNREAD), "source"]]
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"What is in {', '.join(f'`{n}`' for n in names[:NAMED])}{more} is unknown: not read by the last scan"


def last_look(scans: pd.DataFrame, results: pd.DataFrame) -> str:
    """In words, when the stores were last looked at, whether that came to its end, and when it was judged."""
    scans = shaped(scans, SCANS).sort_values("started_at", kind="stable").tail(1)
    if scans.empty:
        return "never scanned"
    scan, judged = scans.to_dict("records")[0], moment_of(results["at"].max()) if len(results) else None
    status = text_of(scan["status"])
    if status in {"running", "stopped"}:
        status += f" at {int(number_of(scan['units_done']))} of {int(number_of(scan['units']))} datasets"
    check = f"last check {judged:%Y-%m-%d %H:%M} UTC" if judged else "never checked"
    return f"last scan {moment_of(scan['started_at']):%Y-%m-%d %H:%M} UTC, {status} · {check}"


def skipped(frame: pd.DataFrame, source: str | None = None) -> pd.DataFrame:
    """What was not looked at, a row each: source, dataset, path, reason, mend, at."""
    out = shaped(frame, SKIPPED)
    if source is not None:
        out = out[out["source"] == source]
    columns = ["source", "dataset", "path", "reason", "mend", "at"]
    return out.sort_values(["source", "dataset", "path"], kind="stable").loc[:, columns].reset_index(drop=True)


def last_scans(scans: pd.DataFrame, limit: int = 20) -> pd.DataFrame:
    """Scans, newest first, with how long each took in seconds."""
    out = shaped(scans, SCANS).sort_values("started_at", ascending=False, kind="stable").head(limit)
    seconds = [
        (b - a).total_seconds() if (a := moment_of(s)) and (b := moment_of(f)) else None
        for s, f in zip(out["started_at"], out["finished_at"], strict=True)
    ]
    return out.assign(seconds=pd.Series(seconds, index=out.index, dtype="float64")).loc[:, list(SCAN_LIST)].reset_index(drop=True)


def progress(scans: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """The running scan as one row, none when nothing runs. `as_of` is the wall clock; eta_seconds is None until a unit is done."""
    scans = shaped(scans, SCANS)
    running = scans[scans["status"] == "running"].sort_values("started_at", kind="stable").tail(1)
    return rows([_progress(r, as_of) for r in running.to_dict("records")], PROGRESS)


def _progress(scan: dict[Any, Any], as_of: datetime) -> dict[str, object]:
    started = moment_of(scan["started_at"])
    seconds = max((as_of - started).total_seconds(), 0.0) if started else 0.0
    units, done = int(number_of(scan["units"])), int(number_of(scan["units_done"]))
    count, size = int(number_of(scan["rows"])), int(number_of(scan["bytes"]))
    return {
        "scan_id": scan["scan_id"],
        "status": scan["status"],
        "started_at": started,
        "seconds": seconds,
        "units": units,
        "units_done": done,
        "share": done / units if units else 0.0,
        "rows": count,
        "bytes": size,
        "rows_per_second": count / seconds if seconds else 0.0,
        "bytes_per_second": size / seconds if seconds else 0.0,
        "eta_seconds": seconds / done * (units - done) if done else None,
    }


def progress_by_source(units: pd.DataFrame, scan_id: object) -> pd.DataFrame:
    """A row a source of one scan: source, state (waiting, scanning, scan stopped, done, done in part), units by status, rows, detail."""
    units = shaped(units, UNITS)
    out: list[dict[str, object]] = []
    for source, own in units[units["scan_id"] == scan_id].groupby("source", sort=True):
        have = own["status"].value_counts()
        done, failed, left, running = (int(have.get(s, 0)) for s in ("done", "failed", "skipped", "running"))
        finished = done + failed + left
        whole = "done in part" if failed or left else "done"
        state = "scan stopped" if "stopped" in have else whole if finished == len(own) else "scanning" if running or finished else "waiting"
        error = next((text_of(e) for e in own["error"] if text_of(e)), "")
        out.append(
            {
                "source": source,
                "state": state,
                "units": len(own),
                "done": done,
                "failed": failed,
                "skipped": left,
                "running": running,
                "rows": int(own["rows"].map(number_of).sum()),
                "detail": error,
            }
        )
    return rows(out, BY_SOURCE)
