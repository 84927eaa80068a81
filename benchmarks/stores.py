"""The whole scan on stores that grow: files, SQLite, DuckDB, logs, PostgreSQL. Each scan runs in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import logs

ROOT = Path(__file__).parent.parent
TIMES = 10
GROUP = 131_072
LOG_MEGABYTES = 200
ALL_BYTES = {"limits": {"object_bytes": 2**34}}


def child(module: str, *arguments: str) -> dict[str, Any]:
    """The JSON that a module prints, or {"error": …}."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return {"error": (done.stderr.strip().splitlines() or ["no output"])[-1][:160]}
    return dict(json.loads(lines[-1]))


def grown(file: Path, folder: Path) -> Path:
    """The table `TIMES` times over, in row groups of the usual size."""
    folder.mkdir(parents=True)
    out = folder / "orders.parquet"
    source = pq.ParquetFile(file)
    with pq.ParquetWriter(out, source.schema_arrow, compression="zstd") as writer:
        for _ in range(TIMES):
            for batch in source.iter_batches(GROUP):
                writer.write_table(pa.Table.from_batches([batch]), row_group_size=GROUP)
    return out


def databases(file: Path, folder: Path) -> tuple[str, str]:
    """URIs of a DuckDB and a SQLite database that hold the file's rows."""
    duck, lite = folder / "orders.duckdb", folder / "orders.sqlite"
    with duckdb.connect(str(duck)) as connection:
        connection.execute(f"CREATE TABLE orders AS SELECT * FROM read_parquet('{file}')")  # noqa: S608
    import sqlite3

    source = pq.ParquetFile(file)
    names = source.schema_arrow.names
    with sqlite3.connect(lite) as database:
        database.execute(f"CREATE TABLE orders ({', '.join(names)})")
        for batch in source.iter_batches(50_000):
            rows = zip(*(c.to_pylist() for c in batch.columns), strict=True)
            database.executemany(f"INSERT INTO orders VALUES ({', '.join('?' * len(names))})", rows)  # noqa: S608
    return f"duckdb:///{duck}", f"sqlite:///{lite}"


def measure(file: Path, folder: Path, lines: Path | None, *, server: bool = True) -> Iterator[dict[str, Any]]:
    """One dict a scan: label, rows of the store, what `scanning` prints; megabytes where bytes are the measure."""
    rows = pq.ParquetFile(file).metadata.num_rows
    big = grown(file, folder / "ten")
    duck, lite = databases(file, folder)
    for label, uri, count in (
        ("Parquet file", str(file), rows), ("Parquet file", str(big), TIMES * rows), ("SQLite table", lite, rows), ("DuckDB table", duck, rows),
    ):  # fmt: skip
        yield {"label": f"{label}, profile", "rows_in_store": count, **child("benchmarks.scanning", uri)}
    (folder / "orders.sqlite").unlink()
    (folder / "orders.duckdb").unlink()
    settings = ["--settings", json.dumps(ALL_BYTES)]
    yield {"label": "Parquet file, every row", "rows_in_store": rows, **child("benchmarks.scanning", str(file), "--exhaustive", *settings)}
    if lines is None:
        lines = folder / "logs"
        logs.write(lines, LOG_MEGABYTES)
    for label, log in (("JSON log", "app"), ("nginx log", "web")):
        size = sum(f.stat().st_size for f in (lines / log).iterdir()) / 1e6
        uri = f"logs://{lines / log}"
        yield {"label": f"{label}, profile", "megabytes": size, **child("benchmarks.scanning", uri, *settings)}
        yield {"label": f"{label}, every line", "megabytes": size, **child("benchmarks.scanning", uri, "--exhaustive", *settings)}
    if server:
        found = child("benchmarks.postgresql", "--rows", str(TIMES * rows), "--table", str(file))
        yield {"label": "PostgreSQL table, profile", "rows_in_store": TIMES * rows, **found.get("scan", found), "copies": found}


def table(found: list[dict[str, Any]]) -> list[str]:
    """Markdown: one line a scan, and the yardsticks of PostgreSQL."""
    out = [
        "| scan | of | rows read | CPU s | MB per CPU s | peak MiB | personal fields |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for r in found:
        if "error" in r:
            out.append(f"| {r['label']} | not measured: {r['error']} | | | | | |")
            continue
        megabytes = r.get("megabytes")
        of = f"{megabytes:,.0f} MB" if megabytes else f"{r['rows_in_store']:,} rows"
        whole = f"{megabytes / r['seconds']:,.1f}" if megabytes and "every" in r["label"] else ""
        seconds = f"{r['seconds']:,.1f}" + (f" + {r['server']:,.1f} in the server" if r.get("server") else "")
        out.append(f"| {r['label']} | {of} | {r['rows']:,} | {seconds} | {whole} | {r['peak_mib']:,} | {r['personal']} of {r['fields']} |")
    starts = [r["start"] for r in found if "start" in r]
    if starts:
        out += ["", f"Loading the rules and models, and a first small scan, took {min(starts):.1f} to {max(starts):.1f} CPU seconds before each."]
    for r in found:
        copies = r.get("copies", {})
        if "copy_bernoulli" in copies:
            spent = r["seconds"] + r["server"]
            one, every = (copies[k]["seconds"] + copies[k]["server"] for k in ("copy_bernoulli", "copy_all"))
            out += [
                "", f"{copies['version']}, {copies['bytes'] / 1e9:.1f} GB: the scan took {spent:.1f} CPU seconds (client and server) and "
                f"{r['wall']:.1f} s by the clock; `COPY` of as many rows by Bernoulli {one:.1f} and {copies['copy_bernoulli']['wall']:.1f} s "
                f"(the scan: {spent / one:.1f} × its CPU, {r['wall'] / copies['copy_bernoulli']['wall']:.1f} × its time); `COPY` of the whole table "
                f"{every:.1f} and {copies['copy_all']['wall']:.1f} s (the scan: {spent / every:.2f} × its CPU).",
            ]  # fmt: skip
    return out
