"""Reports of ZAP, JSON and XML: an alert on a site is a finding. Addresses of pages, parameters and what was sent are not read.

ZAP has no critical: its highest risk is high. Alerts that a person marked as false positive say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.parsers import expat

from ropewalk.errors import ConfigError
from ropewalk.inventory.cells import moment, place, text
from ropewalk.inventory.rows import OPEN, Batch, Vulnerability
from ropewalk.inventory.severity import merged, objs

_RISK = {"3": "high", "2": "medium", "1": "low", "0": "low"}


def is_zap(data: dict[str, Any]) -> bool:
    return isinstance(data.get("site"), list) and ("@version" in data or "@generated" in data or "@programName" in data)


def read(data: dict[str, Any], where: str) -> list[Batch]:
    sites = objs(data, "site")
    target = ", ".join(sorted({place(s.get("@name")) for s in sites} - {""}))
    at = next((t for key in ("created", "@created", "@generated") if (t := _time(data.get(key)))), None)
    return [Batch("zap", merged(a for s in sites for a in _alerts(s)), "zap", target[:300], at)]


def _alerts(site: dict[str, Any]) -> Iterator[Vulnerability]:
    for alert in objs(site, "alerts"):
        name = text(alert.get("alertRef") or alert.get("pluginid") or alert.get("name")) or "alert"
        state = "false_positive" if text(alert.get("confidence")) == "0" else OPEN
        yield Vulnerability(f"ZAP-{name}", _RISK.get(text(alert.get("riskcode")), "unknown"), location=place(site.get("@name")), state=state)


def from_xml(data: bytes, where: str) -> dict[str, Any]:
    """The XML report in the shape of the JSON one. Raises ConfigError, also for a document type: it could name files or blow up."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = reader.start, reader.end, reader.words
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ConfigError("not valid XML", where=f"{where}:{error.lineno}", mend="export it again; the file may be cut off") from None
    except (_DoctypeError, ValueError, LookupError):
        raise ConfigError("the XML declares a document type or an unknown encoding", where=where, mend="export it from ZAP again") from None
    if reader.report is None:
        raise ConfigError("the XML is no report of ZAP", where=where, mend="export it from ZAP as JSON or XML")
    return reader.report


class _DoctypeError(Exception):
    """A document type was declared."""


class _Reader:
    """Keeps the few elements that are needed."""

    def __init__(self) -> None:
        self.report: dict[str, Any] | None = None
        self._alert: dict[str, str] | None = None
        self._words: list[str] = []

    def doctype(self, *_: Any) -> None:
        raise _DoctypeError

    def start(self, name: str, about: dict[str, str]) -> None:
        self._words = []
        if name == "OWASPZAPReport":
            self.report = {
                "@version": about.get("version", ""),
                "@generated": about.get("generated", ""),
                "created": about.get("created"),
                "site": [],
            }
        elif name == "site" and self.report is not None:
            self.report["site"].append({"@name": about.get("name", ""), "alerts": []})
        elif name == "alertitem":
            self._alert = {}

    def words(self, told: str) -> None:
        self._words.append(told)

    def end(self, name: str) -> None:
        if name == "alertitem" and self.report is not None and self.report["site"]:
            self.report["site"][-1]["alerts"].append(self._alert or {})
            self._alert = None
        elif name in {"pluginid", "alertRef", "riskcode", "confidence"} and self._alert is not None:
            self._alert[name] = "".join(self._words).strip()
        self._words = []


def _time(value: Any) -> datetime | None:
    try:
        return moment(value or "")
    except ValueError:
        return None
