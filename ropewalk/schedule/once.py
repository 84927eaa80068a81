"""One turn for another scheduler (cron, Kubernetes, …): as the only runner, kept in the history of runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ropewalk.errors import MissingExtraError, RegisterError, RopewalkError
from ropewalk.register.duties import LeaseError
from ropewalk.schedule.due import LEASE, note_missed

if TYPE_CHECKING:
    from ropewalk.config import Config
    from ropewalk.register import Register

BEAT = 60
"""Seconds between signs of life."""
WORDS = {2: "the configuration or the register is wrong", 3: "incomplete: something could not be read"}
Keep = Callable[[str, Callable[[], int]], int]


@contextmanager
def only_runner(config: Config, register: Register, job: str) -> Iterator[Keep]:
    """Yields what runs a job and keeps it in the history. While another runner lives: LeaseError, and `job` is kept as overlapped."""
    duties, now = register.duties, datetime.now(UTC)
    try:
        duties.take_lease(LEASE)
    except LeaseError:
        duties.note_run(job, now, "overlapped", "another run was at it")
        raise
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=(register, over), daemon=True, name="beat")
    try:
        duties.bury_runs()
        with suppress(MissingExtraError):
            note_missed(config, register, now)
        beat.start()
        yield lambda job, does: keep(register, job, None, does) or 0
    finally:
        over.set()
        duties.drop_lease(LEASE)


def _beat(register: Register, over: threading.Event) -> None:
    """A long scan is not taken for dead by a runner on another machine."""
    while not over.wait(BEAT):
        with suppress(RegisterError):
            register.duties.renew_lease(LEASE)


def keep(register: Register, job: str, due_at: datetime | None, does: Callable[[], int | None]) -> int | None:
    """Runs a job, keeps its begin and its end with the exit code, and returns that."""
    run_id, code = register.duties.begin_run(job, due_at), None
    try:
        code = does()
    except RopewalkError as error:
        code = error.exit_code
        raise
    finally:
        fine = code in {0, 1}
        words = "" if fine else "it was stopped, or the program failed" if code is None else WORDS.get(code, "its process ended by itself")
        register.duties.end_run(run_id, "done" if fine else "failed", code, words)
    return code
