"""When a job is due: the cron lines of the configuration, and the runs that were due and did not happen."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ropewalk.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from ropewalk.config import Config
    from ropewalk.register import Register

LEASE = "runner"
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY = f"[0-7]|{'|'.join(DAYS)}"
_SPAN = re.compile(rf"(?P<first>\*|{_DAY})(-(?P<last>{_DAY}))?(/(?P<step>[1-7]))?")
MOST = 50
"""Missed runs noted at once."""


def jobs(config: Config) -> dict[str, str]:
    """job -> cron line, of those that the configuration schedules."""
    given = {"scan": config.settings.schedule.scan, "check": config.settings.schedule.check}
    return {job: line for job, line in given.items() if line}


def trigger(config: Config, job: str) -> Any:
    """APScheduler's trigger of a job, with the meaning of cron. Raises MissingExtraError, ConfigError."""
    try:
        from apscheduler.triggers.combining import OrTrigger
        from apscheduler.triggers.cron import CronTrigger
    except ModuleNotFoundError:
        raise MissingExtraError("the schedule needs APScheduler", extra="schedule", where="schedule") from None
    line = jobs(config)[job]
    minute, hour, day, month, weekday = line.split()
    zone = config.settings.schedule.timezone
    try:
        names = weekdays(weekday)
        either = [(day, "*"), ("*", names)] if day[0] != "*" and weekday[0] != "*" else [(day, names)]  # with both, cron takes either
        made: Any = [CronTrigger(minute=minute, hour=hour, day=d, month=month.lower(), day_of_week=w, timezone=zone) for d, w in either]
        return made[0] if len(made) == 1 else OrTrigger(made)
    except ValueError:
        mend = 'write minute hour day month weekday, as "0 6 * * *"'
        raise ConfigError(f"not a cron line: {line}", where=f"{config.path}: schedule.{job}", mend=mend) from None


def weekdays(written: str) -> str:
    """Days of the week by name: cron counts from Sunday (0 or 7), APScheduler from Monday. Raises ValueError."""
    days: set[int] = set()
    for part in written.lower().split(","):
        found = _SPAN.fullmatch(part)
        if not found:
            raise ValueError(f"not a day of the week: {part}")
        first, last, step = found["first"], found["last"], found["step"]
        start = 0 if first == "*" else _weekday(first)
        end = _weekday(last) if last else 6 if first == "*" or step else start
        if end < start or (first == "*" and last):
            raise ValueError(f"not a day of the week: {part}")
        days.update(d % 7 for d in range(start, end + 1, int(step or 1)))
    return "*" if len(days) == 7 else ",".join(DAYS[d] for d in sorted(days))


def _weekday(word: str) -> int:
    return DAYS.index(word) if word in DAYS else int(word)


def next_due(config: Config, job: str, after: datetime) -> datetime | None:
    """When a job is due next, in UTC."""
    return _next(trigger(config, job), after)


def _next(due: Any, after: datetime) -> datetime | None:
    found = due.get_next_fire_time(after, after)
    return None if found is None else found.astimezone(UTC)


def due_between(config: Config, job: str, after: datetime, upto: datetime) -> list[datetime]:
    """When a job was due in (after, upto], in UTC, oldest first; at most the last MOST of them."""
    due = trigger(config, job)
    out: list[datetime] = []
    while (at := _next(due, out[-1] if out else after)) is not None and at <= upto:
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
