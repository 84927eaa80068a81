"""The part of a register for standing duties: the lease of the runner, the history of runs, alarms and their delivery, canaries."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ropewalk.errors import RegisterError
from ropewalk.register.opening import alone
from ropewalk.register.runner import is_alive, this_runner
from ropewalk.register.schema import alarm, canary, delivery, lease, run

PATIENCE = timedelta(days=7)
"""An alarm that a channel did not take is tried again with each run, so long."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An alarm that a channel still owes."""

    seq: int
    record: dict[str, Any]
    at: datetime


class LeaseError(RegisterError):
    """Somebody else is the runner."""


class Duties:
    """`write` and `read` give connections; `now` is the wall clock."""

    def __init__(
        self,
        write: Callable[[], AbstractContextManager[sa.Connection]],
        read: Callable[[], AbstractContextManager[sa.Connection]],
        now: Callable[[], datetime],
        where: str,
    ) -> None:
        self._write, self._read, self._now, self._where = write, read, now, where

    # The one runner

    def take_lease(self, name: str) -> None:
        """Makes this process the holder. Raises LeaseError while another one lives; the lease of a dead one has expired."""
        now = self._now()
        with self._write() as connection:
            alone(connection, "lease")
            held = connection.execute(sa.select(lease).where(lease.c.name == name)).first()
            if held is not None and held.runner != this_runner() and is_alive(held.runner, held.renewed_at, now):
                raise LeaseError(
                    f"another runner has it since {held.taken_at:%Y-%m-%d %H:%M} UTC ({held.runner.rpartition(':')[0]})",
                    where=self._where,
                    mend="one runner is enough: stop that process, or leave the work to it",
                )
            connection.execute(sa.delete(lease).where(lease.c.name == name))
            connection.execute(sa.insert(lease).values(name=name, runner=this_runner(), taken_at=now, renewed_at=now))

    def holder(self, name: str) -> str:
        """Who holds the lease, as `host:pid`; "" where nobody alive does."""
        with self._read() as connection:
            held = connection.execute(sa.select(lease).where(lease.c.name == name)).first()
        return held.runner.rpartition(":")[0] if held is not None and is_alive(held.runner, held.renewed_at, self._now()) else ""

    def renew_lease(self, name: str) -> bool:
        """A sign of life; False where somebody else took the lease meanwhile."""
        with self._write() as connection:
            mine = (lease.c.name == name) & (lease.c.runner == this_runner())
            return connection.execute(sa.update(lease).where(mine).values(renewed_at=self._now())).rowcount == 1

    def drop_lease(self, name: str) -> None:
        with self._write() as connection:
            connection.execute(sa.delete(lease).where(lease.c.name == name, lease.c.runner == this_runner()))

    # Runs

    def begin_run(self, job: str, due_at: datetime | None) -> str:
        now = self._now()
        run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        row = {"run_id": run_id, "job": job, "due_at": due_at, "started_at": now, "status": "running", "detail": "", "runner": this_runner()}
        with self._write() as connection:
            connection.execute(sa.insert(run).values(row))
        return run_id

    def end_run(self, run_id: str, status: str, exit_code: int | None, detail: str = "") -> None:
        """status: done or failed."""
        with self._write() as connection:
            end = {"status": status, "exit_code": exit_code, "detail": detail, "finished_at": self._now()}
            connection.execute(sa.update(run).where(run.c.run_id == run_id).values(end))

    def note_run(self, job: str, due_at: datetime, status: str, detail: str) -> bool:
        """A run that did not happen: missed or overlapped. False where that is known already."""
        now = self._now()
        with self._write() as connection:
            alone(connection, "run")
            same = (run.c.job == job) & (run.c.due_at == due_at)
            if connection.execute(sa.select(run.c.seq).where(same).limit(1)).first() is not None:
                return False
            row = {"run_id": f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", "job": job, "due_at": due_at, "started_at": now, "finished_at": now}
            connection.execute(sa.insert(run).values({**row, "status": status, "detail": detail, "runner": ""}))
        return True

    def bury_runs(self) -> int:
        """Whoever has just taken the lease is the only runner: runs of others without an end are lost. Returns how many."""
        dead = (run.c.status == "running") & (run.c.runner != this_runner())
        end = {"status": "lost", "finished_at": self._now(), "detail": "its process died before the end"}
        with self._write() as connection:
            return connection.execute(sa.update(run).where(dead).values(end)).rowcount

    def last_run(self, job: str) -> datetime | None:
        """When the newest run of a job was due, or began where it was not due; missed ones count too, lost ones are due again."""
        moment = sa.func.max(sa.func.coalesce(run.c.due_at, run.c.started_at), type_=run.c.started_at.type)
        newest = sa.select(moment).where(run.c.job == job, run.c.status != "lost")
        with self._read() as connection:
            found: datetime | None = connection.execute(newest).scalar()
        return found

    # Alarms

    def said(self) -> dict[str, str]:
        """key -> the state that was last said of it; "" where it has ended."""
        last = sa.select(sa.func.max(alarm.c.seq)).group_by(alarm.c.key)
        with self._read() as connection:
            return {r.key: r.state for r in connection.execute(sa.select(alarm.c.key, alarm.c.state).where(alarm.c.seq.in_(last)))}

    def record_alarms(self, alarms: Iterable[tuple[str, str, dict[str, Any], Sequence[str]]]) -> int:
        """(key, state, record, channels): in one transaction; what is said already in this state is left out. Returns how many are new."""
        now, new = self._now(), 0
        with self._write() as connection:
            alone(connection, "alarm")
            for key, state, record, channels in alarms:
                last = connection.execute(sa.select(alarm.c.state).where(alarm.c.key == key).order_by(alarm.c.seq.desc()).limit(1)).scalar()
                if last == state or (last is None and not state):
                    continue
                made = connection.execute(sa.insert(alarm).values(key=key, state=state, at=now, record=record)).inserted_primary_key
                owed = [{"alarm_seq": made[0], "channel": c, "status": "pending", "attempts": 0, "at": now, "error": ""} for c in channels if made]
                if owed:
                    connection.execute(sa.insert(delivery), owed)
                new += 1
        return new

    def undelivered(self, channel: str) -> list[Undelivered]:
        joined = sa.select(alarm.c.seq, alarm.c.record, alarm.c.at).join(delivery, delivery.c.alarm_seq == alarm.c.seq)
        owed = joined.where(delivery.c.channel == channel, delivery.c.status == "pending").order_by(alarm.c.seq)
        with self._read() as connection:
            return [Undelivered(r.seq, r.record, r.at) for r in connection.execute(owed)]

    def record_delivery(self, channel: str, alarms: Sequence[Undelivered], error: str = "") -> None:
        """What came of a delivery: sent, or owed still; after days, failed."""
        now = self._now()
        with self._write() as connection:
            for one in alarms:
                here = (delivery.c.alarm_seq == one.seq) & (delivery.c.channel == channel)
                tries = int(connection.execute(sa.select(delivery.c.attempts).where(here)).scalar() or 0) + 1
                status = "sent" if not error else "failed" if now - one.at > PATIENCE else "pending"
                connection.execute(sa.update(delivery).where(here).values(status=status, attempts=tries, at=now, error=error))

    # Canaries

    def register_canary(self, name: str, hmac: str, home: Sequence[str], by: str) -> None:
        """Raises RegisterError where the name is taken by another value."""
        with self._write() as connection:
            known = connection.execute(sa.select(canary.c.hmac).where(canary.c.name == name)).scalar()
            if known not in {None, hmac}:
                raise RegisterError(f"there is a canary {name} already", where=self._where, mend="give this one another name")
            connection.execute(sa.delete(canary).where(canary.c.name == name))
            connection.execute(sa.insert(canary).values(name=name, hmac=hmac, home=list(home), by=by, at=self._now()))

    def drop_canary(self, name: str) -> None:
        """Raises RegisterError for an unknown name."""
        with self._write() as connection:
            if not connection.execute(sa.delete(canary).where(canary.c.name == name)).rowcount:
                raise RegisterError(f"there is no canary {name}", where=self._where, mend="see `ropewalk canary list`")

    def canaries(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """(name, hmac, home) of the registered ones."""
        with self._read() as connection:
            return [(r.name, r.hmac, tuple(r.home)) for r in connection.execute(sa.select(canary).order_by(canary.c.name))]
