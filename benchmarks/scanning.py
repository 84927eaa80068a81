"""One real scan in a process of its own: `python -m benchmarks.scanning URI [--exhaustive] [--warm CSV]`. Prints JSON.

Everything that a user's scan does is in it: listing, facts, drawing, judging, the register. CPU seconds are those of this
process and of the processes it started; a server's own are added where its process id is given.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

SAID = "She asked {} times whether Bob Sample could call her back."
"""With names, e-mails and open words beside it, a note makes a small scan load all that a scan can load: both name models and Presidio."""
TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid: int | None = None) -> float:
    """User and system seconds of this process and its ended children; of a server and its children if `pid` is given."""
    if pid is None:
        return sum(r.ru_utime + r.ru_stime for r in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    ticks, family = 0, {pid}
    for folder in sorted((f for f in Path("/proc").iterdir() if f.name.isdigit()), key=lambda f: int(f.name)):
        try:
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(folder.name) in family or int(words[1]) in family:
            family.add(int(folder.name))
            ticks += sum(int(w) for w in words[11:15] if int(folder.name) == pid) or sum(int(w) for w in words[11:13])
    return ticks / TICK


def peak() -> int:
    """The most memory that this process, or one it started, ever held, in MiB.

    Linux counts what the parent held before a process became this one into its `ru_maxrss`, not into its VmHWM.
    """
    status = Path("/proc/self/status")
    own = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    held = int(own[1]) if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(max(held, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024)


def configured(folder: Path, uri: str, settings: dict[str, Any] | None = None, **source: Any) -> Path:
    """A configuration with one source, in `folder`."""
    file = folder / "ropewalk.yaml"
    one = {"name": "bench", "uri": uri, "owner": "bench", "purpose": "measure", **source}
    file.write_text(yaml.safe_dump({"version": 1, "company": "Bench", "sources": [one], **(settings or {})}))
    return file


def scanned(
    uri: str, settings: dict[str, Any] | None = None, *, exhaustive: bool = False, server: int | None = None, **source: Any
) -> dict[str, Any]:
    """What one scan cost and found. seconds: CPU of the scan; server: CPU of the store's server; wall: by the clock."""
    import ropewalk as rw

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        config = configured(Path(name), uri, settings, **source)
        start, wall, before = cpu(), time.monotonic(), cpu(server) if server else 0.0
        report = rw.scan(config, exhaustive=exhaustive)
        told = {"seconds": round(cpu() - start, 3), "wall": round(time.monotonic() - wall, 3), "peak_mib": peak()}
        if server:
            told["server"] = round(cpu(server) - before, 2)
        told |= {"rows": report.rows, "fields": report.fields, "personal": report.personal, "bytes": report.bytes, "status": report.status}
        return told | {"skipped": [s.reason for s in report.skipped][:3]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("uri")
    parser.add_argument("--exhaustive", action="store_true")
    parser.add_argument("--settings", type=json.loads, default={}, help="further keys of ropewalk.yaml, as JSON")
    parser.add_argument("--source", type=json.loads, default={}, help="further keys of the source, as JSON")
    parser.add_argument("--server", type=int, help="process id of the store's server")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        people = "".join(f"Ann Example {i},ann{i}@example.com,ask for {i},{SAID.format(i)}\n" for i in range(50))
        (Path(name) / "small.csv").write_text("buyer_name,email,words,note\n" + people)
        started = scanned(name)["seconds"]
    print(json.dumps({"start": started, **scanned(given.uri, given.settings, exhaustive=given.exhaustive, server=given.server, **given.source)}))


if __name__ == "__main__":
    main()
