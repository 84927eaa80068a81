"""Reports of scanners: what each says, in one shape; and nothing of the values in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_lists import at, refused

from ropewalk.inventory import Batch, read
from ropewalk.inventory.cells import place
from ropewalk.inventory.cyclonedx import purl
from ropewalk.inventory.rows import Vulnerability
from ropewalk.inventory.severity import image, merged, of_score, of_word

DATA = Path(__file__).parent / "data"
REPORTS = ("semgrep.sarif", "trivy.json", "grype.json", "cyclonedx.json", "zap.json", "zap.xml")


def report(name: str) -> Batch:
    (found,) = read("vulnerabilities", (DATA / name).read_bytes(), name)
    return found


def changed(name: str, **how: Any) -> list[Batch]:
    data = json.loads((DATA / name).read_text(encoding="utf-8")) | how
    return read("vulnerabilities", json.dumps(data).encode(), name)


@pytest.mark.parametrize(
    ("name", "scanner", "target", "time", "rows"),
    [
        ("semgrep.sarif", "Semgrep OSS", "shop/semgrep", "2026-11-18T08:03:11.120", [
            ("python.sqlalchemy.raw-query", "critical", "", "shop/orders.py", "open", 2),
            ("python.weak-hash", "medium", "", "shop/tokens.py", "suppressed", 1),
        ]),
        ("trivy.json", "trivy", "registry.example.com:5000/shop/app", "2026-11-18T06:00:00.123456", [
            ("CVE-2026-1001", "critical", "libssl3", "debian", "open", 1),
            ("CVE-2026-1002", "unknown", "zlib1g", "debian", "open", 1),
            ("CVE-2026-1003", "high", "jinja2", "app/requirements.txt", "open", 1),
            ("CVE-2026-1004", "high", "urllib3", "app/requirements.txt", "not_affected", 1),
            ("AVD-DS-0002", "high", "", "Dockerfile", "open", 1),
            ("AVD-DS-0026", "low", "", "Dockerfile", "resolved", 1),
            ("aws-access-key-id", "critical", "", "app/settings.py", "open", 1),
        ]),
        ("grype.json", "grype", "shop/app", "2026-11-18T06:00:00.500", [
            ("CVE-2026-1001", "critical", "libssl3", "deb", "open", 1),
            ("GHSA-aaaa-bbbb-cccc", "low", "jinja2", "/usr/lib/python3/site-packages/jinja2", "open", 1),
            ("CVE-2026-1005", "high", "curl", "deb", "suppressed", 1),
        ]),
        ("cyclonedx.json", "depscan", "shop-api", "2026-11-18T05:00:00", [
            ("CVE-2026-1003", "critical", "jinja2", "", "open", 1),
            ("CVE-2026-1004", "high", "urllib3", "", "not_affected", 1),
        ]),
        ("zap.json", "zap", "https://shop.example.com", "2026-11-18T04:00:00", [
            ("ZAP-40018", "high", "", "https://shop.example.com", "open", 1),
            ("ZAP-10038-1", "medium", "", "https://shop.example.com", "false_positive", 1),
        ]),
        ("zap.xml", "zap", "https://shop.example.com", "2026-11-18T04:00:00", [
            ("ZAP-40018", "high", "", "https://shop.example.com", "open", 1),
        ]),
    ],
)  # fmt: skip
def test_each_format_in_one_shape(name: str, scanner: str, target: str, time: str, rows: list[tuple[Any, ...]]) -> None:
    found = report(name)
    assert (found.scanner, found.target, found.observed_at) == (scanner, target, at(time))
    assert [(r.id, r.severity, r.package, r.location, r.state, r.count) for r in found.rows] == rows


@pytest.mark.parametrize("name", REPORTS)
def test_no_value_of_a_report_is_read(name: str) -> None:
    shown = repr(report(name))
    for private in ("jane.buyer", "AKIA", "query built", "SQL Injection", "Title", "email="):
        assert private not in shown


@pytest.mark.parametrize("name", REPORTS)
def test_a_key_is_there_once(name: str) -> None:
    keys = [r.key for r in report(name).rows]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("states", "state"), [(("suppressed", "open"), "open"), (("open", "suppressed"), "open"), (("suppressed", "false_positive"), "suppressed")]
)
def test_a_finding_told_twice_is_open_as_long_as_one_of_them_is(states: tuple[str, str], state: str) -> None:
    (row,) = merged(Vulnerability("CVE-2026-1", severity, "curl", state=said) for said, severity in zip(states, ("low", "high"), strict=True))
    assert (row.state, row.severity, row.count) == (state, "high", 2)


def test_a_new_tag_of_an_image_is_the_same_target_with_the_same_findings() -> None:
    text = (DATA / "trivy.json").read_text(encoding="utf-8").replace("1.4.2", "1.5.0").replace("3.0.14-1", "3.0.14-2")
    (newer,) = read("vulnerabilities", text.encode(), "trivy.json")
    assert newer.target == report("trivy.json").target
    assert [r.key for r in newer.rows] == [r.key for r in report("trivy.json").rows]


def test_a_run_that_did_not_end_well_is_refused() -> None:
    text = (DATA / "semgrep.sarif").read_text(encoding="utf-8").replace('"executionSuccessful": true', '"executionSuccessful": false')
    error = refused("vulnerabilities", text, "s.sarif")
    assert "did not end well" in error.what
    assert error.where == "s.sarif: run 1"


def test_each_run_of_sarif_is_a_series() -> None:
    run = {"tool": {"driver": {"name": "A"}}, "results": []}
    found = changed("semgrep.sarif", runs=[run, {**run, "tool": {"driver": {"name": "B"}}}])
    assert [(b.scanner, b.target, b.observed_at, list(b.rows)) for b in found] == [("A", "", None, []), ("B", "", None, [])]


@pytest.mark.parametrize(
    ("result", "severity"),
    [
        ({"ruleId": "x", "level": "error"}, "high"),
        ({"ruleId": "x"}, "medium"),
        ({"ruleId": "x", "level": "note"}, "low"),
        ({"ruleId": "x", "properties": {"security-severity": "7.0"}}, "high"),
        ({"ruleIndex": 0}, "medium"),
    ],
)
def test_severity_of_sarif(result: dict[str, Any], severity: str) -> None:
    (found,) = changed("semgrep.sarif", runs=[{"tool": {"driver": {"name": "A", "rules": [{"id": "first"}]}}, "results": [result]}])
    assert [r.severity for r in found.rows] == [severity]


def test_suppressions_under_review_leave_a_result_open_and_passed_rules_are_none() -> None:
    results = [
        {"ruleId": "a", "suppressions": [{"status": "underReview"}]},
        {"ruleId": "b", "kind": "pass"},
        {"ruleId": "c", "baselineState": "absent"},
    ]
    (found,) = changed("semgrep.sarif", runs=[{"tool": {}, "results": results}])
    assert [(r.id, r.state) for r in found.rows] == [("a", "open")]


def test_a_plain_list_of_findings() -> None:
    text = "CVE,severity,component,status\nCVE-1,Important,a,open\nCVE-1,Critical,a,not affected\nCVE-2,?,b,\n"
    (found,) = read("vulnerabilities", text.encode(), "list.csv")
    assert [(r.id, r.severity, r.state) for r in found.rows] == [("CVE-1", "critical", "open"), ("CVE-2", "unknown", "open")]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"hello": "world"}', "no report of a known scanner"),
        ("<html></html>", "no report of ZAP"),
        ("<OWASPZAPReport><site>", "not valid XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><OWASPZAPReport/>', "document type"),
        ('<?xml version="1.0" encoding="nonsense"?><x/>', "XML"),
    ],
)
def test_what_is_no_report(text: str, what: str) -> None:
    assert what in refused("vulnerabilities", text, "r").what


def test_scales() -> None:
    assert [of_score(s) for s in (10, "9.0", 7, 6.9, 4, 0.1, 0, "", None, "x", 11, float("nan"))] == [
        "critical", "critical", "high", "medium", "medium", "low", "low", *["unknown"] * 5,
    ]  # fmt: skip
    assert [of_word(w) for w in ("CRITICAL", "Negligible", "moderate", None, "?")] == ["critical", "low", "medium", "unknown", "unknown"]


def test_names_of_images_and_packages() -> None:
    assert [image(n) for n in ("a:1", "r:5000/a", "r:5000/a:1", "a@sha256:ff", ".", "https://x.example.com:8443")] == [
        "a", "r:5000/a", "r:5000/a", "a", ".", "https://x.example.com:8443",
    ]  # fmt: skip
    assert purl("pkg:npm/%40scope/name@1.0?x=y") == ("@scope/name", "1.0")
    assert purl("pkg:deb/debian/curl?arch=amd64") == ("curl", "")
    assert purl("pkg:maven/org.example/lib@2") == ("org.example:lib", "2")
    assert purl("component-7") == ("component-7", "")


def test_places_hold_no_query_user_or_address() -> None:
    assert place("https://ada:secret@shop.example.com/find?email=jane@example.com#x") == "https://shop.example.com/find"
    assert place("exports/jane@example.com/orders.csv") == "exports/*@*/orders.csv"


def test_a_bill_of_materials_is_no_scan() -> None:
    bare = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"timestamp": "2026-11-18T09:00:00Z", "component": {"name": "shop"}},
        "components": [],
    }
    assert "no scan" in refused("vulnerabilities", json.dumps(bare), "sbom.json").what
    (found,) = read("vulnerabilities", json.dumps({**bare, "vulnerabilities": []}).encode(), "sbom.json")
    assert (found.target, list(found.rows)) == ("shop", [])


@pytest.mark.parametrize(
    "name", ["reg.example.com:5000/shop/app:1.4", f"reg.example.com:5000/shop/app:1.5@sha256:{'ab' * 32}", "reg.example.com:5000/shop/app"]
)
def test_an_image_is_one_target_with_tag_and_digest_or_without(name: str) -> None:
    report = {"SchemaVersion": 2, "CreatedAt": "2026-11-18T09:12:33Z", "ArtifactName": name, "ArtifactType": "container_image"}
    (found,) = read("vulnerabilities", json.dumps(report).encode(), "trivy.json")
    assert found.target == "reg.example.com:5000/shop/app"
