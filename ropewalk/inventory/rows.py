"""The typed rows of imported registers. `key` tells which row of an earlier import is the same thing; times are UTC.

Kept of people: the names of their accounts, for without them nobody can tell whose access is open. Names, addresses, phone numbers, salaries
and whatever else an export holds are not read. Free text (descriptions, messages, notes) is not kept: it may quote a buyer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

SEVERITIES = ("critical", "high", "medium", "low", "unknown")
OPEN = "open"
"""The state of a finding that still counts; the others say why it does not: resolved, not_affected, false_positive, suppressed."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of an approved person or service; `active` False: the identity system has it disabled (since `disabled_at`, if told)."""

    account: str
    aliases: tuple[str, ...] = ()
    service: bool = False
    active: bool = True
    disabled_at: datetime | None = None
    approved_by: str = ""
    approved_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.account.casefold()


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody whose work has ended, and when their access was taken away, if that is told."""

    account: str
    left_at: datetime
    aliases: tuple[str, ...] = ()
    disabled_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.account.casefold()


@dataclass(frozen=True, slots=True)
class Asset:
    """A device, server, store or piece of software; source: the name in ropewalk.yaml that it stands for; None: not told."""

    name: str
    kind: str = ""
    identifier: str = ""
    owner: str = ""
    version: str = ""
    source: str = ""
    encrypted: bool | None = None
    patched_at: datetime | None = None
    seen_at: datetime | None = None

    @property
    def key(self) -> str:
        return "|".join((self.kind, self.name, self.identifier)).casefold()


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """What a scanner found: id (CVE, rule, alert), package without its version, place. `count`: how often in that place."""

    id: str
    severity: str
    package: str = ""
    location: str = ""
    version: str = ""
    fixed_in: str = ""
    state: str = OPEN
    count: int = 1

    @property
    def key(self) -> str:
        """Without version and line, so that an upgrade that does not mend it, or a moved line, does not make it young again."""
        return "|".join((self.id, self.package, self.location))


@dataclass(frozen=True, slots=True)
class Subcontractor:
    """Somebody else who receives the data. result: passed, failed, exempt (no subcontractor: an authority, the marketplace) or empty."""

    name: str
    aliases: tuple[str, ...] = ()
    service: str = ""
    country: str = ""
    access_since: datetime | None = None
    access_until: datetime | None = None
    first_assessed_at: datetime | None = None
    assessed_at: datetime | None = None
    result: str = ""
    agreement: str = ""

    @property
    def key(self) -> str:
        return self.name.casefold()


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident. `breaks`: what is wrong with the custody of its evidence, in words without names; judged when it is imported."""

    id: str
    detected_at: datetime
    classification: str = ""
    severity: str = ""
    amazon_data: bool = True
    notified_at: datetime | None = None
    ended_at: datetime | None = None
    measures: bool = False
    post_mortem_at: datetime | None = None
    handovers: int = 0
    breaks: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.id.casefold()


@dataclass(frozen=True, slots=True)
class Contact:
    """A point of contact for incidents; ways: how it is reached (e-mail, phone), not the address or number."""

    name: str
    deputy: bool = False
    ways: tuple[str, ...] = ()
    checked_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.name.casefold()


@dataclass(frozen=True, slots=True)
class Change:
    """A change event; `major` ones call for a review of the incident plan, a `release` for a scan before it.

    approval: separate (tested and approved by two persons), or what is wrong with it; empty where the list does not tell. Judged when
    it is imported, so that no names are kept.
    """

    id: str
    at: datetime
    kind: str = ""
    major: bool = False
    release: str = ""
    approval: str = ""

    @property
    def key(self) -> str:
        return self.id.casefold()


@dataclass(frozen=True, slots=True)
class Deletion:
    """A request of Amazon to delete data. deleted_at: from the stores in use; copies_deleted_at: every live copy too; emptied: sources and
    datasets that hold no personal data any more; rows_left: rows that the request was about, counted after; held_under: a statute."""

    id: str
    requested_at: datetime
    deleted_at: datetime | None = None
    copies_deleted_at: datetime | None = None
    emptied: tuple[str, ...] = ()
    rows_left: int | None = None
    method: str = ""
    certificate_asked: bool = False
    certified_at: datetime | None = None
    held_under: str = ""

    @property
    def key(self) -> str:
        return self.id.casefold()


Row = Account | Leaver | Asset | Vulnerability | Subcontractor | Incident | Contact | Change | Deletion


@dataclass(frozen=True, slots=True)
class Batch:
    """What one file says of one series. observed_at: when the list or scan was made, None where the file does not say;
    left_out: why rows were left out -> how many; unused: columns that were not read."""

    format: str
    rows: Sequence[Row]
    scanner: str = ""
    target: str = ""
    observed_at: datetime | None = None
    left_out: dict[str, int] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
