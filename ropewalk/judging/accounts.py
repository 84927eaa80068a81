"""Accounts that stores tell of, against lists of people: whose is an account, and which store tells all of its accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging.lookup import rows_by

_PARTIAL = ("superusers", "shared_accounts")
_NOBODY = {"", "public", "'public'", "(anonymous)", "everybody", "everyone", "*"}


def bare(name: str) -> str:
    """`'Ada'@'%'` -> `ada`, `SHOP\\ada` -> `ada`; an e-mail address stays whole; lower case."""
    told = name.strip().casefold()
    if told[:1] in {"'", '"', "`"}:
        told = told[1:].split(told[0], 1)[0]
    if told.startswith("arn:"):
        told = told.rpartition("/")[2]
    return told.rpartition("\\")[2]


class People:
    """Names of accounts -> what is known of whose they are. A short name and the local part of an e-mail address are one; two addresses
    are only one if they are alike throughout."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._whole: dict[str, Mapping[str, Any]] = {}
        self._short: dict[str, Mapping[str, Any]] = {}
        for row in rows:
            for name in (row["account"], *row.get("aliases", ())):
                known = bare(str(name))
                self._whole.setdefault(known, row)
                self._short.setdefault(known.split("@", 1)[0], row) if "@" in known else None

    def of(self, name: str) -> Mapping[str, Any] | None:
        """The row that an account belongs to."""
        told = bare(name)
        if told in self._whole:
            return self._whole[told]
        return self._whole.get(told.split("@", 1)[0]) if "@" in told else self._short.get(told)


@dataclass(frozen=True)
class Seen:
    """The accounts of a store that can sign in, as its facts tell: all of them, or (complete False) those that happen to be told."""

    names: tuple[str, ...]
    complete: bool
    at: datetime | None
    needs: str = ""
    local: bool = False


def seen(context: ControlContext, source: str, *, grants: bool = False) -> Seen:
    """What is known of the accounts of a source; with `grants` also everybody that a grant names."""
    told = list(rows_by(context.facts, "source").get((source,), ()))
    own = [r for r in told if r["name"] == "accounts"]
    full = [r for r in own if _known(r["value"])]
    partial = [r for r in told if (r["name"] in _PARTIAL or (grants and r["name"] == "grants")) and _known(r["value"])]
    names = [n for r in (*full, *partial) for n in _names(r["value"]) if bare(n) not in _NOBODY]
    times = [r["observed_at"] for r in (full or partial)]
    needs = next((str(r["needs"]) for r in own if r["needs"]), "")
    local = any(r["name"] == "transit" and r["value"] == "local" for r in told)
    return Seen(tuple(dict.fromkeys(names)), bool(full), max(times, default=None), needs, local)


def _names(value: Any) -> Iterator[str]:
    """A fact lists names, {name, login}, or grants ({grantee} or {role}); or maps grantees to privileges."""
    if isinstance(value, dict):
        yield from map(str, value)
        return
    for one in value if isinstance(value, (list, tuple)) else ():
        if not isinstance(one, dict):
            yield str(one)
        elif one.get("login", True):
            yield str(one.get("name") or one.get("grantee") or one.get("role") or "")


def _known(value: Any) -> bool:
    return isinstance(value, (list, tuple, dict))
