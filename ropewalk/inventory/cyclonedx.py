"""CycloneDX 1.4+ in JSON: vulnerabilities of a bill of materials, and VEX statements (ECMA-424)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ropewalk.errors import ConfigError
from ropewalk.inventory.cells import moment, place, text
from ropewalk.inventory.rows import OPEN, Batch, Vulnerability
from ropewalk.inventory.severity import image, merged, obj, objs, of_score, of_word, worse

_STATES = {
    "resolved": "resolved", "resolved_with_pedigree": "resolved", "not_affected": "not_affected", "false_positive": "false_positive",
}  # fmt: skip


def is_cyclonedx(data: dict[str, Any]) -> bool:
    return text(data.get("bomFormat")) == "CycloneDX"


def read(data: dict[str, Any], where: str) -> list[Batch]:
    """Raises ConfigError for a bill of materials that says nothing of vulnerabilities: it is no scan, and closes no finding."""
    if not isinstance(data.get("vulnerabilities"), list):
        mend = "export it with vulnerabilities (`trivy image --format cyclonedx --scanners vuln`, `grype -o cyclonedx-json`)"
        raise ConfigError("the bill of materials holds no list of vulnerabilities, so it is no scan", where=where, mend=mend)
    about = obj(data, "metadata")
    return [Batch("cyclonedx", merged(_found(data)), _tool(about), place(image(text(obj(about, "component").get("name")))), _time(about))]


def _found(data: dict[str, Any]) -> Iterator[Vulnerability]:
    names = {text(c.get("bom-ref")): c for c in objs(data, "components") if c.get("bom-ref")}
    for v in objs(data, "vulnerabilities"):
        state = _STATES.get(text(obj(v, "analysis").get("state")), OPEN)
        for ref in [text(a.get("ref")) for a in objs(v, "affects")] or [""]:
            component = names.get(ref, {})
            package, version = purl(text(component.get("purl")) or ref)
            if not text(component.get("purl")).startswith("pkg:") and component.get("name"):
                package, version = text(component.get("name")), text(component.get("version"))
            yield Vulnerability(text(v.get("id")) or "vulnerability", _severity(v), package, "", version, state=state)


def purl(ref: str) -> tuple[str, str]:
    """`pkg:npm/%40scope/name@1.0?x#y`, or a BOM-Link to it, as (name, version), the name as scanners write it:
    with the scope of npm, the group of Maven, without the distribution of a system's package."""
    from urllib.parse import unquote

    told = unquote(ref.rpartition("#")[2] if ref.startswith("urn:cdx:") else ref)
    if not told.startswith("pkg:"):
        return told, ""
    kind, _, path = told.removeprefix("pkg:").split("?", 1)[0].split("#", 1)[0].partition("/")
    name, _, version = path.rpartition("@")
    name, version = (name, version) if name else (path, "")
    if kind in {"deb", "rpm", "apk", "alpm"}:
        name = name.rpartition("/")[2]
    return name.replace("/", ":") if kind == "maven" else name, version


def _severity(v: dict[str, Any]) -> str:
    found = "unknown"
    for rating in objs(v, "ratings"):
        word = of_word(rating.get("severity"))
        found = worse(found, word if word != "unknown" else of_score(rating.get("score")))
    return found


def _tool(about: dict[str, Any]) -> str:
    """The name of the tool; `tools` is a list up to 1.4, an object with components and services after it."""
    tools = about.get("tools")
    listed = objs(about, "tools") or objs(tools, "components") or objs(tools, "services")
    return next((n for t in listed if (n := text(t.get("name")))), "cyclonedx")


def _time(about: dict[str, Any]) -> datetime | None:
    try:
        return moment(about.get("timestamp") or "")
    except ValueError:
        return None
