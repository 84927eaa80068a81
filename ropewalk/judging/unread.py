"""What the evidence does not cover: stores that were not scanned, or too long ago, and what a scan left out of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ropewalk.contracts import ControlContext
from ropewalk.judging.lookup import records, rows_by
from ropewalk.judging.subjects import COMPANY, field_paths, named, param, verdict
from ropewalk.model import ControlResult, Source, Status

if TYPE_CHECKING:
    import pandas as pd

LOOK_DAYS = 31
"""A look older than this tells nothing of data that must be gone after 30 days; a requirement may ask for another period (`look_days`)."""
_LOGS = {"logs", "cloudwatch", "log"}
_EMPTY = ("empty", "it holds no lines")
"""How reasons of connectors end where there was nothing to look at (`3 of 10 objects are empty`)."""


def only_chosen(scans: pd.DataFrame | None) -> bool:
    """Whether every scan so far was narrowed to chosen sources or datasets: what else there is was never listed."""
    return scans is not None and len(scans) > 0 and bool(scans["narrowed"].astype(bool).all())


def unread(context: ControlContext, *, logs: bool = False, datasets: bool = False) -> Iterator[ControlResult]:
    """UNKNOWN for sources of which nothing was scanned, or that the last scan could not read; STALE for those last scanned long ago.

    datasets: UNKNOWN also for each dataset that the scan left out, whole or some of its fields.
    logs: only sources of logs (True), or all others (False).
    """
    skipped = records(context.frames["skipped"]) if "skipped" in context.frames else []
    known = rows_by(context.datasets, "source")
    for source in context.sources:
        seen = known.get((source.name,), [])
        if (any(d["kind"] == "log" for d in seen) or (not seen and _is_log(source))) != logs:
            continue
        own = [s for s in skipped if s["source"] == source.name]
        mend = f"ropewalk scan --source {source.name}"
        if not seen:
            why = f": {own[0]['reason']}" if own else ""
            yield verdict(context, source.name, Status.UNKNOWN, f"nothing of it was scanned{why}", mend=(own[0]["mend"] if own else "") or mend)
            continue
        if only_chosen(context.frames.get("scans")):
            yield verdict(context, source.name, Status.UNKNOWN, "only chosen sources or datasets were scanned so far", mend="ropewalk scan")
        yield from _aged(context, source.name, seen, mend)
        for skip in own:
            if not skip["path"] and not skip["reason"].endswith(_EMPTY) and (datasets or not skip["dataset"]):
                subject = f"{source.name}/{skip['dataset']}" if skip["dataset"] else source.name
                yield verdict(context, subject, Status.UNKNOWN, f"it was not looked at: {skip['reason']}", mend=skip["mend"] or mend)
        if datasets:
            yield from _shut_fields(context, source.name, own)


def _shut_fields(context: ControlContext, source: str, skipped: list[dict[str, Any]]) -> Iterator[ControlResult]:
    """UNKNOWN for each dataset with fields of which nothing at all was read. Of what was read in part, the field's own verdict says so."""
    shut: dict[tuple[str, str], list[dict[str, Any]]] = {}
    partly = [s for s in skipped if s["path"]]
    read = {(name, path) for name in {s["dataset"] for s in partly} for path in field_paths(context, source, name)}
    for skip in partly:
        if (skip["dataset"], skip["path"]) not in read:
            shut.setdefault((skip["dataset"], skip["reason"]), []).append(skip)
    for (dataset, reason), own in shut.items():
        words = f"{'a field was' if len(own) == 1 else f'{len(own)} fields were'} not looked at: {named([s['path'] for s in own])}: {reason}"
        mend = own[0]["mend"] + (", and so for the others" if own[0]["mend"] and len(own) > 1 else "")
        yield verdict(context, f"{source}/{dataset}", Status.UNKNOWN, words, mend=mend)


def long_ago(context: ControlContext, *names: str) -> Iterator[ControlResult]:
    """STALE for each source whose facts of these names were last asked for long ago; what is read on this machine has no such settings."""
    days, told = float(param(context, "look_days", LOOK_DAYS)), rows_by(context.facts, "source")
    for source in context.sources:
        known = told.get((source.name,), [])
        if any(f["name"] == "transit" and f["value"] == "local" for f in known):
            continue
        newest = max((f["observed_at"] for f in known if f["name"] in names), default=None)
        if newest is not None and newest < context.as_of - timedelta(days=days):
            reason = f"its settings were last asked for on {newest:%Y-%m-%d}, {(context.as_of - newest).days} days ago; the look holds {days:g} days"
            yield verdict(context, source.name, Status.STALE, reason, mend=f"ropewalk scan --source {source.name}")


def log_sources(context: ControlContext) -> list[str]:
    """Sources in which logs were seen, or that are logs by their address."""
    seen = {str(d["source"]) for d in records(context.datasets) if d["kind"] == "log"}
    return sorted(seen | {s.name for s in context.sources if _is_log(s)})


def _is_log(source: Source) -> bool:
    return source.scheme in _LOGS


def no_logs(context: ControlContext) -> Iterator[ControlResult]:
    """UNKNOWN where no source holds logs: that there are none is no proof, for the policy asks for some."""
    if log_sources(context):
        return
    mend = "list your logs in ropewalk.yaml (uri: logs:///var/log/shop, or cloudwatch://…; docs/connectors/logs.md), and scan"
    yield verdict(context, COMPANY, Status.UNKNOWN, "no source of logs is configured, so none was looked at", mend=mend)


def _aged(context: ControlContext, source: str, seen: list[dict[str, Any]], mend: str) -> Iterator[ControlResult]:
    """A clock that was set back (`as_of`) makes nothing stale: what is looked at later is no less known."""
    days = float(param(context, "look_days", LOOK_DAYS))
    times = [d["scanned_at"] for d in seen if d.get("scanned_at") is not None and d["scanned_at"] == d["scanned_at"]]
    old = [at for at in times if at < context.as_of - timedelta(days=days)]
    if old:
        which = "it was" if len(old) == len(seen) else f"{len(old)} of its {len(seen)} datasets were"
        reason = f"{which} last looked at on {min(old):%Y-%m-%d}, {(context.as_of - min(old)).days} days ago; the look holds {days:g} days"
        yield verdict(context, source, Status.STALE, reason, mend=mend)
