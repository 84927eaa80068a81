"""A job lives no longer than the runner that started it: its standard input is a pipe that only the runner holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

START = "from ropewalk.schedule.leash import hold; hold(); from ropewalk.cli import main; main()"


def start(job: str, config: Path) -> subprocess.Popen[bytes]:
    """`ropewalk scan` or `ropewalk check` as a process of its own; what it prints as data is dropped, its words go to stderr."""
    words = [sys.executable, "-c", START, "--config", str(config), job]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def hold() -> None:
    """Ends this process when standard input does: also after `kill -9` of the runner. The scan is taken up by the next one."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="leash").start()
