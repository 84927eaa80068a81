"""Alarms as one message: a subject, lines for people, and JSON for machines."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ropewalk.alarms.alarm import Alarm, printable

MOST = 40
"""Lines told to people; machines get every alarm."""
ALIKE, NAMED = 3, 3
"""From so many alike on, they are told as one line that names so many of them."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a channel: the alarms, most severe first, of which company, as of when."""

    company: str
    at: datetime
    alarms: tuple[Alarm, ...]
    frozen: bool = False
    policy: str = "policy"

    @property
    def id(self) -> str:
        """The same where the same alarms are sent again: a receiver can tell a repetition."""
        return hashlib.sha256("\n".join(f"{a.number}:{a.key}={a.state}" for a in self.alarms).encode("utf-8", "replace")).hexdigest()[:32]

    @property
    def subject(self) -> str:
        """One line: how many, how severe, whose; of a single alarm its title."""
        whose = f" [{printable(self.company)}]" if self.company else ""
        if len(self.alarms) == 1:
            return f"Ropewalk{whose}: {self.alarms[0].title}"[:200]
        grave = sum(a.severity == "high" for a in self.alarms)
        return f"Ropewalk{whose}: {len(self.alarms)} alarms" + (f", {grave} of them high" if grave else "")

    @property
    def lines(self) -> list[str]:
        """For people."""
        out = []
        told = together(self.alarms)
        for severity, title, mend in told[:MOST]:
            out.append(f"[{severity}] {title}")
            if mend:
                out.append(f"    mend: {mend}")
        if len(told) > MOST:
            out.append(f"and {len(told) - MOST} more: ropewalk alarms list")
        if self.frozen:
            out.append("The clock is frozen by the configuration: a sample, or a test.")
        return out

    def json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "id": self.id, "company": self.company, "at": self.at.isoformat(timespec="seconds"), "frozen_clock": self.frozen,
            "policy": self.policy,
            "alarms": [a.record() for a in self.alarms],
        }  # fmt: skip


def compose(
    company: str, at: datetime, alarms: Sequence[Alarm], *, digest: bool = True, frozen: bool = False, policy: str = "policy"
) -> list[Message]:
    """One message for all, or one an alarm."""
    ranked = sorted(alarms, key=lambda a: (-a.rank, a.kind, a.key))
    if not digest:
        return [Message(company, at, (a,), frozen, policy) for a in ranked]
    return [Message(company, at, tuple(ranked), frozen, policy)] if ranked else []


def together(alarms: Sequence[Alarm]) -> list[tuple[str, str, str]]:
    """(severity, words, mend) a line; fields of a dataset that drift alike, and runs of a job that were missed, stand on one."""
    groups: dict[tuple[str, ...], list[Alarm]] = {}
    for alarm in alarms:
        dataset, _, path = alarm.subject.partition("#")
        alike = (alarm.kind == "drift" and path) or (alarm.kind == "run" and alarm.state in {"missed", "overlapped"})
        groups.setdefault((alarm.kind, alarm.severity, alarm.state, dataset if alike else alarm.key), []).append(alarm)
    out = []
    for own in groups.values():
        if len(own) < ALIKE:
            out += [(a.severity, a.title + counted(a), a.mend) for a in own]
        else:
            out.append((own[0].severity, _drift(own) if own[0].kind == "drift" else _runs(own), own[0].mend))
    return out


def _drift(alarms: Sequence[Alarm]) -> str:
    names = sorted({a.subject.partition("#")[2] for a in alarms})
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    dataset, state = alarms[0].subject.partition("#")[0], alarms[0].state
    return f"drift of the record: {len(names)} fields of {dataset} are {state}: {', '.join(names[:NAMED])}{more}"


def _runs(alarms: Sequence[Alarm]) -> str:
    due = sorted(a.key.split(":", 2)[2] for a in alarms)
    words = "missed" if alarms[0].state == "missed" else "left out, for one before still ran"
    return f"{len(due)} runs of {alarms[0].subject} were {words}: from {due[0]} to {due[-1]}"


def counted(alarm: Alarm) -> str:
    """` (failed 3, subjects 12)`."""
    words = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in sorted(alarm.counts.items()))
    return f" ({words})" if words else ""
