"""`ropewalk demo`: from nothing to a posture; the second time nothing is read again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ropewalk import demo
from ropewalk.cli import main
from ropewalk.reading.filemarks import TICK


@pytest.mark.slow
def test_it_ends_in_a_posture_and_the_second_time_reads_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    demo.place(tmp_path / "company")
    time.sleep(2 * TICK / 1e9)  # a file changed a moment ago gets no mark, and would be read again
    for _ in range(2):
        with pytest.raises(SystemExit) as end:
            main(["demo", "--no-serve", "--dir", str(tmp_path / "company"), "--no-color"])
        assert not end.value.code, "the demo worked, although the sample fails controls"
        said.append(capsys.readouterr())
    first, second = said
    assert "✗ fail" in first.out
    assert "Retention of personal data" in first.out
    assert "frozen clock" in first.err
    assert "failures are planted" in first.err
    assert "unchanged" not in first.err
    assert "; 0 rows in" in " ".join(second.err.split()), "however wide the terminal"
    assert max(len(line) for line in (first.out + second.out).splitlines()) <= 100
