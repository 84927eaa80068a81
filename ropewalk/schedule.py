"""The schedule: scans and checks when they are due, by one runner; what was missed or overlapped is kept and told.

Each job is a process of its own (`ropewalk scan`, `ropewalk check`): one that is killed takes nothing with it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ropewalk.errors import ConfigError, MissingExtraError, RopewalkError
from ropewalk.register.duties import LeaseError

if TYPE_CHECKING:
    from ropewalk.config import Config
    from ropewalk.register import Register

__all__ = ["LeaseError", "Runner", "jobs", "next_due", "note_missed", "one_run"]

LEASE = "runner"
BEAT = 60
"""Seconds between signs of life."""
MOST = 50
"""Missed runs noted at once."""
WORDS = {2: "the configuration or the register is wrong", 3: "incomplete: something could not be read"}
Say = Callable[[str], None]


def jobs(config: Config) -> dict[str, str]:
    """job -> cron line, of those that the configuration schedules."""
    given = {"scan": config.settings.schedule.scan, "check": config.settings.schedule.check}
    return {job: line for job, line in given.items() if line}


def trigger(config: Config, job: str) -> Any:
    """APScheduler's trigger of a job. Raises MissingExtraError, ConfigError."""
    try:
        from apscheduler.triggers.cron import CronTrigger
    except ModuleNotFoundError:
        raise MissingExtraError("the schedule needs APScheduler", extra="schedule", where="schedule") from None
    line = jobs(config)[job]
    try:
        return CronTrigger.from_crontab(line, timezone=config.settings.schedule.timezone)
    except ValueError:
        mend = 'write minute hour day month weekday, as "0 6 * * *"'
        raise ConfigError(f"not a cron line: {line}", where=f"{config.path}: schedule.{job}", mend=mend) from None


def next_due(config: Config, job: str, after: datetime) -> datetime | None:
    """When a job is due next, in UTC."""
    found = trigger(config, job).get_next_fire_time(after, after)
    return None if found is None else found.astimezone(UTC)


def due_between(config: Config, job: str, after: datetime, upto: datetime) -> list[datetime]:
    """When a job was due in (after, upto], the last ones first dropped beyond MOST."""
    out: list[datetime] = []
    while (at := next_due(config, job, out[-1] if out else after)) is not None and at <= upto:
        out.append(at)
        if len(out) > 10_000:
            break
    return out[-MOST:]


def note_missed(config: Config, register: Register, now: datetime) -> int:
    """Keeps the runs that were due, did not happen and are past their grace; returns how many are new. A first run is never missed."""
    grace, noted = timedelta(minutes=config.settings.schedule.grace), 0
    for job in jobs(config):
        last = register.duties.last_run(job)
        for at in due_between(config, job, last, now - grace) if last else ():
            noted += register.duties.note_run(job, at, "missed", "nothing ran when it was due")
    return noted


@contextmanager
def one_run(config: Config, register: Register, job: str) -> Iterator[Callable[[int], None]]:
    """One run by another scheduler (cron, Kubernetes, …), as the only runner: yields what takes the exit code. Raises LeaseError."""
    duties, now = register.duties, datetime.now(UTC)
    duties.take_lease(LEASE)
    try:
        duties.bury_runs()
        with suppress(MissingExtraError):
            note_missed(config, register, now)
        run_id = duties.begin_run(job, None)
        codes: list[int] = []
        try:
            yield codes.append
        finally:
            _end(register, run_id, codes[-1] if codes else None)
    finally:
        duties.drop_lease(LEASE)


def _end(register: Register, run_id: str, code: int | None) -> None:
    fine = code in {0, 1}
    words = "" if fine else "it was stopped, or the program failed" if code is None else WORDS.get(code, "its process ended by itself")
    register.duties.end_run(run_id, "done" if fine else "failed", code, words)


class Runner:
    """Runs what is due until it is stopped. `run` blocks; SIGTERM and Ctrl-C end it, and the job that runs."""

    def __init__(self, config: Config, register: Register, say: Say) -> None:
        self._config, self._register, self._say = config, register, say
        self._child: subprocess.Popen[bytes] | None = None
        self._scheduler: Any = None
        self._lost = False

    def run(self) -> None:
        """Raises LeaseError while another runner lives, ConfigError, MissingExtraError."""
        due = {job: trigger(self._config, job) for job in jobs(self._config)}
        if not due:
            raise ConfigError(
                "nothing is scheduled", where=str(self._config.path), mend="set schedule.scan and schedule.check (docs/tasks/schedule.md)"
            )
        self._register.duties.take_lease(LEASE)
        try:
            self._register.duties.bury_runs()
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
            self._say(f"{job}: {jobs(self._config)[job]} ({self._config.settings.schedule.timezone}), next {first:%Y-%m-%d %H:%M} UTC")
        scheduler.add_job(self._beat, "interval", seconds=BEAT, id="beat", executor="beat", misfire_grace_time=None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        scheduler.start()

    def _still_due(self, job: str) -> datetime | None:
        """The last time it was due while nobody ran, within the grace."""
        last = self._register.duties.last_run(job)
        found = due_between(self._config, job, last, _now()) if last else []
        return found[-1] if found else None

    def _stop(self) -> None:
        child, scheduler = self._child, self._scheduler
        if scheduler is not None and scheduler.running:
            scheduler.shutdown(wait=False)
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()

    def _job(self, job: str) -> None:
        """In the pool's one thread: a check that is due during a scan waits for its end."""
        last = self._register.duties.last_run(job)
        found = due_between(self._config, job, last or _now() - timedelta(days=1), _now())
        run_id = self._register.duties.begin_run(job, found[-1] if found else None)
        code: int | None = None
        try:
            code = self._process(job)
        finally:
            _end(self._register, run_id, code)
        self._say(f"{job}: exit code {code}")
        self._alarm()

    def _process(self, job: str) -> int:
        words = [sys.executable, "-c", "from ropewalk.cli import main; main()", "--config", str(self._config.path), job]
        self._child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            return self._child.wait()
        finally:
            self._child = None

    def _alarm(self) -> None:
        """Alarms never stop the schedule."""
        from ropewalk.alarms import raise_alarms, told

        try:
            for line in told(raise_alarms(self._config, self._register).deliveries):
                self._say(line)
        except RopewalkError as error:
            self._say(f"alarms: {error.what}")
        except Exception as error:  # its text may quote a value
            self._say(f"alarms: an unexpected {type(error).__name__}")

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
            self._say(f"{job}: {status}")

    def _note_missed(self) -> None:
        if noted := note_missed(self._config, self._register, _now()):
            self._say(f"{noted} runs were missed: ropewalk schedule history")
            self._alarm()

    def _beat(self) -> None:
        """A sign of life, and a look for what was missed while the machine slept."""
        try:
            if self._register.duties.renew_lease(LEASE):
                self._note_missed()
                return
        except RopewalkError as error:
            self._say(f"no sign of life could be left: {error.what}")
            return
        self._lost = True
        self._stop()


def _now() -> datetime:
    return datetime.now(UTC)
