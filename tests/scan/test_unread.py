"""Files that a scan cannot read: those that can be mended make it incomplete, those that nobody will ever read do not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from quick_judge import quick

import ropewalk as rw
from ropewalk.cli import main

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
CONFIG = """
workers: 1
detection: {ner: false}
sources: [{name: shop, uri: %s, owner: me, purpose: tests}]
"""


@pytest.fixture(params=["files", "logs"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    (data / "good.log").write_text("2026-11-01T10:00:00Z INFO user=7 mail=ann@example.com\n" * 3)
    (data / "empty.log").write_bytes(b"")
    (data / "logo.png").write_bytes(PNG)
    (data / "sealed.bin").write_bytes(b"Salted__" + bytes(range(200)))
    (data / "link.log").symlink_to(data / "nowhere")
    (tmp_path / "ropewalk.yaml").write_text(CONFIG % f"{request.param}://data")
    return tmp_path


def test_what_nobody_can_read_is_named_and_the_scan_complete(folder: Path) -> None:
    report = rw.scan(folder, judge=quick)
    assert {s.dataset for s in report.skipped if not s.path} == {"empty.log", "logo.png", "sealed.bin", "link.log"}
    assert (report.status, report.exit_code, report.left_out, report.unread) == ("complete", 0, 4, 0)


def test_an_empty_file_leaves_no_question_open(folder: Path) -> None:
    (folder / "data" / "part-1.csv").write_bytes(b"")
    (folder / "data" / "part-2.csv").write_text("order,total\nA-1,9.90\n")
    report = rw.scan(folder, judge=quick)
    assert [s.reason for s in report.skipped if "empty" in s.reason]
    unseen = {r.subject for r in rw.check(rw.load_config(folder)).results if "not looked at" in r.reason}
    assert "shop/sealed.bin" in unseen
    assert not [s for s in unseen if "empty" in s or "part" in s]


def test_a_broken_file_makes_it_incomplete_until_it_is_mended(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = folder / "data" / "broken.log.gz"
    whole = gzip.compress(b"2026-11-01T10:00:00Z INFO user=7\n" * 50)
    broken.write_bytes(whole[:10] + b"\xff" * 30)
    with pytest.raises(SystemExit) as ended:
        main(["scan", "--config", str(folder)])
    told = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 3
    assert "Scan incomplete" in told
    assert "1 dataset could not be read, and what is in there is unknown" in told
    broken.write_bytes(whole)
    assert rw.scan(folder, judge=quick).exit_code == 0
