"""Bytes of a file -> batches of typed rows: which kinds there are, and which format a report has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ropewalk.errors import ConfigError
from ropewalk.inventory import cyclonedx, events, images, incidents, people, sarif, things, zap
from ropewalk.inventory.cells import place, text
from ropewalk.inventory.grid import Column, check_columns, decoded, fill, looks_like_json, parsed, records
from ropewalk.inventory.rows import OPEN, Batch, Vulnerability
from ropewalk.inventory.severity import merged, of_word

LISTS: dict[str, Callable[[str, str], Batch]] = {
    "approved": people.accounts,
    "leavers": people.leavers,
    "assets": things.assets,
    "subcontractors": things.subcontractors,
    "incidents": incidents.incidents,
    "contacts": incidents.contacts,
    "changes": events.changes,
    "deletions": events.deletions,
}
KINDS = ("approved", "leavers", "assets", "vulnerabilities", "subcontractors", "incidents", "contacts", "changes", "deletions")
LARGEST = 200 * 2**20
"""Bytes of a file that is read."""
_REPORTS: tuple[tuple[Callable[[dict[str, Any]], bool], Callable[[dict[str, Any], str], list[Batch]]], ...] = (
    (sarif.is_sarif, sarif.read),
    (cyclonedx.is_cyclonedx, cyclonedx.read),
    (images.is_grype, images.grype),
    (images.is_trivy, images.trivy),
    (zap.is_zap, zap.read),
)
_STATES = {"": OPEN, "open": OPEN, "resolved": "resolved", "notaffected": "not_affected", "falsepositive": "false_positive"}


def _state(value: Any) -> str:
    told = text(value).casefold().replace("_", "").replace(" ", "")
    if told not in _STATES:
        raise ValueError("is none of open, resolved, not_affected, false_positive")
    return _STATES[told]


VULNERABILITIES = (
    Column("id", text, ("cve", "vulnerability", "rule", "finding"), required=True),
    Column("severity", of_word, ("risk", "priority"), required=True),
    Column("package", text, ("component", "product")),
    Column("location", place, ("host", "path", "url", "asset", "target")),
    Column("version", text, ("installed version",)),
    Column("fixed_in", text, ("fixed version", "fix")),
    Column("state", _state, ("status",)),
)  # fmt: skip


def read(kind: str, data: bytes, where: str) -> list[Batch]:
    """What a file says. where: its name, for errors. Raises ConfigError and nothing else, whatever the bytes are."""
    if kind not in KINDS:
        raise ConfigError(f"there is no register of {kind!r}", where="KIND", mend=f"use one of: {', '.join(KINDS)}")
    if len(data) > LARGEST:
        raise ConfigError(f"the file is larger than {LARGEST // 2**20} MiB", where=where, mend="split it, with a --target for each part")
    try:
        return _vulnerabilities(data, where) if kind == "vulnerabilities" else [LISTS[kind](decoded(data, where), where)]
    except RecursionError:
        raise ConfigError("the file is nested too deeply", where=where, mend="export it again") from None


def _vulnerabilities(data: bytes, where: str) -> list[Batch]:
    if data.lstrip(b"\xef\xbb\xbf\xff\xfe\xfe\xff\0 \r\n\t").startswith(b"<"):
        return zap.read(zap.from_xml(data, where), where)
    told = decoded(data, where)
    if looks_like_json(told) and told.lstrip().startswith("{") and isinstance(report := _one(told, where), dict):
        for is_one, reader in _REPORTS:
            if is_one(report):
                return reader(report, where)
        if not any(isinstance(v, list) for v in report.values()):
            mend = "export SARIF, Trivy, Grype, CycloneDX or ZAP as JSON; or a list with id and severity"
            raise ConfigError("the JSON is no report of a known scanner", where=where, mend=mend)
    found, columns = records(told, where)
    unused = check_columns(columns, VULNERABILITIES, where) if columns else ()
    return [Batch("list", merged(Vulnerability(**fill(r, VULNERABILITIES)) for r in found), unused=unused)]


def _one(told: str, where: str) -> Any:
    """The one value of a JSON text; None for JSON lines."""
    try:
        return parsed(told, where)
    except ConfigError as error:
        if "Extra data" in error.what:
            return None
        raise
