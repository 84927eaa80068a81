"""How much is read: draws that grow, limits, whole readings."""

from __future__ import annotations

import pytest
from quick_judge import quick
from scan_shop import EXTENSIONS, Shop

from ropewalk.config import Limits
from ropewalk.model import Dataset, FieldRef, Sample, Skipped, Source
from ropewalk.plugins import Plugins
from ropewalk.scan import adding
from ropewalk.scan.drawing import Drawn, look_at
from ropewalk.scan.stores import Stores


def test_draws_grow_until_the_verdict_is_settled(shop: Shop) -> None:
    rows = [f"n{i},{'u@example.com' if i == 1700 else ''}x,k{i}@example.com" for i in range(3000)]
    shop.write("big.csv", *rows, head="name,rare,mail")
    shop.configure(limits="{rows: 50, max_rows: 1000, retries: 0}")
    shop.scan()
    with shop.register as register:
        seen = register.frame("fields").query("dataset == 'big.csv'").set_index("path")
    assert seen.loc["mail", "rows"] == 50
    assert seen.loc["name", "rows"] == 50 + 200 + 750
    assert seen.loc["name", "method"] == "keyed"
    assert shop.scan(exhaustive=True).status == "complete"
    with shop.register as register:
        seen = register.frame("fields").query("dataset == 'big.csv'").set_index("path")
    assert (seen["rows"] == 3000).all()
    assert (seen["method"] == "full").all()
    assert (seen.loc["rare", "category"], seen.loc["rare", "matched"]) == ("email", 1)


def test_a_store_that_tires_leaves_the_first_verdict_and_says_so(shop: Shop) -> None:
    shop.configure(limits="{rows: 2, retries: 0}")
    shop.write("tired.csv", *["x,y@example.com"] * 9, order="!late")
    report = shop.scan()
    assert "shop/tired.csv#mail" in shop.fields()
    assert [s.reason for s in report.skipped] == ["more rows could not be read, so some verdicts rest on 2 rows: the store got tired"]
    assert report.status == "complete"
    assert shop.scan().unchanged == 2


def test_too_many_values_are_told_as_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "VALUES", 10)
    field = FieldRef("s", "d", ("a",))
    drawn = Drawn()
    drawn.take(Sample(field, {f"v{i}-{part}": 2 for i in range(20)}, 45, 5) for part in range(3))
    sample = drawn.samples["a",]
    assert (sample.method, sample.rows, sample.nulls, len(sample.values)) == ("distinct", 135, 15, 10)
    assert set(sample.values.values()) == {2}


def test_a_skip_is_told_once_and_a_whole_reading_replaces_parts() -> None:
    field, drawn, skip = FieldRef("s", "d", ("a",)), Drawn(), Skipped("s", "d", "too deep", "", ("b",))
    drawn.take([Sample(field, {"x": 1}, 1, method="keyed"), skip, skip])
    assert drawn.take([Sample(field, {"x": 1, "y": 1}, 2, method="full"), Sample(FieldRef("s", "d", ("z",)), {"q": 1}, 1)], [("a",)]) == 2
    assert drawn.samples["a",].values == {"x": 1, "y": 1}
    assert drawn.skipped == [skip]


def test_a_fields_whole_draw_is_asked_once() -> None:
    connector = Plugins.of([EXTENSIONS]).connector("folder", "test")(Source("s", f"folder://{EXTENSIONS}"), Limits())
    with pytest.raises(FileNotFoundError):
        look_at(connector, Dataset("s", "none.csv", "file"), quick(None, None), Limits(), exhaustive=False)  # type: ignore[arg-type]


def test_limits_of_datasets_and_twins_are_told(shop: Shop) -> None:
    shop.configure(limits="{datasets: 1, retries: 0}")
    report = shop.scan()
    assert report.units == 1
    assert "more than 1 datasets" in report.skipped[0].reason


def test_stores_are_opened_once_a_scan() -> None:
    stores, plugins = Stores(), Plugins.of([EXTENSIONS])
    source = Source("s", f"folder://{EXTENSIONS}")
    with stores.borrow("1", source, Limits(), plugins) as first:
        with stores.borrow("1", source, Limits(), plugins) as other:
            assert other is not first
        first.list()
    with stores.borrow("1", source, Limits(), plugins) as again:
        assert again is first or again is other
    with stores.borrow("2", source, Limits(), plugins) as fresh:
        assert fresh is not first
    with pytest.raises(ValueError, match="x"), stores.borrow("2", source, Limits(), plugins):
        raise ValueError("x")
    with stores.borrow("2", source, Limits(), plugins) as last:
        assert last is not fresh
    stores.close()
