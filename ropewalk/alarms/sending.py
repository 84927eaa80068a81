"""Raises alarms: what changed since the last look, kept in the register, delivered to each channel until it was taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING

from ropewalk import views
from ropewalk.alarms import changes
from ropewalk.alarms.alarm import SEVERITIES, Alarm, alarm_of
from ropewalk.alarms.channels import deliver, name_of
from ropewalk.alarms.message import Message, compose
from ropewalk.duties import Channel
from ropewalk.judging.material import material
from ropewalk.register.duties import LeaseError
from ropewalk.ropa import declared, record

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.config import Config
    from ropewalk.register import Register

LEASE, WAIT = "alarms", 60.0
"""Who sends alarms holds this lease; another process waits so many seconds for it."""
LOOKED = "looked"
"""Under this key the register keeps which scan and check the last look rested on."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a channel did: messages sent, the error that kept it from the rest, and what should be mended though it was sent."""

    channel: str
    sent: int
    error: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """new: alarms that were not said before; deliveries: one a channel."""

    new: int
    deliveries: tuple[Delivery, ...]


def raise_alarms(config: Config, register: Register, now: datetime | None = None) -> Raised:
    """Looks for changes, records the new alarms and delivers what channels still owe. A failing channel stops nothing."""
    now = now or datetime.now(UTC)
    said = register.duties.said()
    alarms, ended, mark = look(config, register, said, now)
    channels = config.settings.alarms.channels
    rows = [(a.key, a.state, a.record(), [name_of(c) for c in channels if wants(c, a)]) for a in alarms]
    new = register.duties.record_alarms(rows)
    register.duties.record_alarms([(key, "", {}, []) for key in ended])
    register.duties.record_alarms([(LOOKED, mark, {}, [])])
    return Raised(new, deliver_owed(config, register, now))


@contextmanager
def _only_deliverer(register: Register, wait: float) -> Iterator[bool]:
    """Two processes that deliver at once would say everything twice: the second one waits so many seconds. False where that did not do."""
    end = monotonic() + wait
    while True:
        try:
            register.duties.take_lease(LEASE)
            break
        except LeaseError:
            if monotonic() > end:
                yield False
                return
            sleep(0.2)
    try:
        yield True
    finally:
        register.duties.drop_lease(LEASE)


def wants(channel: Channel, alarm: Alarm) -> bool:
    """Whether an alarm goes this way."""
    return alarm.rank >= SEVERITIES.index(channel.severity) and (not channel.only or alarm.kind in channel.only)


def look(config: Config, register: Register, said: dict[str, str], now: datetime) -> tuple[list[Alarm], list[str], str]:
    """The alarms of now, the keys whose state has ended, and the mark of this look."""
    known = material(config, register, config.as_of)
    scans, checks = known.frames["scans"], register.frame("checks")
    finished = scans[scans["finished_at"].notna()]
    scan_id = str(finished["scan_id"].iloc[-1]) if len(finished) else ""
    run_id = str(checks["run_id"].iloc[-1]) if len(checks) else ""
    old_scan, _, old_run = said[LOOKED].partition("|") if LOOKED in said else (_before(finished, "scan_id"), "", _before(checks, "run_id"))
    after = known.frames["findings"]
    alarms = changes.verdicts(*(register.frame("results", run_id=name) for name in (old_run, run_id)))
    standing = [f"field:{f}" for f in after["field"]]
    if old_scan:
        before = register.frame("fields", scan_id=old_scan)
        alarms += changes.new_fields(before[before["source"].isin([s.name for s in known.sources])], after)
    held = [
        *_drift(config, register),
        *changes.attestations(known.attestations, known.as_of, config.settings.alarms.expiry_days),
        *changes.canaries(known.frames["facts"]),
        *changes.runs(register.frame("runs"), now),
    ]
    ended = changes.ended(said, [*standing, *(a.key for a in held)])
    return alarms + held, ended, f"{scan_id}|{run_id}"


def _before(frame: pd.DataFrame, column: str) -> str:
    """The id before the newest one; "" where there is none."""
    ids = list(dict.fromkeys(frame[column]))
    return str(ids[-2]) if len(ids) > 1 else ""


def _drift(config: Config, register: Register) -> list[Alarm]:
    """Without a declared record there is nothing to drift from; the check says that it is missing."""
    said = declared(config)
    if said is None:
        return []
    frames = {name: register.frame(name) for name in ("fields", "facts", "results", "skipped")}
    return changes.drifts(views.drift(record(said, frames, config.as_of, sources=config.sources())))


def deliver_owed(config: Config, register: Register, now: datetime, *, wait: float = WAIT) -> tuple[Delivery, ...]:
    """Each channel gets what it has not taken yet, also of earlier runs: the newest word on each thing."""
    channels = config.settings.alarms.channels
    if not any(register.duties.undelivered(name_of(c)) for c in channels):
        return ()
    with _only_deliverer(register, wait) as alone:
        if not alone:
            return tuple(Delivery(name_of(c), 0, "another run is sending; what it leaves goes out with the next look") for c in channels)
        return _deliver_owed(config, register, now)


def _deliver_owed(config: Config, register: Register, now: datetime) -> tuple[Delivery, ...]:
    settings, out = config.settings.alarms, []
    for channel in settings.channels:
        name = name_of(channel)
        owed = register.duties.undelivered(name)
        if not owed:
            continue
        newest = {o.record["key"]: replace(alarm_of(o.record), number=o.seq, at=o.at.isoformat(timespec="seconds")) for o in owed}
        frozen, policy = config.settings.as_of is not None, config.settings.policy
        sent, error, note = 0, "", ""
        for message in compose(config.settings.company, now, list(newest.values()), digest=settings.digest, frozen=frozen, policy=policy):
            if not error:
                error, note = deliver(channel, message, timeout=settings.timeout, resolve=config.resolve)
            keys = {a.key for a in message.alarms}
            register.duties.record_delivery(name, [o for o in owed if o.record["key"] in keys], error)
            sent += not error
        out.append(Delivery(name, sent, error, note))
    return tuple(out)


def try_channels(config: Config, now: datetime | None = None) -> tuple[Delivery, ...]:
    """Sends a test alarm through each channel, past its filters; nothing is recorded."""
    settings = config.settings.alarms
    alarm = Alarm("test", "test", "test", "info", "this is a test: alarms arrive here", mend="none needed")
    frozen, policy = config.settings.as_of is not None, config.settings.policy
    message = Message(config.settings.company, now or datetime.now(UTC), (alarm,), frozen, policy)
    return tuple(_tried(config, channel, message) for channel in settings.channels)


def _tried(config: Config, channel: Channel, message: Message) -> Delivery:
    error, note = deliver(channel, message, timeout=config.settings.alarms.timeout, resolve=config.resolve)
    return Delivery(name_of(channel), 0 if error else 1, error, note)


def told(deliveries: Sequence[Delivery]) -> list[str]:
    """A line a channel, for people."""
    return [f"alarms by {d.channel}: {d.error or f'{d.sent} sent'}{f'; {d.note}' if d.note else ''}" for d in deliveries]
