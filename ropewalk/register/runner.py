"""Who runs a scan, and whether that process still lives: so that two scans never run at once and a killed one is taken up."""

from __future__ import annotations

import os
import socket
import sys
from datetime import datetime, timedelta
from pathlib import Path

SILENCE = timedelta(minutes=15)
"""After this long without a sign, a scan on another machine counts as dead."""


def this_runner() -> str:
    """`host:pid:start`; the start tells a process from a later one with the same number."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def is_alive(runner: str, heartbeat: datetime, now: datetime) -> bool:
    """A runner on this machine is asked of the system; of another machine only the last sign of life is known."""
    if not runner:
        return False
    host, pid, started = (*runner.split(":"), "", "")[:3]
    if host != socket.gethostname() or sys.platform == "win32" or not pid.isdigit():
        return now - heartbeat < SILENCE
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _started(int(pid)) == started


def _started(pid: int) -> str:
    """The start time of a process as Linux tells it; "" elsewhere and for a process that is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]
