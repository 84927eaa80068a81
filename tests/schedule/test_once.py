"""`ropewalk check --once`: a scan, a check and the alarms as one command, alone, kept in the history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from places import Place, command
from test_lease import handed_to


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.go()
    return made


def once(place: Place, *words: str) -> int:
    return command("check", "--once", *words, "--config", str(place.folder))


def test_it_scans_and_checks(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    code = once(place, "--format", "json")
    out = capsys.readouterr()
    assert json.loads(out.out)["rows"], "one document, of the verdicts"
    assert place.runs() == [("scan", "done"), ("check", "done")]
    with place.register() as register:
        assert list(register.frame("runs")["exit_code"]) == [0, code]
    assert once(place, "--no-scan") == code
    assert place.runs()[2:] == [("check", "done")]


def test_while_another_runs_it_is_left_out_and_that_is_alarmed(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.register().close()
    handed_to(place.folder, "elsewhere:7:1", datetime.now(UTC))
    assert once(place) == 3
    assert "another runner has it" in capsys.readouterr().err
    assert place.runs() == [("scan", "overlapped")]
    handed_to(place.folder, "elsewhere:7:1", datetime(2020, 1, 1, tzinfo=UTC))
    once(place)
    assert any("was left out" in title for title in place.alarms())


def test_a_scan_that_fails_is_kept_and_alarmed(place: Place) -> None:
    file = place.folder / "ropewalk.yaml"
    mac = f"hmac-sha256:1:{'0' * 64}"
    file.write_text(file.read_text() + f'canaries: [{{name: wren, hmac: "{mac}", home: [shop]}}]\n')
    assert once(place) == 2, "the key of the canaries is not here"
    assert place.runs() == [("scan", "failed")]
    assert "the last scan failed (exit code 2)" in place.alarms()
    file.write_text(file.read_text().partition("canaries:")[0])
    once(place)
    assert place.runs()[1:] == [("scan", "done"), ("check", "done")]
