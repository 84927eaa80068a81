"""Recorded verdicts as they stand now: stale where the policy has changed its question since, excused where an exception bears them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from ropewalk.judging.exceptions import excuse, state_of
from ropewalk.register.frames import RESULTS
from ropewalk.views.shapes import rows, shaped, text_of
from ropewalk.views.words import status_word

EXCEPTIONS = (
    "id",
    "requirement",
    "subject",
    "state",
    "reason",
    "by",
    "approver",
    "at",
    "valid_until",
    "ended_at",
    "ended_by",
    "end_reason",
    "excuses",
)
CHECK_AGAIN = "run `ropewalk check`"


def standing(results: pd.DataFrame, policy: pd.DataFrame, exceptions: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """The frame `results` with status, reason, mend and excused as of now. policy: `policy_frame(pack)` of the pack that applies now."""
    asked = dict(zip(policy["requirement"], policy["meaning"], strict=True))
    borne = _rows(exceptions)
    out = []
    for row in _rows(shaped(results, RESULTS)):
        row |= _stale(row, asked)
        given = excuse(borne, str(row["requirement"]), str(row["subject"]), str(row["status"]), as_of)
        if given.note and given.note not in str(row["reason"]):
            row["reason"] = f"{row['reason']} ({given.note})"
        out.append({**row, "excused": given.excused})
    return rows(out, RESULTS)


def outdated(results: pd.DataFrame, policy: pd.DataFrame) -> pd.DataFrame:
    """The recorded verdicts that no longer answer what this policy asks."""
    asked, frame = dict(zip(policy["requirement"], policy["meaning"], strict=True)), shaped(results, RESULTS)
    return frame[[bool(_stale(r, asked)) for r in _rows(frame)]]


def unjudged_scan(results: pd.DataFrame, scans: pd.DataFrame) -> str:
    """In words, that a scan ended after the verdicts were given, which therefore do not speak of it; empty where all is judged."""
    ended = scans["finished_at"].dropna() if len(scans) else scans
    if results.empty or not len(ended) or ended.max() <= results["at"].max():
        return ""
    checked, scanned = (f"{t:%Y-%m-%d %H:%M} UTC" for t in (results["at"].max(), ended.max()))
    return f"The last scan ended at {scanned}, after the check at {checked}: its findings are not judged yet; {CHECK_AGAIN}."


def exceptions(given: pd.DataFrame, results: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """A row an exception, active ones first: state (active, pending, expired, ended), and how many recorded verdicts it excuses now."""
    verdicts, out = _rows(shaped(results, RESULTS)), []
    for row in _rows(given):
        hits = [v for v in verdicts if excuse([row], str(v["requirement"]), str(v["subject"]), str(v["status"]), as_of).excused]
        out.append({**row, "state": state_of(row, as_of), "excuses": len(hits)})
    out.sort(key=lambda r: ("active pending expired ended".split().index(str(r["state"])), r["valid_until"]))
    return rows(out, EXCEPTIONS)


def _stale(row: Mapping[str, Any], asked: Mapping[Any, Any]) -> dict[str, Any]:
    """What changes in a verdict whose question has changed; {} where it still answers."""
    need, was = row["requirement"], f"it was {status_word(str(row['status']))} under {text_of(row['policy']) or 'an earlier policy'}"
    if need not in asked:
        return {"status": "stale", "reason": f"the policy no longer asks for this; {was}", "mend": CHECK_AGAIN}
    if text_of(row["meaning"]) != asked[need]:
        return {"status": "stale", "reason": f"its control or limits have changed since; {was}: {row['reason']}", "mend": CHECK_AGAIN}
    return {}


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]
