"""The runner: scans and checks when they are due, alone, until it is stopped. Each job is a process of its own."""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ropewalk.errors import ConfigError, RopewalkError
from ropewalk.register.duties import LeaseError
from ropewalk.schedule import leash
from ropewalk.schedule.due import LEASE, due_between, jobs, next_due, note_missed, trigger
from ropewalk.schedule.once import BEAT, keep

if TYPE_CHECKING:
    from ropewalk.config import Config
    from ropewalk.register import Register

AGAIN = 600
"""Seconds until a channel that took no alarm is tried again."""
PATIENCE = 30
"""Seconds a job has to end when the runner stops; then it is killed."""
Say = Callable[[str], None]


class Runner:
    """Runs what is due until it is stopped. `run` blocks; SIGTERM and Ctrl-C end it, and the job that runs."""

    def __init__(self, config: Config, register: Register, say: Say, *, beat: float = BEAT, again: float = AGAIN) -> None:
        self._config, self._register, self._say = config, register, say
        self._beats = {"beat": (self._beat, beat), "again": (self._deliver, again)}
        self._child: subprocess.Popen[bytes] | None = None
        self._scheduler: Any = None
        self._lost = self._stopping = self._untold = False
        self._telling = threading.Lock()

    def run(self) -> None:
        """Raises LeaseError while another runner lives, ConfigError, MissingExtraError."""
        due = {job: trigger(self._config, job) for job in jobs(self._config)}
        if not due:
            raise ConfigError(
                "nothing is scheduled", where=str(self._config.path), mend="set schedule.scan and schedule.check (docs/tasks/schedule.md)"
            )
        self._register.duties.take_lease(LEASE)
        try:
            self._bury()
            self._start(due)
        finally:
            self._stop()
            self._register.duties.drop_lease(LEASE)
        if self._lost:
            raise LeaseError(
                "another runner took over", where=self._register.where, mend="this machine slept or was cut off; start it again if needed"
            )

    def _start(self, due: dict[str, Any]) -> None:
        from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.blocking import BlockingScheduler

        grace = self._config.settings.schedule.grace * 60
        common = {"coalesce": True, "max_instances": 1, "misfire_grace_time": grace}
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what it left out is told in our words
        made: Any = BlockingScheduler
        pool: Any = ThreadPoolExecutor
        self._scheduler = scheduler = made(timezone=UTC, executors={"default": pool(1), "beat": pool(1)}, job_defaults=common)
        scheduler.add_listener(lambda event: self._left_out(event, "overlapped"), EVENT_JOB_MAX_INSTANCES)
        scheduler.add_listener(lambda event: self._left_out(event, "missed"), EVENT_JOB_MISSED)
        self._note_missed()
        for job, when in due.items():
            at_once = self._still_due(job)
            more = {"next_run_time": at_once} if at_once else {}
            scheduler.add_job(self._job, when, args=[job], id=f"{list(due).index(job)}-{job}", name=job, **more)
            first = at_once or next_due(self._config, job, _now())
            told = f"next {first:%Y-%m-%d %H:%M} UTC" if first else "never due"
            self._say(f"{job}: {jobs(self._config)[job]} ({self._config.settings.schedule.timezone}), {told}")
        for name, (does, seconds) in self._beats.items():
            scheduler.add_job(does, "interval", seconds=seconds, id=name, executor="beat", misfire_grace_time=None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        scheduler.start()

    def _still_due(self, job: str) -> datetime | None:
        """The last time it was due while nobody ran, within the grace."""
        last = self._register.duties.last_run(job)
        found = due_between(self._config, job, last, _now()) if last else []
        return found[-1] if found else None

    def _stop(self) -> None:
        self._stopping = True
        child, scheduler = self._child, self._scheduler
        if scheduler is not None and scheduler.running:
            scheduler.shutdown(wait=False)
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()

    def _job(self, job: str) -> None:
        """In the pool's one thread: a check that is due during a scan waits for its end."""
        if self._stopping:
            return
        try:
            last = self._register.duties.last_run(job)
            found = due_between(self._config, job, last or _now() - timedelta(days=1), _now())
            code = keep(self._register, job, found[-1] if found else None, lambda: self._process(job))
        except Exception as error:
            self._say(f"{job}: {_told(error)}")
            return
        if self._stopping:
            self._say(f"{job}: stopped")
            return
        self._say(f"{job}: exit code {code}")
        self._alarm()

    def _process(self, job: str) -> int | None:
        """The exit code; None where the runner was stopped meanwhile."""
        self._child = leash.start(job, self._config.path)
        try:
            code = self._child.wait()
            return None if self._stopping else code
        finally:
            self._child = None

    def _alarm(self) -> None:
        """Alarms never stop the schedule."""
        from ropewalk.alarms import raise_alarms, told

        self._untold = False
        try:
            with self._telling:
                deliveries = raise_alarms(self._config, self._register).deliveries
            self._tell(told(deliveries))
        except Exception as error:
            self._say(f"alarms: {_told(error)}")

    def _deliver(self) -> None:
        """A channel that was down gets what it missed."""
        from ropewalk.alarms import deliver_owed, told

        try:
            with self._telling:
                deliveries = deliver_owed(self._config, self._register, _now())
            self._tell(told(deliveries))
        except Exception as error:
            self._say(f"alarms: {_told(error)}")

    def _tell(self, lines: list[str]) -> None:
        for line in lines:
            self._say(line)

    def _left_out(self, event: Any, status: str) -> None:
        """APScheduler tells of a run that it did not start."""
        job = event.job_id.partition("-")[2]  # numbered, so that a scan that is due with a check goes first
        if job not in jobs(self._config):
            return
        times = getattr(event, "scheduled_run_times", None) or [event.scheduled_run_time]
        words = "the run before was not done" if status == "overlapped" else "it could not start in time"
        try:
            new = [self._register.duties.note_run(job, at.astimezone(UTC), status, words) for at in times]
        except RopewalkError as error:
            self._say(f"{job} {status}; it could not be kept: {error.what}")
            return
        if any(new):
            self._untold = True
            self._say(f"{job}: {status}")

    def _bury(self) -> None:
        if lost := self._register.duties.bury_runs():
            self._say(f"{_counted(lost)} had no end: the process was killed. See: ropewalk schedule history")

    def _note_missed(self) -> None:
        if noted := note_missed(self._config, self._register, _now()):
            self._say(f"{_counted(noted)} missed. See: ropewalk schedule history")
            self._alarm()

    def _beat(self) -> None:
        """A sign of life, and a look for what was missed while the machine slept."""
        try:
            if self._register.duties.renew_lease(LEASE):
                self._note_missed()
                if self._untold:  # not at the end of the job: one that hangs has none
                    self._alarm()
                return
        except Exception as error:
            self._say(f"no sign of life could be left: {_told(error)}")
            return
        self._lost = True
        self._stop()


def _told(error: Exception) -> str:
    """The text of an error that is not ours may quote a value."""
    return error.what if isinstance(error, RopewalkError) else f"an unexpected {type(error).__name__}"


def _counted(runs: int) -> str:
    return f"{runs} run{'' if runs == 1 else 's'}"


def _now() -> datetime:
    return datetime.now(UTC)
