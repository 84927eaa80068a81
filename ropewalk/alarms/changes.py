"""What to say: pure functions from the frames of two runs, or of the last one, to alarms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from shlex import quote
from typing import TYPE_CHECKING, Any

from ropewalk.alarms.alarm import Alarm
from ropewalk.canaries import FACT
from ropewalk.views import findings_diff
from ropewalk.views.words import category_word, status_word, worst_status

if TYPE_CHECKING:
    import pandas as pd

BAD, GOOD = ("fail", "error"), ("pass", "not_applicable")
NOT_CHECKED = "not checked"
SHOWN = 3
"""Subjects named in an alarm."""
RECENT = timedelta(days=7)
"""A missed run older than this is history."""
_WORSE = ("pass", "not_applicable", "unknown", "stale", "error", "fail")


def verdicts(before: pd.DataFrame, after: pd.DataFrame) -> list[Alarm]:
    """Requirements whose verdict changed between two checks (frames of `results`). Without an earlier check, those that fail."""
    old, new = _by_requirement(before), _by_requirement(after)
    out = []
    for need, (clause, status, rows) in new.items():
        was = old[need][1] if need in old else NOT_CHECKED
        if was == status or (was == NOT_CHECKED and status not in BAD):
            continue
        out.append(_verdict(need, clause, was, status, rows))
    for need in old.keys() - new.keys() if new else ():
        clause, was, _ = old[need]
        title = f"{need} is no longer checked (it was {status_word(was)})"
        out.append(Alarm("verdict", f"verdict:{need}", NOT_CHECKED, "medium", title, need, clause, need, {}, "see what changed in the policy pack"))
    return out


def _by_requirement(results: pd.DataFrame) -> dict[str, tuple[str, str, list[dict[str, Any]]]]:
    """requirement -> (clause, worst status, its rows)."""
    out: dict[str, tuple[str, str, list[dict[str, Any]]]] = {}
    for need, own in results.groupby("requirement", sort=True):
        rows = [{str(k): v for k, v in r.items()} for r in own.to_dict("records")]
        out[str(need)] = (str(rows[0]["clause"]), worst_status(r["status"] for r in rows), rows)
    return out


def _verdict(need: str, clause: str, was: str, status: str, rows: list[dict[str, Any]]) -> Alarm:
    alike = sorted({str(r["subject"]) for r in rows if r["status"] == status})
    counts = {"subjects": len({str(r["subject"]) for r in rows}), status: len(alike)}
    if status in GOOD:
        severity, way = "info", "for the better"
    elif status in BAD:
        severity, way = "high", "for the worse"
    else:
        better = was in _WORSE and _WORSE.index(status) < _WORSE.index(was)
        severity, way = "medium", "it is no longer known" if better else "for the worse"
    named = f": {', '.join(alike[:SHOWN])}{f' and {len(alike) - SHOWN} more' if len(alike) > SHOWN else ''}" if status not in GOOD else ""
    title = f"{need} went from {status_word(was)} to {status_word(status)} ({way}){named}"
    mend = "" if status in GOOD else f"ropewalk check --clause {need} --all"
    return Alarm("verdict", f"verdict:{need}", status, severity, title, alike[0] if len(alike) == 1 else need, clause, need, counts, mend)


def new_fields(before: pd.DataFrame, after: pd.DataFrame) -> list[Alarm]:
    """Fields that hold personal data and did not, or hold another kind of it (columns of `fields`)."""
    out = []
    diff = findings_diff(before, after)
    cells = {str(f): (int(m), int(s), str(strength)) for f, m, s, strength in _cells(after)}
    for row in diff.to_dict("records"):
        field, category = str(row["field"]), str(row["category_after"])
        changed = row["change"] == "changed" and row["category_before"] != category
        if row["change"] != "new" and not changed:
            continue
        matched, sampled, strength = cells.get(field, (0, 0, ""))
        what = f"now holds {category_word(category)}, no longer {category_word(str(row['category_before']))}" if changed else category_word(category)
        title = f"{field} {what}" if changed else f"new personal data: {field} ({what})"
        mend = f"declare it in ropa.yaml, or `ropewalk findings dismiss {quote(field)} --reason WORDS`"
        severity = "high" if strength == "direct" or category == "credential" else "medium"
        out.append(Alarm("new_field", f"field:{field}", category, severity, title, field, counts={"matched": matched, "sampled": sampled}, mend=mend))
    return out


def _cells(frame: pd.DataFrame) -> Iterable[tuple[Any, Any, Any, Any]]:
    return zip(frame["field"], frame["matched"], frame["sampled"], frame["strength"], strict=True)


def drifts(drift: pd.DataFrame) -> list[Alarm]:
    """Where the record of processing and the stores disagree (frame of `views.drift`)."""
    return [
        Alarm(
            "drift", f"drift:{r['field']}:{r['activity']}", str(r["drift"]), "medium", f"drift of the record: {r['field']} is {r['drift']}",
            str(r["field"]), clause="2.2", mend="ropewalk ropa drift",
        )
        for r in drift.to_dict("records")
    ]  # fmt: skip


def attestations(given: pd.DataFrame, as_of: datetime, days: int) -> list[Alarm]:
    """Of each kind and subject the word that holds longest: ending within `days`, or stale."""
    out = []
    for (kind, subject), own in given.groupby(["kind", "subject"], sort=True):
        end: Any = own["valid_until"].max()
        left = (end - as_of).days
        name, mend = f"{kind} of {subject}", f"ropewalk attest {kind} --by NAME --valid-until DAY --subject {quote(str(subject))}"
        if end < as_of:
            severity, state, title = "high", f"stale {end:%Y-%m-%d}", f"attestation is stale: {name} ended on {end:%Y-%m-%d}"
        elif end - as_of <= timedelta(days=days):
            severity, state, title = "medium", f"ends {end:%Y-%m-%d}", f"attestation ends soon: {name}, on {end:%Y-%m-%d}"
        else:
            continue
        out.append(Alarm("attestation", f"attestation:{kind}:{subject}", state, severity, title, str(subject), counts={"days_left": left}, mend=mend))
    return out


def canaries(facts: pd.DataFrame) -> list[Alarm]:
    """Canaries seen away from home (frame `facts`)."""
    out = []
    for row in facts[facts["name"] == FACT].to_dict("records"):
        seen: Mapping[str, int] = row["value"] if isinstance(row["value"], dict) else {}
        for name, cells in sorted(seen.items()):
            title = f"canary {name} was seen away from home: {row['subject']}"
            mend = "find out who copied the data there, and treat it as a leak until you know"
            key = f"canary:{name}:{row['subject']}"
            out.append(Alarm("canary", key, "seen", "high", title, str(row["subject"]), counts={"cells": cells}, mend=mend))
    return out


def runs(history: pd.DataFrame, now: datetime) -> list[Alarm]:
    """Runs that did not happen, lately; and of each job the last one that ended, where it failed (frame `runs`)."""
    from pandas import isna

    out = []
    for row in history[history["status"].isin(["missed", "overlapped"])].to_dict("records"):
        if now - row["started_at"] <= RECENT:
            due, job = f"{row['due_at']:%Y-%m-%d %H:%M} UTC", str(row["job"])
            words = f"{job} of {due} was missed" if row["status"] == "missed" else f"{job} of {due} was left out: the one before still ran"
            mend = "see that the runner runs" if row["status"] == "missed" else "run it less often, or give it more workers"
            out.append(Alarm("run", f"run:{job}:{due}", str(row["status"]), "medium", words, job, mend=mend))
    over = history[history["status"].isin(["done", "failed", "lost"])]
    for job, last in {str(r["job"]): r for r in over.to_dict("records")}.items():
        if last["status"] == "done":
            continue
        code = "" if isna(last["exit_code"]) else f" (exit code {int(last['exit_code'])})"
        words = f"the last {job} {'was lost: its process died' if last['status'] == 'lost' else f'failed{code}'}"
        out.append(Alarm("run", f"run:{job}", f"{last['status']}{code}", "high", words, job, mend="ropewalk schedule history"))
    return out


def ended(said: Mapping[str, str], standing: Iterable[str]) -> list[str]:
    """Keys of which something was said that no longer holds; said again if it returns. Verdicts tell their end themselves."""
    still = set(standing)
    return [k for k, state in said.items() if state and k not in still and k.split(":", 1)[0] in {"field", "drift", "attestation", "canary", "run"}]
