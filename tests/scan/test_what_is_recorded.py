"""What a scan records and tells, and what it does with what fails."""

from __future__ import annotations

import io
import logging

from quick_judge import quick
from scan_shop import AT, Shop

import ropewalk as rw
from ropewalk.scan import Progress


def test_what_a_scan_records(shop: Shop) -> None:
    report = shop.scan()
    assert (report.status, report.units, report.done, report.fields, report.personal, report.rows) == ("complete", 2, 2, 4, 1, 3)
    assert report.exit_code == 0
    assert shop.fields() == ["shop/a.csv#mail"]
    with shop.register as register:
        facts = register.frame("facts")
        assert facts.set_index("name")["needs"].to_dict() == {"public_access": "", "encrypted_at_rest": "root"}
        found = register.frame("findings").iloc[0]
        assert (found["observed_at"].to_pydatetime(), found["rules_version"], found["sampled"], found["matched"]) == (AT, "quick-1", 1, 1)
        assert register.open_scan() is None


def test_a_path_is_enough_and_the_package_is_callable_after_its_import(shop: Shop) -> None:
    import ropewalk.scan

    assert rw.scan(shop.folder / "ropewalk.yaml", judge=quick).status == "complete"
    assert ropewalk.scan(str(shop.folder), judge=quick).unchanged == 2


def test_progress_tells_every_unit_and_ends_at_all(shop: Shop) -> None:
    told: list[Progress] = []
    shop.scan(on_progress=told.append)
    assert [(p.dataset, p.units_done, p.units) for p in told] == [("", 0, 0), ("a.csv", 1, 2), ("b.csv", 2, 2)]
    assert told[0].eta is None
    assert told[-1].eta == 0
    assert told[-1].bytes == sum(f.stat().st_size for f in shop.data.iterdir())
    told.clear()
    shop.scan(on_progress=told.append)
    assert [(p.dataset, p.units_done, p.units) for p in told][-1] == ("b.csv", 2, 2)


def test_a_bad_dataset_stops_nothing_and_says_why_without_a_value(shop: Shop) -> None:
    shop.write("c.csv", "Cy,zzsecret@example.com", order="!quoting")
    shop.write("d.csv", "Di,di@example.com", order="!denied")
    shop.write("e.csv", "Ed,ed@example.com", order="!source-error 9")
    shop.write("f.csv", "Flo,flo@example.com")
    shop.write("hidden.csv", "x,y")
    report = shop.scan()
    assert (report.status, report.exit_code, report.failed, report.left_out) == ("incomplete", 3, 2, 2)
    assert shop.units() == {
        "a.csv": "done",
        "b.csv": "done",
        "c.csv": "failed",
        "d.csv": "skipped",
        "e.csv": "failed",
        "f.csv": "done",
        "hidden.csv": "skipped",
    }
    told = {s.dataset: (s.reason, s.mend) for s in report.skipped}
    assert told["c.csv"][0].startswith("an unexpected ValueError at folder.py:")
    assert told["e.csv"] == ("the store went away", "start it")
    assert told["d.csv"] == told["hidden.csv"] == ("no right to read it", "grant it")
    with shop.register as register:
        assert dict(zip(register.frame("skipped")["dataset"], register.frame("skipped")["reason"], strict=True)) == {d: t[0] for d, t in told.items()}
    assert "zzsecret" not in repr(report)


def test_a_store_that_comes_back_is_read(shop: Shop) -> None:
    shop.configure(limits="{retries: 1}")
    shop.write("c.csv", "Cy,cy@example.com", order="!source-error 1")
    assert shop.scan().status == "complete"
    assert "shop/c.csv#mail" in shop.fields()


def test_a_source_that_fails_leaves_the_others_and_what_was_known(shop: Shop) -> None:
    bad = [f"- {{name: {n}, uri: '{u}', owner: me, purpose: tests}}" for n, u in (("gone", "folder:///nowhere/at/all"), ("odd", "gopher://x"))]
    shop.configure(sources="\n".join(bad))
    report = shop.scan()
    assert report.status == "incomplete"
    assert {s.source for s in report.skipped} == {"gone", "odd"}
    assert shop.fields() == ["shop/a.csv#mail"]
    (shop.data).rename(shop.folder / "moved")
    again = shop.scan()
    assert {(s.source, s.dataset, s.reason) for s in again.skipped if s.source == "shop"} == {("shop", "", "there is no such folder")}
    assert shop.fields() == ["shop/a.csv#mail"]
    with shop.register as register:
        assert register.frame("skipped")["source"].value_counts().to_dict() == {"shop": 1, "gone": 1, "odd": 1}


def test_facts_that_cannot_be_told_are_skipped(shop: Shop) -> None:
    (shop.data / "no-facts").touch()
    report = shop.scan()
    assert (report.status, report.done) == ("incomplete", 2)
    assert [s.reason for s in report.skipped] == ["what the store says about itself could not be read: facts are not told"]


def test_no_value_reaches_the_register_a_log_or_a_repr(shop: Shop) -> None:
    letters = "quorvelzimth"
    for i, order in enumerate(("", "!quoting", "!denied", "!late", "!source-error 9")):
        shop.write(f"c{i}.csv", *[f"{letters}{chr(97 + j)} Vexmoor,{letters}{j}@example.com" for j in range(20)], order=order)
    shop.configure(limits="{rows: 5, retries: 0}")
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    held = shop.register
    try:
        report = rw.scan(shop.config, held, as_of=AT)
        held.record_results([], at=AT)
        names = {p.name for p in (shop.folder / ".ropewalk").iterdir()}
        assert "register.db-wal" in names
        data = b"".join(p.read_bytes() for p in (shop.folder / ".ropewalk").iterdir()) + log.getvalue().encode() + repr(report).encode()
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(logging.WARNING)
    assert report.personal >= 2
    assert letters.encode() not in data.lower()
    assert b"vexmoor" not in data.lower()
    data += b"".join(repr(held.frame(n).to_dict()).encode() for n in ("fields", "facts", "skipped", "units"))
    assert letters.encode() not in data.lower()
