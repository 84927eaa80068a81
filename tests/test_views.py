"""Views over small frames of the shape that docs/reference/frames.md promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from ropewalk import views
from ropewalk.contracts import Requirement
from ropewalk.model import Environment, ProcessingActivity, Source
from ropewalk.register.frames import DATASETS, FIELDS
from ropewalk.views.verdicts import clause_key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Pack:
    requirements = (
        Requirement("2.1.a", "2.1", "Personal data goes 30 days after delivery.", "pii_retention", mend="delete old rows"),
        Requirement("2.6.a", "2.6", "No personal data in logs.", "no_pii_in_logs"),
        Requirement("2.10.a", "2.10", "An invented clause that sorts last.", "other"),
    )
    titles = {"2.10": "Later", "2.1": "Retention", "2.6": "Logging", "1.1": "Network"}  # noqa: RUF012


POLICY = views.policy_frame(Pack())


def result(clause: str = "2.1", subject: str = "orders/orders", status: str = "pass", **more: object) -> dict[str, object]:
    row = {
        "run_id": "r1", "at": NOW, "control": "pii_retention", "clause": clause, "requirement": f"{clause}.a", "subject": subject,
        "status": status, "reason": f"because {status}", "checked": 10, "failed": 0, "coverage": "full", "mend": "", "details": {},
        "policy": "p", "policy_hash": "h", "as_of": NOW,
    }  # fmt: skip
    return {**row, **more}


def field(path: str, category: str | None = "email", dataset: str = "orders", source: str = "shop", **more: object) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(FIELDS)
    row.update(
        scan_id="s1", source=source, dataset=dataset, path=path, field=f"{source}/{dataset}#{path}", category=category, strength="direct",
        entity="EMAIL_ADDRESS" if category else None, confidence=0.9 if category else 0.1, matched=90, sampled=100, rows=120, bound=0.03,
        method="head", recognisers=["EmailRecognizer"], evidence=["value", "name"], explanation="most cells are e-mails",
        signals=[
            {"kind": "name", "weight": 1.0, "words": "the name says e-mail"},
            {"kind": "value", "weight": 3.0, "words": "90 of 100 cells are e-mails"},
            {"kind": "negative", "weight": -2.0, "words": "some look like order ids"},
            {"kind": "value", "weight": 0.0, "words": "up to 400 characters of each were read"},
        ],
        shapes=["a@a.a"], also=[{"entity": "PERSON", "category": "name", "cells": 4}], lineage="", declared_type="varchar",
        fingerprint="f", observed_at=NOW, decision="", rules_version="1",
    )  # fmt: skip
    return {**row, **more}


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


def test_policy_frame_keeps_every_clause_and_sorts_by_number() -> None:
    assert list(POLICY["clause"]) == ["1.1", "2.1", "2.6", "2.10"]
    assert POLICY.iloc[0]["requirement"] == ""


def test_posture_is_never_green_by_silence() -> None:
    got = views.posture(frame(result()), POLICY).set_index("clause")
    assert list(got.index) == ["1.1", "2.1", "2.6", "2.10"]
    assert dict(got["status"]) == {"1.1": "unknown", "2.1": "pass", "2.6": "unknown", "2.10": "unknown"}
    assert "2.6.a" in got.loc["2.6", "reason"]
    assert got.loc["2.6", "mend"]


def test_a_clause_is_unknown_while_one_requirement_has_no_verdict() -> None:
    policy = pd.concat([POLICY, POLICY[POLICY["clause"] == "2.1"].assign(requirement="2.1.b")])
    got = views.posture(frame(result()), policy).set_index("clause")
    assert got.loc["2.1", "status"] == "unknown"
    assert got.loc["2.1", "passed"] == 1
    assert got.loc["2.1", "unknown"] == 1


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["pass", "fail", "unknown"], "fail"),
        (["pass", "stale", "unknown"], "stale"),
        (["pass", "unknown"], "unknown"),
        (["error", "unknown"], "error"),
        (["pass", "not_applicable"], "pass"),
        (["not_applicable"], "not_applicable"),
    ],
)
def test_a_clause_is_as_good_as_its_weakest_subject(statuses: list[str], expected: str) -> None:
    results = frame(*(result(subject=f"s{i}", status=s) for i, s in enumerate(statuses)))
    got = views.posture(results, POLICY).set_index("clause").loc["2.1"]
    assert got["status"] == expected
    assert got["subjects"] == len(statuses)
    assert sum(got[c] for c in ("passed", "failed", "unknown", "stale", "errors", "not_applicable")) == len(statuses)


def test_the_reason_is_of_the_worst_subject_and_the_mend_falls_back_to_the_policy() -> None:
    results = frame(result(status="fail", subject="a", failed=2), result(status="fail", subject="b", failed=7), result(subject="c"))
    got = views.posture(results, POLICY).set_index("clause").loc["2.1"]
    assert got["reason"] == "b: because fail (and 1 more)"
    assert got["mend"] == "delete old rows"


def test_drill_down() -> None:
    results = frame(result(), result(subject="x", status="fail", failed=3), result("2.6", "log/app", "unknown"))
    assert list(views.requirements(results, POLICY, "2.1")["status"]) == ["fail"]
    assert list(views.requirements(results, POLICY)["requirement"]) == ["2.1.a", "2.6.a", "2.10.a"]
    assert list(views.subjects(results)["subject"]) == ["x", "log/app", "orders/orders"]
    assert list(views.subjects(results, requirement="2.1.a", status="pass")["subject"]) == ["orders/orders"]
    assert views.counts(views.posture(results, POLICY)) == {"fail": 1, "error": 0, "stale": 0, "unknown": 3, "pass": 0, "not_applicable": 0}


def test_findings_filters() -> None:
    fields = frame(field("email"), field("phone", "phone", confidence=0.6), field("sku", None), field("ip", "ip", source="logs", strength="weak"))
    assert len(views.findings(fields)) == 3
    assert len(views.findings(fields, everything=True)) == 4
    assert list(views.findings(fields, source="logs")["path"]) == ["ip"]
    assert list(views.findings(fields, category=["phone", "ip"], min_confidence=0.7)["path"]) == ["ip"]
    assert list(views.findings(fields, strength="weak")["path"]) == ["ip"]
    assert list(views.findings(fields, text="SHOP phone")["path"]) == ["phone"]
    assert len(views.findings(fields, source=[], category=None)) == 3
    row = views.findings(fields, text="shop email").iloc[0]
    assert row["share"] == pytest.approx(0.9)
    assert (row["evidence"], row["what"], row["also"]) == ("value, name", "e-mail", "name (4)")


def test_a_dismissed_finding_is_none() -> None:
    fields = frame(field("email"), field("batch", "phone", decision="dismissed"), field("phone", "phone", decision="confirmed"))
    assert sorted(views.findings(fields)["path"]) == ["email", "phone"]
    assert len(views.findings(fields, everything=True)) == 3
    assert views.findings_by(fields, "source")["findings"].sum() == 2
    assert views.findings_matrix(fields).to_numpy().sum() == 2


def test_explanation_is_strongest_first_and_says_for_or_against() -> None:
    got = views.explain(frame(field("email")), "shop/orders#email")
    assert list(got["speaks"]) == ["for", "against", "for", ""]
    assert list(got["evidence"]) == ["its values", "known look-alikes", "the field's name", "its values"]
    assert views.explain(frame(field("email")), "nowhere").empty


def test_findings_by_and_matrix() -> None:
    fields = frame(field("a"), field("b"), field("c", "ip", source="logs"), field("d", None))
    assert views.findings_by(fields, "category").to_dict("records") == [{"category": "email", "findings": 2}, {"category": "ip", "findings": 1}]
    assert views.findings_matrix(fields).loc["shop", "email"] == 2


def test_diff_names_new_gone_and_changed() -> None:
    before = frame(field("gone"), field("same"), field("kind"), field("surer", confidence=0.5), field("none", None))
    after = frame(field("same", confidence=0.95), field("kind", "phone"), field("surer"), field("new", fingerprint="n"), field("none", None))
    got = views.findings_diff(before, after)
    assert dict(zip(got["field"].str.split("#").str[1], got["change"], strict=True)) == {
        "new": "new", "kind": "changed", "surer": "changed", "gone": "gone",
    }  # fmt: skip
    assert views.findings_diff(after, after).empty


def test_a_field_that_only_took_another_name_is_renamed() -> None:
    before = frame(field("buyer_email", fingerprint="f1"), field("a", fingerprint="f2"))
    after = frame(field("BuyerEmail", fingerprint="f1"), field("a", fingerprint="f2"))
    got = views.findings_diff(before, after)
    assert list(got["change"]) == ["renamed"]
    assert got["field"].iloc[0].endswith("#BuyerEmail")
    assert got["what"].iloc[0].endswith("#buyer_email")
    twice = frame(field("BuyerEmail", fingerprint="f1"), field("BUYER_EMAIL", fingerprint="f1"), field("a", fingerprint="f2"))
    assert sorted(views.findings_diff(before, twice)["change"]) == ["gone", "new", "new"], "which of two it became, nobody knows"


def scan(scan_id: str, **more: object) -> dict[str, object]:
    row = {
        "scan_id": scan_id, "started_at": NOW, "finished_at": NOW + timedelta(seconds=30), "status": "complete", "as_of": NOW, "units": 4,
        "units_done": 4, "rows": 400, "bytes": 4000, "config_hash": "", "rules_version": "1",
    }  # fmt: skip
    return {**row, **more}


def unit(dataset: str, status: str, source: str = "shop", **more: object) -> dict[str, object]:
    row = {
        "scan_id": "s1", "source": source, "dataset": dataset, "status": status, "started_at": NOW, "finished_at": None, "rows": 100, "bytes": 1,
        "error": None,
    }  # fmt: skip
    return {**row, **more}


def test_progress_tells_rate_and_rest() -> None:
    scans = frame(scan("s0"), scan("s1", finished_at=None, status="running", units=10, units_done=4, rows=1000))
    row = views.progress(scans, NOW + timedelta(seconds=20)).iloc[0]
    assert (row["share"], row["rows_per_second"], row["eta_seconds"]) == (0.4, 50.0, 30.0)
    assert views.progress(frame(scan("s0")), NOW).empty
    units = frame(unit("a", "done"), unit("b", "running"), unit("c", "failed", "bucket", error="cannot be read"), unit("d", "pending", "logs"))
    by = views.progress_by_source(units, "s1").set_index("source")
    assert dict(by["state"]) == {"shop": "scanning", "bucket": "done in part", "logs": "waiting"}
    assert by.loc["bucket", "detail"] == "cannot be read"


def test_progress_without_a_finished_unit_promises_nothing() -> None:
    row = views.progress(frame(scan("s1", status="running", units_done=0, finished_at=None)), NOW).iloc[0]
    assert row["eta_seconds"] is None
    assert row["rows_per_second"] == 0


def test_a_stopped_scan_is_not_shown_as_running() -> None:
    stopped = scan("s1", status="stopped", finished_at=None, units=3, units_done=1)
    assert views.progress(frame(stopped), NOW).empty
    assert views.last_look(frame(stopped), frame()) == "last scan 2026-03-01 12:00 UTC, stopped at 1 of 3 datasets · never checked"
    units = frame(unit("a", "done"), unit("b", "stopped"), unit("c", "stopped"))
    assert list(views.progress_by_source(units, "s1")["state"]) == ["scan stopped"]
    got = views.sources([Source("shop", "file://shop")], EMPTY, EMPTY, EMPTY, units).iloc[0]
    assert (got["state"], got["detail"]) == ("scan stopped", "at 1 of 3 datasets; `ropewalk scan` takes it up")


def test_sources_that_were_not_read_are_named() -> None:
    stores = frame({"source": "a", "state": "scanned"}, {"source": "b", "state": "failed"}, {"source": "c", "state": "never scanned"})
    assert views.unread(stores) == "What is in `b`, `c` is unknown: not read by the last scan"
    assert views.unread(stores.head(1)) == ""
    many = frame(*({"source": f"s{i}", "state": "failed"} for i in range(9)))
    assert "`s4` and 4 more is unknown" in views.unread(many)


def test_rows_that_nobody_counted_are_not_none() -> None:
    counted = {**dict.fromkeys(DATASETS), "source": "shop", "dataset": "d", "fields": 3, "rows": 7, "scanned_at": NOW, "read_at": NOW}
    configured = [Source("shop", "file://shop"), Source("bucket", "file://bucket")]
    datasets = frame(counted, {**counted, "source": "bucket", "rows": None}, {**counted, "source": "bucket", "dataset": "e"})
    got = views.sources(configured, datasets, EMPTY, EMPTY, EMPTY)
    assert list(got["rows"]) == [7, None]


def test_a_sign_in_the_name_of_a_sheet_or_a_column_moves_no_field_to_another_dataset() -> None:
    known = views.places_of(frame({"source": "b", "dataset": "x.xlsx#Orders"}, {"source": "b", "dataset": "y.csv"}))
    assert views.place_and_path("b/x.xlsx#Orders#mail", known) == ("b/x.xlsx#Orders", "mail")
    assert views.place_and_path("b/y.csv#Order #", known) == ("b/y.csv", "Order #")
    assert views.place_and_path("c/z#mail", known) == ("c/z", "mail")
    assert views.place_and_path("c", known) == ("c", "")


def test_verdicts_on_a_field_and_its_dataset() -> None:
    given = frame(result(subject="shop/orders"), result(subject="shop/orders#mail", status="fail"), result(subject="shop/other", status="fail"))
    got = views.verdicts_on(given, POLICY, "shop/orders#mail", "shop/orders")
    assert list(got["status"]) == ["fail", "pass"]
    assert set(got["text"]) == {"Personal data goes 30 days after delivery."}


def test_sources_say_their_state() -> None:
    configured = [Source(n, f"file://{n}", owner="Ann", environment=Environment.TEST) for n in ("shop", "bucket", "dead", "new", "gone")]
    datasets = frame(
        *(
            {**dict.fromkeys(DATASETS), "source": s, "dataset": "d", "fields": 3, "rows": 7, "scanned_at": NOW, "read_at": NOW}
            for s in ("shop", "bucket", "old", "gone")
        )
    )
    skipped = frame(
        {"scan_id": "s1", "source": "bucket", "dataset": "x.bin", "path": "", "reason": "no reader", "mend": "", "at": NOW},
        {"scan_id": "s1", "source": "dead", "dataset": "", "path": "", "reason": "cannot be reached", "mend": "start it", "at": NOW},
        {"scan_id": "s2", "source": "gone", "dataset": "", "path": "", "reason": "cannot be reached", "mend": "", "at": NOW + timedelta(hours=1)},
    )
    units = frame(unit("d", "done"), unit("x.bin", "failed", "bucket"))
    got = views.sources(configured, datasets, frame(field("email")), skipped, units).set_index("source")
    assert dict(got["state"]) == {
        "shop": "scanned", "bucket": "scanned in part", "dead": "failed", "new": "never scanned", "old": "not configured", "gone": "failed",
    }  # fmt: skip
    assert got.loc["bucket", "detail"] == "1 dataset failed, 1 left out"
    assert got.loc["dead", "detail"] == "cannot be reached"
    assert got.loc["gone", "detail"] == "cannot be reached; what is shown is of an earlier scan"
    assert got.loc["shop", "personal_fields"] == 1
    assert list(views.skipped(skipped, "dead")["mend"]) == ["start it"]
    assert views.last_scans(frame(scan("s1"))).iloc[0]["seconds"] == 30


def test_record_and_drift() -> None:
    rows = [
        ProcessingActivity("shop/orders#email", "email", "observed", "orders", {"purposes": "ship orders"}),
        ProcessingActivity("shop/orders#fax", "", "declared", "orders", {"drift": "not seen", "drift_reason": "never seen"}),
        ProcessingActivity("logs/app#ip", "ip", "undeclared", "", {"drift": "undeclared", "drift_mend": "declare it"}),
    ]
    table = views.record(rows)
    assert list(table["state"]) == ["undeclared", "declared", "observed"]
    assert table.iloc[2]["purposes"] == "ship orders"
    assert list(views.drift(rows)["drift"]) == ["undeclared", "not seen"]


def test_drift_is_counted_by_place() -> None:
    gap = {"drift": "undeclared", "drift_mend": "declare it"}
    late = ProcessingActivity("shop/orders#email", "email", "observed", "orders", {"drift": "review overdue"})
    rows = [ProcessingActivity(f, "ip", "undeclared", "", gap) for f in ("logs/app#ip", "logs/app#host", "files/a.xlsx#Sheet#name")]
    got = views.drift_places(views.drift([*rows, late]))
    expected = [("undeclared", "files/a.xlsx#Sheet", 1), ("undeclared", "logs/app", 2), ("review overdue", "orders", 1)]
    assert list(got.itertuples(index=False, name=None)) == expected
    assert views.drift_places(views.drift([])).empty


def test_verdicts_for_the_same_reason_are_one_row() -> None:
    results = frame(*(result(subject=f"shop/t{i}", status="fail", reason="old", failed=9 - i) for i in range(5)), result(subject="x"))
    got = views.alike(views.subjects(results), most=3)
    assert list(got["subject"]) == ["shop/t0, shop/t1, shop/t2 and 2 more", "x"]
    assert list(got["subjects"]) == [5, 1]
    assert list(got["status"]) == ["fail", "pass"]
    assert views.alike(views.subjects(frame())).empty


def test_verdicts_whose_mends_differ_only_in_the_subject_stand_together() -> None:
    mend = "keep the key safe; record it: ropewalk attest key_management --subject {} (holds 365 days)"
    given = frame(*(result(subject=s, status="unknown", checked=1, mend=mend.format(s)) for s in ("shop", "bucket")))
    got = views.alike(views.subjects(given))
    assert list(got["subject"]) == ["bucket, shop"]
    assert list(got["mend"]) == [mend.format("SUBJECT")]
    assert list(views.alike(views.subjects(given.head(1)))["mend"]) == [mend.format("shop")]


def test_what_could_not_be_looked_at_was_not_looked_at_in_full() -> None:
    given = frame(result(subject="a", status="unknown", checked=1), result(subject="b", status="unknown", checked=90), result(subject="c"))
    assert dict(views.subjects(given).set_index("subject")["coverage"]) == {"a": "nothing yet", "b": "full", "c": "full"}


def test_a_scan_after_the_check_is_told() -> None:
    results, ended = frame({"at": NOW}), NOW + timedelta(minutes=5)
    assert views.unjudged_scan(results, frame({"finished_at": NOW - timedelta(minutes=5)}, {"finished_at": pd.NaT})) == ""
    assert "its findings are not judged yet" in views.unjudged_scan(results, frame({"finished_at": ended}))
    assert views.unjudged_scan(frame(), frame({"finished_at": ended})) == ""
    assert views.unjudged_scan(results, frame()) == ""


EMPTY = pd.DataFrame()


@pytest.mark.parametrize(
    "view",
    [
        lambda: views.requirements(EMPTY, EMPTY), lambda: views.subjects(EMPTY), lambda: views.posture(EMPTY, EMPTY), lambda: views.findings(EMPTY),
        lambda: views.findings(EMPTY, text="x", source="a", min_confidence=0.5), lambda: views.explain(EMPTY, "x"),
        lambda: views.findings_by(EMPTY, "category"),
        lambda: views.findings_diff(EMPTY, EMPTY),
        lambda: views.sources([], EMPTY, EMPTY, EMPTY, EMPTY), lambda: views.skipped(EMPTY),
        lambda: views.last_scans(EMPTY), lambda: views.progress(EMPTY, NOW), lambda: views.progress_by_source(EMPTY, "x"),
        lambda: views.record([]), lambda: views.drift([]),
    ],
)  # fmt: skip
def test_views_of_nothing_are_empty_with_all_columns(view: object) -> None:
    got = view()  # type: ignore[operator]
    assert got.empty
    assert len(got.columns) > 1


def test_every_category_and_status_has_a_word() -> None:
    from ropewalk.model import Category, Status

    assert all(views.category_word(c) != c or c in {"name", "phone", "purchases", "demographic", "credential"} for c in Category)
    assert all(views.status_mark(s)[0] != "·" for s in Status)
    assert clause_key("2.10.a") > clause_key("2.9.z")
