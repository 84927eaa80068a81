"""The inventory of assets is updated every quarter, and holds every store (policy clause 2.3)."""

from __future__ import annotations

from collections.abc import Iterator

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY
from ropewalk.judging.inventories import fallback, held, measured
from ropewalk.model import ControlResult, Status


class AssetInventory:
    control = "asset_inventory"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        have = held(context, "assets")
        if have.status == Status.UNKNOWN:
            yield fallback(context, COMPANY, have.status, have.reason, register="assets")
            return
        listed = {str(name).casefold() for r in have.current for name in (r["source"], r["name"], r["identifier"]) if name}
        missing = [s.name for s in context.sources if s.name.casefold() not in listed]
        newest = max(s.observed_at for s in have.series)
        young = sum(r["first_seen"] >= newest for r in have.current)
        lost = sum(r["closed_at"] is not None and r["closed_at"] >= newest for r in have.rows)
        good = f"{len(have.current)} assets are listed, each of {len(context.sources)} stores among them"
        yield measured(
            context, COMPANY, have, missing, good, bad="not in the inventory: ", checked=len(context.sources),
            mend="add these stores to the inventory (column source), and import it again",
            details={"assets": len(have.current), "new": young, "gone": lost},
        )  # fmt: skip
