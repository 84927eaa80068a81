"""SARIF 2.1.0 (OASIS): one series a run. Messages and snippets are not read: they quote code and data.

A finding is a rule in a file: lines move, and fingerprints change with the code around. Level error counts as high where no
`security-severity` is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ropewalk.errors import ConfigError
from ropewalk.inventory.cells import moment, place, text
from ropewalk.inventory.rows import OPEN, Batch, Vulnerability
from ropewalk.inventory.severity import merged, obj, objs, of_score, of_word


def is_sarif(data: dict[str, Any]) -> bool:
    return isinstance(data.get("runs"), list) and ("sarif" in text(data.get("$schema")).lower() or text(data.get("version")).startswith("2."))


def read(data: dict[str, Any], where: str) -> list[Batch]:
    """Raises ConfigError for a run that did not end well: what it did not find is no proof."""
    out = []
    for number, run in enumerate(objs(data, "runs"), 1):
        invocations = objs(run, "invocations")
        if any(i.get("executionSuccessful") is False for i in invocations):
            raise ConfigError("the scan did not end well (executionSuccessful is false)", where=f"{where}: run {number}", mend="scan again")
        driver = obj(run, "tool", "driver")
        out.append(Batch("sarif", merged(_results(run)), text(driver.get("name")) or "sarif", _target(run), _time(invocations)))
    return out


def _results(run: dict[str, Any]) -> Iterator[Vulnerability]:
    tool = obj(run, "tool")
    rules = objs(obj(tool, "driver"), "rules") + [r for e in objs(tool, "extensions") for r in objs(e, "rules")]
    known = {text(r.get("id")): r for r in rules}
    for result in objs(run, "results"):
        if text(result.get("kind")) in {"pass", "informational", "notApplicable"} or text(result.get("baselineState")) == "absent":
            continue
        rule_id = text(result.get("ruleId")) or text(obj(result, "rule").get("id")) or _by_index(result, rules)
        state = "suppressed" if _suppressed(result) else OPEN
        yield Vulnerability(rule_id or "rule", _severity(result, known.get(rule_id, {})), location=_location(result), state=state)


def _by_index(result: dict[str, Any], rules: list[dict[str, Any]]) -> str:
    index = result.get("ruleIndex")
    return text(rules[index].get("id")) if isinstance(index, int) and 0 <= index < len(rules) else ""


def _suppressed(result: dict[str, Any]) -> bool:
    """All suppressions accepted; those under review or rejected leave it open."""
    given = objs(result, "suppressions")
    return bool(given) and all(text(s.get("status")) in {"", "accepted"} for s in given)


def _severity(result: dict[str, Any], rule: dict[str, Any]) -> str:
    for holder in (result, rule):
        score = obj(holder, "properties").get("security-severity")
        if (found := of_score(score)) != "unknown":
            return found
    return of_word(text(result.get("level")) or text(obj(rule, "defaultConfiguration").get("level")) or "warning")


def _location(result: dict[str, Any]) -> str:
    first = next(iter(objs(result, "locations")), {})
    return place(obj(first, "physicalLocation", "artifactLocation").get("uri"))


def _target(run: dict[str, Any]) -> str:
    """The repository; else the category of the run, without its number."""
    for control in objs(run, "versionControlProvenance"):
        if found := place(control.get("repositoryUri")):
            return found
    category = text(obj(run, "automationDetails").get("id"))
    return category.rpartition("/")[0] or category


def _time(invocations: list[dict[str, Any]]) -> datetime | None:
    """The earliest end of an invocation; None where it is not told."""
    told = []
    for invocation in invocations:
        try:
            told.append(moment(invocation.get("endTimeUtc") or invocation.get("startTimeUtc") or ""))
        except ValueError:
            continue
    return min((t for t in told if t), default=None)
