"""A company with imported registers: rows as `register.frame("inventory")` and `("imports")` give them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pandas as pd
from shop import AS_OF, Company, days

from ropewalk.contracts import ControlContext, Requirement
from ropewalk.inventory import rows as typed
from ropewalk.register.chain import plain
from ropewalk.register.inventories import IMPORT, INVENTORY

ROWS: dict[str, type[Any]] = {
    "approved": typed.Account, "leavers": typed.Leaver, "assets": typed.Asset, "vulnerabilities": typed.Vulnerability,
    "subcontractors": typed.Subcontractor, "incidents": typed.Incident, "contacts": typed.Contact, "changes": typed.Change,
    "deletions": typed.Deletion,
}  # fmt: skip


@dataclass
class Registered(Company):
    """`imports` a list of a kind so many days ago; a row is a dict of its fields, and may say `seen` and `closed` (days ago)."""

    imports_: list[dict[str, Any]] = field(default_factory=list)
    rows_: list[dict[str, Any]] = field(default_factory=list)

    def imports(self, kind: str, *rows: dict[str, Any], age: float = 1, scanner: str = "", target: str = "", **more: Any) -> Registered:
        head = {"kind": kind, "scanner": scanner, "target": target}
        self.imports_.append({**dict.fromkeys(IMPORT, ""), **head, "format": "list", "observed_at": days(age), "at": days(age), **more})
        for row in rows:
            first, closed = row.pop("seen", age), row.pop("closed", None)
            made = ROWS[kind](**row)
            times = {"first_seen": days(first), "last_seen": days(age), "closed_at": None if closed is None else days(closed)}
            self.rows_.append({**head, "key": made.key, "record": plain(made), **times})
        return self

    def context(self, need: Requirement) -> ControlContext:
        inventory, imports = pd.DataFrame(self.rows_, columns=list(INVENTORY)), pd.DataFrame(self.imports_, columns=list(IMPORT))
        for name in ("first_seen", "last_seen", "closed_at"):
            inventory[name] = pd.to_datetime(inventory[name], utc=True)
        imports["observed_at"] = pd.to_datetime(imports["observed_at"], utc=True)
        before = super().context(need)
        return replace(before, frames={**before.frames, "inventory": inventory, "imports": imports})


def hours(n: float) -> datetime:
    """n hours before the clock of the tests."""
    return days(n / 24)


__all__ = ["AS_OF", "Registered", "days", "hours"]
