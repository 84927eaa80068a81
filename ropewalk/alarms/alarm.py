"""An alarm: what changed, about which subject, by how much. Names, counts and clause ids; never a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

SEVERITIES = ("info", "low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Alarm:
    """kind: verdict | new_field | drift | attestation | canary | run | test; `key` names the thing, `state` what is said of it.

    The same state of the same thing is said once. title: one sentence; counts: numbers by name; mend: what to do. number and at
    (ISO 8601): as the register counts it and when it was raised; they tell a thing that comes back from one that is told again.
    """

    kind: str
    key: str
    state: str
    severity: str
    title: str
    subject: str = ""
    clause: str = ""
    requirement: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    mend: str = ""
    number: int = 0
    at: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "subject", "mend"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    @property
    def rank(self) -> int:
        """0 is the mildest."""
        return SEVERITIES.index(self.severity)

    def record(self) -> dict[str, Any]:
        """As JSON data."""
        return {**asdict(self), "counts": dict(self.counts)}


def alarm_of(record: Mapping[str, Any]) -> Alarm:
    """The alarm of a record that was kept."""
    return Alarm(**{f.name: record[f.name] for f in fields(Alarm) if f.name in record})


def printable(text: str) -> str:
    """On one line, without control characters: a hostile name forges no header and no second line."""
    return "".join(c if c.isprintable() else "·" for c in str(text))
