"""Vulnerabilities: the clocks from first seen, age of scans, releases, and what does not count."""

from __future__ import annotations

from typing import Any

import pytest
from registers import Registered, days

from ropewalk.model import Status


def vulnerability(severity: str = "critical", seen: float = 3, name: str = "CVE-1", **more: Any) -> dict[str, Any]:
    return {"id": name, "severity": severity, "package": "libssl", "seen": seen, **more}


def scanned(*rows: dict[str, Any], age: float = 1, target: str = "app") -> Registered:
    return Registered().imports("vulnerabilities", *rows, age=age, scanner="trivy", target=target)


# 2.7.e Deadlines


@pytest.mark.parametrize(
    ("severity", "seen", "status"),
    [
        ("critical", 6.9, Status.PASS), ("critical", 7.1, Status.FAIL), ("high", 29.9, Status.PASS), ("high", 30.1, Status.FAIL),
        ("unknown", 29.9, Status.PASS), ("unknown", 30.1, Status.FAIL), ("medium", 900, Status.PASS), ("low", 900, Status.PASS),
    ],
)  # fmt: skip
def test_the_clock_runs_from_the_first_day(severity: str, seen: float, status: Status) -> None:
    found = scanned(vulnerability(severity, seen)).one("2.7.e")
    assert found.status == status
    assert found.subject == "trivy of app"
    assert found.failed == (status == Status.FAIL)


def test_the_reason_names_what_is_overdue_the_oldest_first() -> None:
    rows = [vulnerability(seen=10 + n, name=f"CVE-{n}") for n in range(5)]
    found = scanned(*rows, vulnerability("high", 40, "CVE-9")).one("2.7.e")
    assert found.failed == 6
    assert "5 of 5 critical open for more than 7 days" in found.reason
    assert "1 of 1 high open for more than 30 days" in found.reason
    assert "CVE-4 in libssl, first seen" in found.reason
    assert "and 3 more" in found.reason
    assert found.details["critical_overdue"] == 5


def test_what_is_mended_or_does_not_count_passes() -> None:
    closed = vulnerability(seen=90, closed=20)
    excused = [vulnerability(seen=90, name=f"CVE-{s}", state=s) for s in ("not_affected", "false_positive", "suppressed", "resolved")]
    found = scanned(closed, *excused).one("2.7.e")
    assert (found.status, found.details["mended"], found.details["excused"]) == (Status.PASS, 1, 4)
    assert "4 do not count" in found.reason


def test_a_statement_on_the_same_package_excuses_in_every_series() -> None:
    made = scanned(vulnerability(seen=20))
    assert made.one("2.7.e").status == Status.FAIL
    made.imports("vulnerabilities", vulnerability(seen=20, state="not_affected"), scanner="vex", target="app")
    assert {r.subject: r.status for r in made.judge("2.7.e")} == {"trivy of app": Status.PASS, "vex of app": Status.PASS}
    quiet = scanned(vulnerability(seen=20)).imports("vulnerabilities", vulnerability(state="suppressed"), scanner="grype")
    assert quiet.judge("2.7.e")[0].status == Status.FAIL
    other = scanned(vulnerability(seen=20)).imports("vulnerabilities", {**vulnerability(), "package": "zlib", "state": "not_affected"}, scanner="vex")
    assert other.judge("2.7.e")[0].status == Status.FAIL


def test_each_series_has_its_verdict() -> None:
    made = scanned(vulnerability(seen=20)).imports("vulnerabilities", age=50, scanner="zap", target="web")
    assert {r.subject: r.status for r in made.judge("2.7.e")} == {"trivy of app": Status.FAIL, "zap of web": Status.STALE}


def test_reports_that_are_absent_old_or_ended() -> None:
    silent = Registered().one("2.7.e")
    assert (silent.status, silent.subject) == (Status.UNKNOWN, "company")
    assert "ropewalk inventory import vulnerabilities FILE" in silent.mend
    assert Registered().attest("vulnerability_remediation", "company").one("2.7.e").coverage == "attested"
    assert scanned(age=31).one("2.7.e").status == Status.STALE
    assert scanned(vulnerability(seen=40), age=31).one("2.7.e").status == Status.FAIL
    ended = scanned(vulnerability(seen=40), age=2).imports("vulnerabilities", age=1, scanner="trivy", target="app", format="ended")
    assert ended.one("2.7.e").status == Status.UNKNOWN


def test_a_word_does_not_excuse_what_is_overdue() -> None:
    assert scanned(vulnerability(seen=20)).attest("vulnerability_remediation", "company").one("2.7.e").status == Status.FAIL


# 2.7.b Age of scans


@pytest.mark.parametrize(("age", "status"), [(0, Status.PASS), (30, Status.PASS), (31, Status.STALE)])
def test_each_target_is_scanned_every_30_days(age: float, status: Status) -> None:
    assert scanned(age=age).one("2.7.b").status == status


def test_the_newest_report_of_a_series_counts_in_any_order() -> None:
    made = scanned(age=2).imports("vulnerabilities", age=90, scanner="trivy", target="app")
    assert made.one("2.7.b").status == Status.PASS


def test_no_scan_is_unknown_or_a_persons_word() -> None:
    assert Registered().one("2.7.b").status == Status.UNKNOWN
    assert Registered().attest("vulnerability_scan", "company", at=5).one("2.7.b").status == Status.PASS
    assert Registered().attest("vulnerability_scan", "company", at=40).one("2.7.b").status == Status.STALE
    assert scanned(age=40).attest("vulnerability_scan", "company", at=5).one("2.7.b").status == Status.PASS


# 2.7.c Releases


def released(at: float = 10, release: str = "1.4.2", age: float = 1) -> Registered:
    return Registered().imports("changes", {"id": "C", "at": days(at), "release": release}, age=age)


def test_a_release_needs_a_report_that_names_it_before_it() -> None:
    assert released().one("2.7.c").status == Status.FAIL
    for age, status in ((11, Status.PASS), (9, Status.PASS), (8, Status.FAIL)):
        made = released().imports("vulnerabilities", age=age, scanner="trivy", target="app", release="1.4.2")
        assert made.one("2.7.c").status == status, age
    other = released().imports("vulnerabilities", age=11, scanner="trivy", target="app", release="1.4.1")
    assert "1.4.2" in other.one("2.7.c").reason


def test_an_earlier_report_of_the_series_may_be_the_one() -> None:
    made = released().imports("vulnerabilities", age=11, scanner="trivy", target="app", release="1.4.2")
    assert made.imports("vulnerabilities", age=1, scanner="trivy", target="app", release="1.5.0").one("2.7.c").status == Status.PASS


def test_releases_that_are_absent_old_or_unlisted() -> None:
    assert released(at=100).one("2.7.c").status == Status.PASS
    assert released(release="").one("2.7.c").reason.startswith("no release")
    assert Registered().one("2.7.c").status == Status.UNKNOWN
    assert Registered().attest("code_scan", "company").one("2.7.c").status == Status.PASS
    assert released(at=300, age=100).one("2.7.c").status == Status.STALE
