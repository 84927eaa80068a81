"""Assets and subcontractors: lists of one's own, exports of device management, osquery (`osqueryi --json`, and its result log)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ropewalk.errors import ConfigError
from ropewalk.inventory.cells import flag, last_moment, moment, names, text
from ropewalk.inventory.grid import Column, Record, check_columns, fill, records
from ropewalk.inventory.rows import Asset, Batch, Subcontractor

ASSETS = (
    Column("name", text, ("asset", "hostname", "host name", "computer name", "host", "device name", "display name"), required=True),
    Column("kind", text, ("type", "asset type", "category")),
    Column("identifier", text, ("uuid", "hardware serial", "serial number", "serial", "asset tag", "id")),
    Column("owner", text, ("assigned to", "responsible", "team")),
    Column("version", text, ("os version", "os", "operating system", "platform")),
    Column("source", text, ("store",)),
    Column("encrypted", flag, ("disk encryption", "disk encryption enabled", "is encrypted")),
    Column("patched_at", moment, ("last patched", "patched on")),
    Column("seen_at", moment, ("last seen", "seen time", "last check in", "last sync date time", "approximate last sign in date time")),
)  # fmt: skip
_RESULT = {
    "exempt": "exempt",
    "passed": "passed",
    "pass": "passed",
    "ok": "passed",
    "yes": "passed",
    "failed": "failed",
    "fail": "failed",
    "no": "failed",
    "": "",
}


def _result(value: Any) -> str:
    told = text(value).casefold()
    if told not in _RESULT:
        raise ValueError("is none of passed, failed, exempt")
    return _RESULT[told]


SUBCONTRACTORS = (
    Column("name", text, ("subcontractor", "vendor", "company", "supplier", "recipient"), required=True),
    Column("aliases", names, ("also", "also known as")),
    Column("service", text, ("purpose", "what for")),
    Column("country", text, ("location", "region")),
    Column("access_since", moment, ("since", "access from", "onboarded")),
    Column("access_until", last_moment, ("until", "access ended", "ended")),
    Column("first_assessed_at", moment, ("first assessed", "first assessment")),
    Column("assessed_at", moment, ("assessed", "last assessed", "assessment", "assessment date", "last assessment")),
    Column("result", _result, ("outcome",)),
    Column("agreement", text, ("contract", "dpa")),
)  # fmt: skip


def assets(data: str, where: str) -> Batch:
    """Devices, servers, stores, software. Raises ConfigError."""
    found, columns = records(data, where)
    if any("columns" in r.cells or "snapshot" in r.cells for r in found):
        return _osquery(found)
    unused = check_columns(columns, ASSETS, where) if columns else ()
    return Batch("list", [Asset(**fill(r, ASSETS)) for r in found], unused=unused)


def subcontractors(data: str, where: str) -> Batch:
    """Who else receives the data. Raises ConfigError."""
    found, columns = records(data, where)
    unused = check_columns(columns, SUBCONTRACTORS, where) if columns else ()
    rows = []
    for record in found:
        told = fill(record, SUBCONTRACTORS)
        first, last = told.get("first_assessed_at"), told.get("assessed_at")
        if first and last and first > last:
            raise ConfigError("the last assessment is before the first", where=record.where, mend="correct the dates there")
        rows.append(Subcontractor(**told))
    return Batch("list", rows, unused=unused)


def _osquery(found: Sequence[Record]) -> Batch:
    """The result log: each line names its host, and rows of one query; the host is an asset, and so is its software."""
    hosts: dict[str, dict[str, Any]] = {}
    software: dict[tuple[str, str], Asset] = {}
    latest: datetime | None = None
    for record in found:
        host = text(record.cells.get("hostidentifier"))
        if not host:
            raise ConfigError("the entry names no host", where=record.where, mend="keep `hostIdentifier`, as osquery writes it")
        if record.cells.get("action") == "removed":
            continue
        about = hosts.setdefault(host, {"name": host, "kind": "device"})
        at = _time(record)
        if at is not None:
            latest = max(latest or at, at)
            about["seen_at"] = max(about.get("seen_at", at), at)
        given = record.cells.get("snapshot", record.cells.get("columns"))
        for row in given if isinstance(given, list) else [given]:
            if isinstance(row, dict):
                _tell(about, software, host, row)
    return Batch("osquery", [*(Asset(**h) for h in hosts.values()), *software.values()], observed_at=latest)


def _tell(about: dict[str, Any], software: dict[tuple[str, str], Asset], host: str, row: Mapping[str, Any]) -> None:
    """A row of system_info, os_version, disk_encryption, or of a table of software."""
    if "uuid" in row and "hostname" in row:
        about |= {"name": text(row["hostname"]) or host, "identifier": text(row["uuid"])}
    elif "encrypted" in row:
        try:
            about["encrypted"] = flag(row["encrypted"]) is True and about.get("encrypted", True)
        except ValueError:
            about["encrypted"] = False
    elif "name" in row and "platform" in row and "version" in row:
        about["version"] = f"{text(row['name'])} {text(row['version'])}".strip()
    elif "name" in row and "version" in row:
        software[host, text(row["name"])] = Asset(text(row["name"]), "software", host, version=text(row["version"]))


def _time(record: Record) -> datetime | None:
    try:
        return moment(record.cells.get("unixtime"))
    except ValueError:
        return None
