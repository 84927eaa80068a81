"""Devices are patched, and encrypted where they may leave the house (policy clause 2.3): what the inventory of assets tells of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, named, param
from ropewalk.judging.inventories import Held, fallback, held, measured, when
from ropewalk.model import ControlResult, Status

_NO_DEVICES = {"software", "application", "app", "package", "library", "service", "saas", "bucket", "cloud"}


class AssetState:
    control = "asset_state"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        have = held(context, "assets")
        devices = [r for r in have.current if str(r["kind"]).casefold() not in _NO_DEVICES]
        if have.status == Status.UNKNOWN:
            yield fallback(context, COMPANY, have.status, have.reason, register="assets")
        elif str(param(context, "piece", "patches")) == "encryption":
            yield _encrypted(context, have, devices)
        else:
            yield _patched(context, have, devices)


def _patched(context: ControlContext, have: Held, devices: list[Mapping[str, Any]]) -> ControlResult:
    """Each device was patched within `patch_days`."""
    days = float(param(context, "patch_days", 31))
    dated = [(r, at) for r in devices if (at := when(r["patched_at"])) is not None]
    late = [f"{r['name']} on {at:%Y-%m-%d}" for r, at in dated if (context.as_of.date() - at.date()).days > days]
    if not late and len(dated) < len(devices):
        silent = named([str(r["name"]) for r in devices if not r["patched_at"]])
        mend = "fill in patched_at, and import the list again"
        return fallback(context, COMPANY, Status.UNKNOWN, f"the inventory does not tell when these were patched: {silent}", have.oldest, mend=mend)
    if not devices:
        return fallback(context, COMPANY, Status.UNKNOWN, "the inventory lists no device", have.oldest, register="assets")
    bad = f"last patched more than {days:g} days ago: "
    return measured(context, COMPANY, have, late, f"each of {len(devices)} devices was patched in {days:g} days", bad=bad, checked=len(devices))


def _encrypted(context: ControlContext, have: Held, devices: list[Mapping[str, Any]]) -> ControlResult:
    """A device that is told not to be encrypted fails; of sticks, disks and private devices no inventory tells, so a word is asked for."""
    plain = [str(r["name"]) for r in devices if r["encrypted"] is False]
    if plain:
        mend = "encrypt these devices with AES-128 or better, and import the inventory again"
        return measured(context, COMPANY, have, plain, "", bad="not encrypted: ", mend=mend, checked=len(devices))
    told = sum(r["encrypted"] is True for r in devices)
    return fallback(context, COMPANY, Status.UNKNOWN, f"{told} of {len(devices)} devices are encrypted; nobody attested removable media")
