"""CSV sniffing: any table written in any dialect is read back; a first row of data is no header."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.reading.formats.delimited import named, sniff

words = st.text(st.characters(categories=["Ll", "Lu"], include_characters=" '-"), min_size=1, max_size=12).map(str.strip).filter(bool)


def written(rows: list[list[str]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(words, min_size=3, max_size=3), min_size=4, max_size=30), st.sampled_from(",\t;|"))
def test_any_dialect_is_told(body: list[list[str]], delimiter: str) -> None:
    found = sniff(written([["order_id", "buyer_name", "city"], *body], delimiter), sure=True)
    assert found is not None
    assert (found.delimiter, found.header) == (delimiter, ("order_id", "buyer_name", "city"))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.booleans())
def test_any_text_is_a_table_or_not(text: str, sure: bool) -> None:
    found = sniff(text, sure=sure)
    assert found is None or found.width >= 1


@pytest.mark.parametrize("first", [["1", "ann@example.com", "2026-01-02"], ["Ann Lee", "Lisbon", "Quay Road"], ["Zoë", "555-0134", "x"]])
def test_a_first_row_of_data_is_no_header(first: list[str]) -> None:
    rows = [first, ["Bo Ek", "Oslo", "Hill Street"], ["Cy Dee", "Rome", "Via Alta"], ["Di Fox", "Bonn", "Am Ring"]]
    found = sniff(written(rows, ","), sure=True)
    assert found is not None
    assert found.header is None
    assert named(found.header, 3) == [("column_1",), ("column_2",), ("column_3",)]


def test_prose_with_commas_is_no_table() -> None:
    assert sniff("Dear Ann, thank you.\nSee you soon, in Rome, I hope.\nYours, Bo\n", sure=False) is None


def test_names_of_columns_that_are_data_are_not_kept() -> None:
    assert named(["id", "ann@example.com", "", "id"], 4) == [("id",), ("column_2",), ("column_3",), ("column_4",)]
