"""Alarms as one message: a subject, lines for people, and JSON for machines."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ropewalk.alarms.alarm import Alarm, printable

MOST = 40
"""Alarms told one by one to people; machines get all of them."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a channel: the alarms, most severe first, of which company, as of when."""

    company: str
    at: datetime
    alarms: tuple[Alarm, ...]
    frozen: bool = False

    @property
    def id(self) -> str:
        """The same for the same alarms: a receiver can tell a repetition."""
        return hashlib.sha256("\n".join(f"{a.key}={a.state}" for a in self.alarms).encode("utf-8", "replace")).hexdigest()[:32]

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
        for alarm in self.alarms[:MOST]:
            out.append(f"[{alarm.severity}] {alarm.title}{counted(alarm)}")
            if alarm.mend:
                out.append(f"    mend: {alarm.mend}")
        if len(self.alarms) > MOST:
            out.append(f"and {len(self.alarms) - MOST} more: ropewalk alarms list")
        if self.frozen:
            out.append("The clock is frozen by the configuration: a sample, or a test.")
        return out

    def json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "id": self.id, "company": self.company, "at": self.at.isoformat(timespec="seconds"), "frozen_clock": self.frozen,
            "alarms": [a.record() for a in self.alarms],
        }  # fmt: skip


def compose(company: str, at: datetime, alarms: Sequence[Alarm], *, digest: bool = True, frozen: bool = False) -> list[Message]:
    """One message for all, or one an alarm."""
    ranked = sorted(alarms, key=lambda a: (-a.rank, a.kind, a.key))
    if not digest:
        return [Message(company, at, (a,), frozen) for a in ranked]
    return [Message(company, at, tuple(ranked), frozen)] if ranked else []


def counted(alarm: Alarm) -> str:
    """` (failed 3, subjects 12)`."""
    words = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in sorted(alarm.counts.items()))
    return f" ({words})" if words else ""
