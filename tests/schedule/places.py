"""A place with a schedule whose scan takes as long as a test likes: its connector waits for a file, or fails."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import ropewalk as rw
from ropewalk.cli import main
from ropewalk.config import Config
from ropewalk.register import Register, open_register
from ropewalk.register.schema import run

CONNECTOR = '''
import os, time
from pathlib import Path

class Waiting:
    """Tells who it is, and waits until the file `go` is there."""
    schemes = ("waiting",)

    def __init__(self, source, limits):
        self.folder = Path(source.uri.removeprefix("waiting://"))

    def test(self): yield from ()

    def datasets(self):
        (self.folder / "pid").write_text(str(os.getpid()))
        while not (self.folder / "go").exists():
            time.sleep(0.02)
        yield from ()

    def samples(self, dataset, *, rows, fields=None, turn=0): yield from ()
    def facts(self, as_of): yield from ()
    def table(self, dataset, paths): raise NotImplementedError
    def least_privilege(self): return ""
    def close(self): pass
'''


class Place:
    def __init__(self, folder: Path, schedule: str = 'scan: "0 0 1 1 *"', more: str = "") -> None:
        self.folder = folder
        (folder / "own").mkdir()
        (folder / "own" / "waiting.py").write_text(CONNECTOR)
        source = f"{{name: shop, uri: 'waiting://{folder}', owner: o, purpose: p}}"
        (folder / "ropewalk.yaml").write_text(
            f"version: 1\nworkers: 1\nscanners: [own]\nsources: [{source}]\nschedule: {{{schedule}}}\n{more}", encoding="utf-8"
        )

    @property
    def config(self) -> Config:
        return rw.load_config(self.folder)

    def register(self) -> Register:
        return open_register(self.config)

    def go(self) -> None:
        (self.folder / "go").touch()

    def ran(self, job: str, ago: timedelta) -> None:
        """As if a run had ended so long ago."""
        with self.register() as register:
            run_id, at = register.duties.begin_run(job, None), datetime.now(UTC) - ago
            register.duties.end_run(run_id, "done", 0)
            with sa.create_engine(f"sqlite:///{self.folder}/.ropewalk/register.db").begin() as connection:
                connection.execute(sa.update(run).where(run.c.run_id == run_id).values(started_at=at, finished_at=at))

    def runs(self) -> list[tuple[str, str]]:
        with self.register() as register:
            frame = register.frame("runs")
        return list(zip(frame["job"], frame["status"], strict=True))

    def alarms(self) -> list[str]:
        with self.register() as register:
            return list(register.frame("alarms")["title"])

    def start(self, code: str = "from ropewalk.cli import main; main()", *words: str) -> subprocess.Popen[str]:
        """`ropewalk schedule run` as a process of its own."""
        given = [sys.executable, "-c", code, *(words or ("schedule", "run", "--config", str(self.folder)))]
        return subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def scanner(self) -> int:
        """The process that scans, once it does."""
        file = self.folder / "pid"
        until(lambda: file.exists() and file.read_text() != "")
        return int(file.read_text())


def until(true: Callable[[], Any], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """A zombie is dead."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def command(*words: str) -> int:
    try:
        main(list(words))
    except SystemExit as end:
        return int(end.code or 0)
    return 0
