"""Which field of a dataset tells when an order was delivered or shipped: as the configuration says, else by its name.

A promise is no delivery: `LatestDeliveryDate`, `estimated_…`, `EarliestShipDate` are never clocks (no order payload of the
Selling Partner API carries an actual delivery time).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ropewalk.model import path_of

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PROMISE = set(
    "earliest latest estimated estimate est eta expected expect promised promise planned plan scheduled schedule target requested request due"
    " preferred preference window by before until deadline guaranteed forecast predicted proposed min max commitment committed sla".split()
)
_NOT_A_TIME = set(
    "is has flag status state count qty quantity number no id name address email phone note notes instruction instructions method type service"
    " level fee cost price amount code attempt attempts carrier company partner zone area city country to via mode option options".split()
)
_TIME = set("at on date time timestamp datetime ts day utc when actual actually completed confirmed".split())
_DELIVERED, _DELIVERY = {"delivered"}, {"delivery", "deliver", "handover", "receipt", "received"}
_SHIPPED, _SHIPMENT = {"shipped", "dispatched", "despatched"}, {"ship", "shipment", "shipping", "dispatch", "despatch"}


@dataclass(frozen=True)
class Clocks:
    """Names of the fields; told: whether the configuration named them."""

    delivered: str | None = None
    shipped: str | None = None
    told: bool = False

    @property
    def words(self) -> str:
        parts = ([f"delivery clock {self.delivered}"] if self.delivered else []) + ([f"shipment clock {self.shipped}"] if self.shipped else [])
        return " and ".join(parts) + ("" if self.told else " (recognised by name)")


def clocks_of(dataset: str, fields: Iterable[str], declared: Mapping[str, Mapping[str, Any]]) -> Clocks:
    """The clocks of a dataset. `declared`: dataset name or glob -> {delivered, shipped}; an exact name goes before a glob."""
    for glob in sorted(declared, key=lambda g: g != dataset):
        if glob == dataset or fnmatchcase(dataset, glob):
            said = declared[glob]
            if said.get("delivered") or said.get("shipped"):
                return Clocks(said.get("delivered"), said.get("shipped"), told=True)
    names = sorted(fields)
    return Clocks(_best(names, _DELIVERED, _DELIVERY), _best(names, _SHIPPED, _SHIPMENT))


def _best(names: list[str], sure: set[str], maybe: set[str]) -> str | None:
    ranked = [(rank, len(n), n) for n in names if (rank := _rank(n, sure, maybe)) is not None]
    return min(ranked)[2] if ranked else None


def _rank(name: str, sure: set[str], maybe: set[str]) -> int | None:
    """0 best: `delivered_at`; 1 `delivery_date`; 2 `delivered` alone; None: no clock."""
    path = path_of(name)
    if not path or "[]" in path or "*" in path:
        return None
    words = {w.lower() for w in _WORDS.findall(path[-1])}
    if words & _PROMISE or words & _NOT_A_TIME:
        return None
    if words & sure:
        return 0 if words & _TIME else 2
    strong = bool(words & (maybe - {"received", "receipt", "handover"}))
    return 1 if strong and words & _TIME else None
