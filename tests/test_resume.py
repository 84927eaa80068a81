"""kill -9 at any moment loses nothing and doubles nothing: a scan is killed at random moments until it gets through.

ROPEWALK_KILLS says how many times in all (30 if it is not set): two thirds alone, the rest with a pool of workers.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ropewalk.config import load
from ropewalk.evidence import verify
from ropewalk.register import open_register

HERE = Path(__file__).parent
KILLS = int(os.environ.get("ROPEWALK_KILLS", "30"))
COLUMNS = [
    "field", "entity", "category", "strength", "confidence", "matched", "sampled", "rows", "bound", "method", "explanation", "fingerprint",
    "observed_at", "rules_version",
]  # fmt: skip
PROGRAM = """
import sys
if __name__ == "__main__":
    import ropewalk as rw
    from quick_judge import quick
    print("ready", flush=True)
    report = rw.scan(sys.argv[1], judge=quick)
    print(report.status, report.resumed, flush=True)
"""


def shop(folder: Path, workers: int) -> Path:
    """Forty slow datasets and one that is left out; the clock stands still, so that two runs can be compared."""
    data = folder / "data"
    data.mkdir(parents=True)
    for i in range(40):
        rows = "\n".join(f"n{j},u{j}@example.com" for j in range(20))
        (data / f"t{i:02}.csv").write_text(f"!slow 0.03\nname,mail\n{rows}\n")
    (data / "denied.csv").write_text("!denied\na\n1\n")
    (folder / "ropewalk.yaml").write_text(
        f"scanners: [{HERE / 'extensions' / 'scanners'}]\nworkers: {workers}\nas_of: 2026-03-01\n"
        f"sources: [{{name: shop, uri: 'folder://{data}', owner: me, purpose: tests}}]\n"
    )
    (folder / "program.py").write_text(PROGRAM)
    return folder


def start(folder: Path) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    program = subprocess.Popen([sys.executable, folder / "program.py", folder], stdout=subprocess.PIPE, text=True, env=env)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program


def outcome(folder: Path) -> dict[str, list[str]]:
    with open_register(load(folder)) as register:
        fields, facts, skipped = register.frame("fields"), register.frame("facts"), register.frame("skipped")
        units = register.frame("units")
        return {
            "fields": sorted(map(str, fields[COLUMNS].to_numpy().tolist())),
            "history": sorted(register.frame("observations")["field"]),
            "facts": sorted(map(str, facts[["subject", "name", "value"]].to_numpy().tolist())),
            "skipped": sorted(map(str, skipped[["dataset", "reason", "mend"]].to_numpy().tolist())),
            "units": sorted(map(str, units[["dataset", "status", "rows", "bytes"]].to_numpy().tolist())),
            "scans": register.frame("scans")[["status", "units", "units_done", "rows", "bytes"]].to_numpy().tolist(),
        }


@pytest.mark.slow
@pytest.mark.timeout(120 + 30 * KILLS)
@pytest.mark.parametrize(("workers", "kills"), [(1, KILLS - KILLS // 3), (2, KILLS // 3)])
def test_kill_at_any_moment_loses_and_doubles_nothing(tmp_path: Path, workers: int, kills: int) -> None:
    calm = shop(tmp_path / "calm", workers)
    with start(calm) as program:
        assert program.communicate()[0] == "incomplete False\n", "one dataset may not be read"
    rough = shop(tmp_path / "rough", workers)
    rng = random.Random(workers)
    killed = 0
    for _ in range(kills):
        with start(rough) as program:
            time.sleep(rng.uniform(0, 1.2))
            program.send_signal(signal.SIGKILL)
            killed += program.wait() == -signal.SIGKILL
        register = rough / ".ropewalk" / "register.db"
        if register.exists() and register.stat().st_size:
            with sqlite3.connect(register) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert killed
    with start(rough) as program:
        assert program.communicate()[0].startswith("incomplete")
    with open_register(load(rough)) as opened:
        assert verify(opened).ok
        assert opened.open_scan() is None
        scans = len(opened.frame("scans"))
    if scans == 1:
        assert outcome(rough) == {**outcome(calm)}
    else:  # a run got through before it was killed, and the next one carried over what it found
        assert outcome(rough)["fields"] == outcome(calm)["fields"]
        assert outcome(rough)["history"] == outcome(calm)["history"]


def test_the_workers_of_a_killed_scan_end_too(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", 2)
    with start(folder) as program:
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
        deadline = time.monotonic() + 30
        workers: list[int] = []
        while time.monotonic() < deadline and len(workers) < 2:
            workers = [int(p) for p in children.read_text().split() if "spawn_main" in Path(f"/proc/{p}/cmdline").read_text()]
            time.sleep(0.02)
        program.send_signal(signal.SIGKILL)
    assert workers
    while time.monotonic() < deadline and any(alive(p) for p in workers):
        time.sleep(0.05)
    assert not any(alive(p) for p in workers)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False
