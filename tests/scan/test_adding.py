"""Samples of a field add up in bounded memory, and what may be personal is not lost among millions."""

from __future__ import annotations

import sqlite3
import tracemalloc
from pathlib import Path

import pytest
from quick_judge import quick

from ropewalk.config import Detection, Limits
from ropewalk.model import Dataset, FieldRef, Sample, Source
from ropewalk.plugins import Plugins
from ropewalk.reading import relational
from ropewalk.scan import adding
from ropewalk.scan.adding import Adder, Room
from ropewalk.scan.drawing import look_at

FIELD = FieldRef("s", "d", ("note",))


def sample(values: dict[str, int], method: str = "full") -> Sample:
    return Sample(FIELD, values, sum(values.values()), method=method)


@pytest.mark.parametrize(
    "needle",
    [
        "please write to ann@example.com", "call 212-555-0134 today", "card 4111 1111 1111 1111", "to DE89370400440532013000",
        "from 203.0.113.9", "Atzr|IwEBIAbCdEf0123456789", "password=Tr0ub4dor", "+44 20 7946 0018",
    ],
)  # fmt: skip
def test_one_in_very_many_is_kept(monkeypatch: pytest.MonkeyPatch, needle: str) -> None:
    monkeypatch.setattr(adding, "VALUES", 50)
    adder = Adder(Room())
    for part in range(20):
        values = {f"parcel {part}-{n} is late": 1 for n in range(500)}
        if part in {0, 13}:
            values[needle] = 2
        adder.add(sample(values))
    out = adder.sample()
    assert out.values[needle] == 4
    assert out.rows == 20 * 500 + 4
    assert out.method == "distinct"
    assert 50 <= len(out.values) <= 50 + adding.MARKED  # the needle may be one of the fair part
    assert adder.told is not None
    assert "10,004 rows were read" in adder.told.words
    assert needle not in repr(adder)


def test_a_weaker_part_is_never_hidden_by_a_full_one() -> None:
    adder = Adder(Room())
    for method in ("full", "full", "head"):
        adder.add(sample({"x": 1}, method))
    assert adder.sample().method == "head"
    assert adder.told is None


def test_memory_does_not_grow_with_the_rows_nor_with_the_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "VALUES", 2_000)
    monkeypatch.setattr(adding, "ALL_VALUES", 4_000)
    monkeypatch.setattr(adding, "LEAST", 100)

    def peak(fields: int, parts: int) -> int:
        room = Room()
        adders = [Adder(room) for _ in range(fields)]
        tracemalloc.start()
        for part in range(parts):
            for number, adder in enumerate(adders):
                adder.add(sample({f"row {part} {n} of {number} with some words": 1 for n in range(200)}))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert all(len(a.sample().values) <= room.each for a in adders)
        return top

    few, many = peak(2, 16), peak(2, 96)
    assert many < 1.3 * few
    assert peak(20, 16) < 2.5 * few


def test_every_row_of_a_table_is_read_in_flat_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "VALUES", 500)
    monkeypatch.setattr(relational, "STREAMED", 2_000)
    with sqlite3.connect(tmp_path / "big.db") as database:
        for name, rows in (("small", 5_000), ("large", 25_000)):
            database.execute(f"CREATE TABLE {name} (id INTEGER, note TEXT, state TEXT)")
            numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
            text = "CASE i WHEN 4900 THEN 'write to ann@example.com' ELSE 'parcel ' || i || ' is on its way' END"
            database.execute(f"INSERT INTO {name} {numbers} SELECT i, {text}, CASE i % 3 WHEN 0 THEN NULL ELSE 'sent' END FROM n")
    connector = Plugins.of().connector("sqlite", "test")(Source("s", f"sqlite:///{tmp_path}/big.db"), Limits())
    tops = []
    for dataset in sorted((d for d in connector.datasets() if isinstance(d, Dataset)), key=lambda d: d.name, reverse=True):
        judge = quick(Detection(), Plugins.of())
        tracemalloc.start()
        _, drawn = look_at(connector, dataset, judge, Limits(), exhaustive=True)
        tops.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        note, state = drawn.samples["note",], drawn.samples["state",]
        assert (note.method, state.method) == ("distinct", "full")
        assert (state.rows, state.cells, drawn.rows) == (dataset.rows, note.rows - state.nulls, dataset.rows)
        assert "write to ann@example.com" in note.values
        assert len(note.values) <= 500 + adding.MARKED
    connector.close()
    assert tops[1] < 1.3 * tops[0]
