"""People's words: which hold, which end soon, which have ended, and which the policy asks for in vain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from shlex import quote
from typing import Any

import pandas as pd

from ropewalk.contracts import Requirement
from ropewalk.judging.words import Word, best, period_of, weigh
from ropewalk.model import Status
from ropewalk.views.shapes import rows, text_of

ATTESTATIONS = (
    "kind", "subject", "state", "requirements", "by", "approver", "at", "valid_until", "days_left", "statement", "document_hash", "stored", "reason",
    "mend",
)  # fmt: skip
STATES = ("not met", "stale", "not approved", "missing", "ends soon", "still to come", "valid", "not asked for")
"""What needs doing first."""
NEEDY = STATES[:5]
_SUBJECT = {"sources": "each source", "logs": "each source with logs"}


def attestations(given: pd.DataFrame, asked: Mapping[str, Sequence[Requirement]], as_of: datetime, soon: int) -> pd.DataFrame:
    """A row a kind and subject with the word that counts, what needs doing first; also kinds that nobody has attested.

    given: the frame `attestations`; asked: kind -> requirements that look for it; soon: days before its end from which a word
    `ends soon`, at most the last third of the policy's period. valid_until: its own end or the policy's, whichever comes first.
    """
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in given.to_dict("records"):
        groups.setdefault((str(row["kind"]), str(row["subject"])), []).append({str(k): v for k, v in row.items()})
    out = [_row(kind, subject, own, asked.get(kind, ()), as_of, soon) for (kind, subject), own in groups.items()]
    attested = {kind for kind, _ in groups}
    out += [_missing(kind, needs) for kind, needs in asked.items() if kind not in attested and any(n.control == "attested" for n in needs)]
    out.sort(key=lambda r: (STATES.index(r["state"]), str(r["requirements"]), r["kind"], r["subject"]))
    return rows(out, ATTESTATIONS)


def _row(kind: str, subject: str, own: list[dict[str, Any]], needs: Sequence[Requirement], as_of: datetime, soon: int) -> dict[str, Any]:
    period = min((p for n in needs if (p := period_of(kind, n.params))), default=None)
    word = best((weigh(r, as_of, period, any(n.params.get("segregation") for n in needs)) for r in own), Word(Status.UNKNOWN, ""))
    assert word.row is not None
    assert word.until is not None
    state = _state(word, as_of, timedelta(days=min(soon, period / 3 if period else soon))) if needs else "not asked for"
    ends = state not in {"not met", "still to come"}
    return {
        **{n: word.row[n] for n in ("by", "approver", "at", "statement", "document_hash", "stored")},
        "kind": kind,
        "subject": subject,
        "state": state,
        "requirements": ", ".join(n.id for n in needs),
        "valid_until": word.until if ends else None,
        "days_left": (word.until - as_of).days if ends else None,
        "reason": word.reason,
        "mend": "" if state not in NEEDY else _mend(kind, subject, needs),
    }


def _state(word: Word, as_of: datetime, soon: timedelta) -> str:
    if word.status == Status.FAIL:
        return "not met"
    if word.status == Status.STALE:
        return "stale"
    if word.status == Status.UNKNOWN:
        return "still to come" if word.row is not None and word.row["at"] > as_of else "not approved"
    return "ends soon" if word.until is not None and word.until - as_of <= soon else "valid"


def _missing(kind: str, needs: Sequence[Requirement]) -> dict[str, Any]:
    scope = next((s for n in needs if (s := _SUBJECT.get(text_of(n.params.get("scope"))))), "company")
    named = "company" if scope == "company" else "SOURCE"
    return {
        **dict.fromkeys(ATTESTATIONS, ""), "kind": kind, "subject": scope, "state": "missing", "requirements": ", ".join(n.id for n in needs),
        "at": None, "valid_until": None, "days_left": None, "stored": False, "reason": "nobody has attested it", "mend": _mend(kind, named, needs),
    }  # fmt: skip


def _mend(kind: str, subject: str, needs: Sequence[Requirement]) -> str:
    about = "" if subject == "company" else f" --subject {quote(subject)}"
    second = " --approver OTHER" if any(n.params.get("segregation") for n in needs) else ""
    return f"ropewalk attest {kind}{about} --by NAME --valid-until DAY{second}"
