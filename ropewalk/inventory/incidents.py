"""Incidents with the custody of their evidence, and points of contact. Free text and names in the custody are not kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ropewalk.errors import ConfigError
from ropewalk.inventory.cells import flag, last_moment, moment, present, text
from ropewalk.inventory.grid import Column, Record, check_columns, fill, of_entries, records
from ropewalk.inventory.rows import Batch, Contact, Incident

INCIDENTS = (
    Column("id", text, ("incident", "incident id", "number", "key", "case"), required=True),
    Column("detected_at", moment, ("detected", "detection", "discovered at", "opened at"), required=True),
    Column("classification", text, ("class", "type", "category")),
    Column("severity", text, ("priority",)),
    Column("amazon_data", flag, ("concerns amazon", "amazon information")),
    Column("notified_at", last_moment, ("notified", "amazon notified at", "reported at")),
    Column("ended_at", last_moment, ("closed at", "closed", "ended", "resolved at")),
    Column("measures", present, ("actions", "corrective actions", "what was changed")),
    Column("post_mortem_at", moment, ("post mortem", "postmortem", "review at")),
)  # fmt: skip
CUSTODY = (
    Column("at", moment, ("custody_at", "handed at"), required=True),
    Column("giver", text, ("custody_from", "from", "released by")),
    Column("taker", text, ("custody_to", "to", "received by"), required=True),
    Column("item", text, ("custody_item", "evidence")),
    Column("sha256", text, ("custody_sha256", "hash")),
)  # fmt: skip
_STEPS = tuple(Column(c.name, c.read, tuple(n for n in c.also if n.startswith("custody_")), False) for c in CUSTODY)
CONTACTS = (
    Column("name", text, ("contact", "person"), required=True),
    Column("deputy", flag, ("is deputy", "backup")),
    Column("email", present, ("e-mail", "mail")),
    Column("phone", present, ("telephone", "mobile")),
    Column("checked_at", moment, ("checked", "tested at", "last checked", "confirmed at")),
)  # fmt: skip


def incidents(data: str, where: str) -> Batch:
    """Incidents; in CSV, further lines with the same id hold further steps of the custody. Raises ConfigError."""
    found, columns = records(data, where)
    unused = check_columns(columns, (*INCIDENTS, Column("custody", list), *_STEPS), where) if columns else ()
    first: dict[str, Record] = {}
    steps: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for record in found:
        key = fill(record, INCIDENTS[:1])["id"]
        first.setdefault(key, record)
        steps.setdefault(key, []).extend(_steps(record))
    rows = []
    for key, record in first.items():
        told = fill(record, INCIDENTS)
        if "notified_at" in told and told["notified_at"] < told["detected_at"]:
            raise ConfigError("it was notified before it was detected", where=record.where, mend="correct the times there")
        if told.get("amazon_data") is None:
            told["amazon_data"] = True
        rows.append(Incident(**told, handovers=len(steps[key]), breaks=breaks([s for _, s in steps[key]])))
    return Batch("list", rows, unused=unused)


def _steps(record: Record) -> list[tuple[str, dict[str, Any]]]:
    """The handovers of a record: a list `custody`, or the columns custody_…"""
    nested = record.cells.get("custody")
    if isinstance(nested, list):
        entries, _ = of_entries(nested, f"{record.where}, custody")
        return [(e.where, fill(e, CUSTODY)) for e in entries]
    told = {c.name: record.cells[squeezed] for c in _STEPS for squeezed in c.names if squeezed.startswith("custody") and record.cells.get(squeezed)}
    return [(record.where, fill(Record(record.where, told), CUSTODY))] if told else []


def breaks(steps: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What is wrong with a chain of custody, item by item: a gap between two holders, a time that goes back, a hash that is missing or changes."""
    out = []
    items: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for number, step in enumerate(steps, 1):
        items.setdefault(str(step.get("item", "")).casefold(), []).append((number, step))
    for chain in items.values():
        for number, step in chain:
            if not re.fullmatch(r"(sha256:)?[0-9a-fA-F]{64}", str(step.get("sha256", ""))):
                out.append(f"handover {number} has no SHA-256")
        for (before, a), (number, b) in pairwise(chain):
            if str(b.get("giver", "")).casefold() != str(a["taker"]).casefold():
                out.append(f"who gives in handover {number} is not who took in handover {before}")
            if b["at"] < a["at"]:
                out.append(f"handover {number} is before handover {before}")
            if _hash(a) and _hash(b) and _hash(a) != _hash(b):
                out.append(f"the hash changes in handover {number}")
    return tuple(out)


def _hash(step: Mapping[str, Any]) -> str:
    return str(step.get("sha256", "")).casefold().removeprefix("sha256:")


def contacts(data: str, where: str) -> Batch:
    """Points of contact for incidents. Addresses and numbers are not kept, only that there are some. Raises ConfigError."""
    found, columns = records(data, where)
    unused = check_columns(columns, CONTACTS, where) if columns else ()
    rows = []
    for record in found:
        told = fill(record, CONTACTS)
        ways = tuple(name for name, is_there in (("e-mail", told.pop("email", False)), ("phone", told.pop("phone", False))) if is_there)
        rows.append(Contact(**told, ways=ways))
    return Batch("list", rows, unused=unused)
