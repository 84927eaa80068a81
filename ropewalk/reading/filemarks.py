"""A mark of a file that changes whenever its bytes do, without reading them.

Size and times of change, to the nanosecond. The time of the inode counts too: no program can set it back, so a file that was replaced
by one of the same size and date is seen. A file changed a moment ago may be changed again within one tick of the file system's clock:
it gets no mark, and is read again at the next scan.
"""

from __future__ import annotations

import os
import time

TICK, WHOLE = 50_000_000, 2_000_000_000
"""Nanoseconds within which two changes may bear one time: on most file systems, and on those that count whole seconds."""


def file_mark(info: os.stat_result, now: int | None = None) -> str:
    """`""` where no mark can be trusted. now: nanoseconds since 1970."""
    now = time.time_ns() if now is None else now
    changed = info.st_ctime_ns if os.name == "posix" else info.st_mtime_ns  # elsewhere it is the time of creation
    tick = TICK if changed % 1_000_000_000 else WHOLE
    return "" if now - changed < tick else f"{info.st_size}:{info.st_mtime_ns}:{info.st_ctime_ns}"
