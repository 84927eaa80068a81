"""What people say for the record: an attestation (their word on what no connection shows) and an exception (why a failure is borne)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's word where no connection can show it; STALE after `valid_until`.

    document_hash: SHA-256 of the document behind it; stored: whether the register keeps that document, encrypted; met False:
    the word says that it is *not* so, and holds until a newer one. For a legal hold, statement names the statute.
    """

    kind: str
    subject: str
    by: str
    at: datetime
    valid_until: datetime
    document_hash: str = ""
    statement: str = ""
    approver: str = ""
    met: bool = True
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception: somebody's reason, approved by another, to bear that a requirement is not kept on some subjects, until a day.

    subject: a name or glob (`shop/*`). It changes no verdict: what fails goes on failing, marked as excused.
    """

    id: str
    requirement: str
    subject: str
    reason: str
    by: str
    approver: str
    at: datetime
    valid_until: datetime


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, as far as their spelling tells: case and spaces do not count."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
