"""Large row groups cost no more than small ones, and no place of a file is out of reach."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ropewalk.config import Limits
from ropewalk.reading.formats import columnar
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.rows import Reading


def drawn(file: Path, turn: int, *, rows: int = 100, limits: Limits | None = None) -> tuple[list[int], Reading]:
    reading = Reading(rows, limits or Limits(), random.Random(turn))
    with file.open("rb") as opened:
        cells = [int(n) for c in columnar.parquet(Blob(opened, "a.parquet"), reading) for n in c.columns["n",]]  # type: ignore[arg-type]
    return cells, reading


def test_of_large_groups_only_the_begin_is_read_but_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "_BEGIN", 200)
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": range(40_000)}), file, row_group_size=4_000)
    places = set()
    for turn in range(12):
        cells, reading = drawn(file, turn)
        assert (reading.method, reading.total) == ("stride", 40_000)
        assert 90 <= len(cells) <= 110
        assert len(set(cells)) == len(cells)
        deep = {n // 4_000 for n in cells if n % 4_000 >= 200}
        assert len(deep) == 1
        places |= deep
    assert len(places) > 3


def test_a_draw_keeps_to_the_bytes_of_the_limit_and_a_small_file_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    noise = [f"{random.Random(n).random()}" * 4 for n in range(8_000)]
    pq.write_table(pa.table({"n": range(8_000), "t": noise}), file, row_group_size=1_000)
    cells, reading = drawn(file, 1, limits=Limits(object_bytes=file.stat().st_size // 3))
    assert 50 <= len(cells) <= 110
    assert not reading.problems
    cells, reading = drawn(file, 1, rows=8_000)
    assert (cells, reading.method) == (list(range(8_000)), "full")
