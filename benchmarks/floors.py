"""The floors that the speed must keep, and whether a run kept them: the last table of results.md."""

from __future__ import annotations

from typing import Any

Row = tuple[str, str, bool]
"""What is asked, what was measured, whether it holds."""


def floors(results: list[dict[str, Any]], scans: list[dict[str, Any]]) -> list[str]:
    """Markdown; a floor for which something was not measured is left out."""
    speed = {r["kind"]: r["cells"] / r["seconds"] for r in results if "seconds" in r}
    scanned = {(r["label"], r.get("rows_in_store")): r for r in scans if "error" not in r}
    by_label = {r["label"]: r for r in scanned.values()}
    rows = [*_detection(speed), *_profiles(scanned), *_logs(by_label), *_copy(by_label)]
    if not rows:
        return []
    lines = ["", "## Which floors hold", "", "| floor | measured in this run | holds |", "|---|---|---|"]
    return lines + [f"| {asked} | {measured} | {'yes' if holds else '**no**'} |" for asked, measured, holds in rows]


def _detection(speed: dict[str, float]) -> list[Row]:
    out: list[Row] = []
    if {"ours-patterns", "patterns"} <= speed.keys():
        times = speed["ours-patterns"] / speed["patterns"]
        out.append(("exact patterns ≥ 50 × Presidio's patterns", f"{times:,.0f} ×", times >= 50))
    if {"ours-names", "batch", "analyze"} <= speed.keys():
        batch, one = speed["ours-names"] / speed["batch"], speed["ours-names"] / speed["analyze"]
        asked = "patterns and routed names ≥ 12 × batches of 256 and ≥ 30 × `analyze`"
        out.append((asked, f"{batch:.1f} × and {one:.0f} ×", batch >= 12 and one >= 30))
    return out


def _profiles(scanned: dict[tuple[str, Any], dict[str, Any]]) -> list[Row]:
    profiles = [r for (label, count), r in scanned.items() if label.endswith(", profile") and count]
    if not profiles:
        return []
    seconds, mib = [r["seconds"] for r in profiles], max(r["peak_mib"] for r in profiles)
    out = [
        (
            "profile of a table of 29 columns: ≤ 60 CPU seconds and ≤ 1 GiB",
            f"{min(seconds):.1f} to {max(seconds):.1f} s, at most {mib} MiB",
            max(seconds) <= 60 and mib <= 1024,
        )
    ]
    parquet = [(count, r) for (label, count), r in scanned.items() if label == "Parquet file, profile"]
    if len(parquet) == 2:
        (few, small), (many, big) = parquet
        measured = f"{small['seconds']:.1f} → {big['seconds']:.1f} s, {small['peak_mib']} → {big['peak_mib']} MiB"
        flat = big["seconds"] <= 1.5 * small["seconds"] and big["peak_mib"] <= 1.25 * small["peak_mib"]
        out.append((f"flat from {few:,} to {many:,} rows", measured, flat))
    return out


def _logs(scanned: dict[str, dict[str, Any]]) -> list[Row]:
    out: list[Row] = []
    for label, least in (("JSON log, every line", 20), ("nginx log, every line", 10)):
        if label in scanned:
            speed = scanned[label]["megabytes"] / scanned[label]["seconds"]
            out.append((f"{label}, judging included: ≥ {least} MB/s a core", f"{speed:.1f} MB/s", speed >= least))
    return out


def _copy(scanned: dict[str, dict[str, Any]]) -> list[Row]:
    scan = scanned.get("PostgreSQL table, profile", {})
    copy = scan.get("copies", {}).get("copy_bernoulli")
    if not copy:
        return []
    times = scan["wall"] / copy["wall"]
    asked = f"PostgreSQL, {scan['rows_in_store']:,} rows: ≤ 3 × the time of a plain `COPY` of the sample"
    return [(asked, f"{times:.1f} × ({scan['wall']:.1f} s and {copy['wall']:.1f} s)", times <= 3)]
