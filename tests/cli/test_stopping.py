"""A scan that is stopped: at once, with words, whole, and ready to go on."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_scan_says_so_and_goes_on(tmp_path: Path, how: signal.Signals) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.csv").write_text("name,mail\nAnn,ann@example.com\n")
    (data / "b.csv").write_text("!slow 3600\nname,mail\nBo,bo@example.com\n")
    (tmp_path / "ropewalk.yaml").write_text(
        f"scanners: [{HERE / 'extensions' / 'scanners'}]\nworkers: 1\ndetection: {{ner: false}}\n"
        f"sources: [{{name: shop, uri: 'folder://{data}', owner: me, purpose: tests}}]\n"
    )
    command = [sys.executable, "-c", "from ropewalk.cli import main; main()", "--config", str(tmp_path), "scan"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as program:
        while program.poll() is None and done(tmp_path) != 1:
            time.sleep(0.1)
        program.send_signal(how)
        _, words = program.communicate()
    assert program.returncode == 3
    assert words.strip().endswith("Stopped. The same command goes on where it was.")
    (data / "b.csv").write_text("name,mail\nBo,bo@example.com\n")
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert "An earlier scan was taken up. Scan complete: 2 of 2 datasets" in " ".join(again.stderr.split())


def done(folder: Path) -> int:
    """Units that have ended, 0 while there is no register."""
    file = folder / ".ropewalk" / "register.db"
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM unit WHERE status = 'done'").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
