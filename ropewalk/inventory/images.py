"""Reports of Trivy and Grype (JSON): packages of images, file systems and repositories, misconfigurations, and the kinds of secrets.

Matches of secrets and lines of code are not read. The series is the image or folder without its tag, so that a new release goes on with
the clocks of the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ropewalk.inventory.cells import moment, place, text
from ropewalk.inventory.rows import OPEN, Batch, Vulnerability
from ropewalk.inventory.severity import image, merged, obj, objs, of_word

_STATUS = {"not_affected": "not_affected", "fixed": "resolved", "ignored": "suppressed"}


def is_trivy(data: dict[str, Any]) -> bool:
    return "SchemaVersion" in data and ("ArtifactName" in data or "Results" in data)


def is_grype(data: dict[str, Any]) -> bool:
    return isinstance(data.get("matches"), list)


def trivy(data: dict[str, Any], where: str) -> list[Batch]:
    """`trivy image|fs|repo|config --format json`."""
    target = place(image(text(data.get("ArtifactName"))))
    return [Batch("trivy", merged(_trivy(data)), "trivy", target, _time(data.get("CreatedAt")))]


def _trivy(data: dict[str, Any]) -> Iterator[Vulnerability]:
    for result in objs(data, "Results"):
        # The place of packages of the system names the image with its tag; their type (debian, alpine) does not change with it.
        spot = text(result.get("Type")) if result.get("Class") == "os-pkgs" else place(result.get("Target"))
        for v in objs(result, "Vulnerabilities"):
            # Here a status speaks of the fix: `fixed` says that there is one.
            yield _package(v, spot, "not_affected" if text(v.get("Status")) == "not_affected" else OPEN)
        for m in objs(result, "Misconfigurations"):
            state = OPEN if text(m.get("Status") or "FAIL") == "FAIL" else "resolved"
            yield Vulnerability(text(m.get("AVDID") or m.get("ID")) or "misconfiguration", of_word(m.get("Severity")), location=spot, state=state)
        for s in objs(result, "Secrets"):
            yield Vulnerability(text(s.get("RuleID")) or "secret", of_word(s.get("Severity")), location=spot)
        for held in objs(result, "ExperimentalModifiedFindings"):
            if text(held.get("Type")) == "vulnerability":
                yield _package(obj(held, "Finding"), spot, _STATUS.get(text(held.get("Status")), "suppressed"))


def _package(v: dict[str, Any], spot: str, state: str) -> Vulnerability:
    return Vulnerability(
        text(v.get("VulnerabilityID")) or "vulnerability", of_word(v.get("Severity")), text(v.get("PkgName")), place(v.get("PkgPath")) or spot,
        text(v.get("InstalledVersion")), text(v.get("FixedVersion")), state,
    )  # fmt: skip


def grype(data: dict[str, Any], where: str) -> list[Batch]:
    """`grype TARGET -o json`."""
    target = obj(data, "source").get("target")
    named = target.get("userInput") if isinstance(target, dict) else target
    at = _time(obj(data, "descriptor").get("timestamp"))
    found = [*(_match(m, OPEN) for m in objs(data, "matches")), *(_match(m, "suppressed") for m in objs(data, "ignoredMatches"))]
    return [Batch("grype", merged(found), "grype", place(image(text(named))), at)]


def _match(match: dict[str, Any], state: str) -> Vulnerability:
    about, package = obj(match, "vulnerability"), obj(match, "artifact")
    fixes = obj(about, "fix").get("versions")
    fixed = ", ".join(text(f) for f in fixes) if isinstance(fixes, list) else ""
    spot = place(next(iter(objs(package, "locations")), {}).get("path"))
    if text(package.get("type")) in {"deb", "rpm", "apk"}:
        spot = text(package.get("type"))
    name = text(package.get("name"))
    return Vulnerability(
        text(about.get("id")) or "vulnerability", of_word(about.get("severity")), name, spot, text(package.get("version")), fixed, state
    )


def _time(value: Any) -> datetime | None:
    try:
        return moment(value if value is not None else "")
    except ValueError:
        return None
