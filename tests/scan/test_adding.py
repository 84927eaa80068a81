"""Samples of a field add up in bounded memory, and what may be personal is not lost among millions."""

from __future__ import annotations

import tracemalloc

import pytest

from ropewalk.model import FieldRef, Sample
from ropewalk.scan import adding
from ropewalk.scan.adding import Adder, Room

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
    assert 51 <= len(out.values) <= 51 + adding.MARKED
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
                adder.add(sample({f"row {part} {n} of {number} with some words": 1 for n in range(500)}))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert all(len(a.sample().values) <= room.each for a in adders)
        return top

    few, many = peak(2, 8), peak(2, 80)
    assert many < 1.3 * few
    assert peak(20, 8) < 2.5 * few
