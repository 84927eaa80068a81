"""The page Watch: alarms, runs and canaries of a register that has some, and what fills it where there is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from test_pages import run, shown

import ropewalk as rw
from ropewalk.alarms.alarm import Alarm
from ropewalk.canaries import FACT
from ropewalk.model import Fact


def watched(company: Path) -> None:
    """Two alarms, three runs and two canaries, one of them seen."""
    with company.open("a") as file:
        file.write('schedule: {scan: "0 3 * * *", timezone: Europe/Berlin}\nalarms: {channels: [{kind: syslog, to: "file://alarms.jsonl"}]}\n')
    with rw.open_register(rw.load_config(company)) as register:
        duties, now = register.duties, datetime.now(UTC)
        made = (Alarm("canary", "canary:wren:x", "seen", "high", "canary wren was seen"), Alarm("drift", "drift:x", "undeclared", "medium", "drift"))
        duties.record_alarms([(a.key, a.state, a.record(), ["syslog"]) for a in made])
        duties.record_delivery("syslog", duties.undelivered("syslog")[:1], "the file cannot be written")
        duties.note_run("scan", now - timedelta(days=1), "missed", "nothing ran when it was due")
        for job, status, code in (("scan", "done", 0), ("check", "failed", 2)):
            duties.end_run(duties.begin_run(job, None), status, code, "the configuration is wrong" if code else "")
        for name in ("wren", "robin"):
            duties.register_canary(name, f"hmac-sha256:1:{'0' * 64}", ["orders"], "ann")
        scan = register.begin_scan(as_of=now, config_hash="x", rules_version="1")
        register.add_source(scan, "staging", [])
        register.record_facts(scan, "staging", [Fact("staging/buyers#note", FACT, {"wren": 1}, now, "HMAC")])
        register.finish_scan(scan, "complete")


@pytest.fixture
def app(company: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    watched(company)
    monkeypatch.setenv("ROPEWALK_CANARY_KEY", "0" * 32)
    return run("watch", company, monkeypatch)


def test_it_shows_alarms_runs_and_canaries(app: AppTest) -> None:
    alarms, schedule, runs, canaries = (d.value for d in app.dataframe)
    assert list(alarms["What"]) == ["drift", "canary wren was seen"]
    assert alarms["Told"].iloc[1] == "pending: syslog (the file cannot be written)"
    assert list(schedule["Schedule"]) == ["0 3 * * *"]
    assert schedule["Next (UTC)"].notna().all()
    assert list(runs["State"]) == ["✗ failed", "✓ done", "~ missed"]
    assert [len(s) for s in canaries["Seen away from home"]] == [0, 1]
    assert list(runs["Detail"]) == ["the configuration is wrong", "complete", "nothing ran when it was due"]
    assert list(runs["Due (UTC)"] == "") == [True, True, False]
    assert "No runner is at it" in shown(app)
    tiles = "".join(h.proto.body for h in app.get("html"))
    assert "<b>2</b><span>runs in seven days" in tiles
    assert "<b>1 of 2</b><span>canaries seen" in tiles


def test_alarms_are_narrowed(app: AppTest) -> None:
    app.button_group(key="watch-severity").set_value(["high"]).run()
    assert list(app.dataframe[0].value["Severity"]) == ["high"]


def test_an_empty_register_says_what_fills_it(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rw.open_register(rw.load_config(company)).close()
    app = run("watch", company, monkeypatch)
    words = shown(app)
    for part in ("check --once", "No channel is configured", "Nothing is scheduled", "canary plant"):
        assert part in words
    assert not app.dataframe


def test_a_register_that_is_gone_damaged_or_brought_back(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app, file = run("watch", company, monkeypatch), company.parent / ".ropewalk" / "register.db"
    assert "Nothing has been scanned yet" in shown(app)
    assert "run `ropewalk scan`" in shown(app)
    assert not file.exists(), "a page makes none"
    watched(company)
    kept = file.read_bytes()
    assert "canary wren was seen" in list(app.run().dataframe[0].value["What"])
    for name in ("register.db", "register.db-wal", "register.db-shm"):
        file.with_name(name).unlink(missing_ok=True)
    file.write_bytes(b"nothing of the kind" * 500)
    assert "the file is damaged" in shown(app.run())
    file.unlink()
    assert "There is no register yet" in shown(app.run())
    file.write_bytes(kept)
    assert "canary wren was seen" in list(app.run().dataframe[0].value["What"])
    assert not app.exception
