"""Nested values: paths, data keys, encodings, and that nothing hostile raises."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.model import path_text
from ropewalk.reading.nested import DEEP, NODES, flatten, looks_like_json


def leaves(value: Any, depth: int = 20) -> dict[str, list[str | None]]:
    out: dict[str, list[str | None]] = {}
    for path, text in flatten(value, depth=depth):
        out.setdefault(path_text(path), []).append(text)
    return out


def test_paths_of_an_order() -> None:
    order = {"buyer": {"email": "ann@example.com"}, "items": [{"sku": "A", "n": 1}, {"sku": "B", "n": 2.50}], "ok": True, "gone": None}
    assert leaves(json.dumps(order)) == {"buyer.email": ["ann@example.com"], "items[].sku": ["A", "B"], "items[].n": ["1", "2.5"], "ok": ["true"],
                                         "gone": [None]}  # fmt: skip


def test_keys_that_are_data_become_stars() -> None:
    found = {"{key}": ["ann@example.com", "1234567", "Ann Lee"], "*.phone": ["x"], "*": ["y", "z"], "seller.name": ["w"]}
    assert leaves({"ann@example.com": {"phone": "x"}, "1234567": "y", "Ann Lee": "z", "seller": {"name": "w"}}) == found


def test_a_key_that_stands_twice_keeps_both() -> None:
    assert leaves('{"a": "one", "a": "two"}') == {"a": ["one", "two"]}


@pytest.mark.parametrize("pack", [lambda b: b, gzip.compress, zlib.compress])
def test_labels_in_base64_are_opened(pack: Any) -> None:
    zpl = "^XA^FDAnn Lee^FS^FD12 Quay Road^FS^XZ"
    assert leaves({"label": {"content": base64.b64encode(pack(zpl.encode())).decode()}}) == {"label.content": [zpl]}


def test_json_in_strings_is_opened_to_the_bound() -> None:
    text = json.dumps({"a": json.dumps({"b": json.dumps({"c": "x"})})})
    assert leaves(text) == {"a.b.c": ["x"]}


def test_what_is_deeper_than_the_bound_is_one_text() -> None:
    assert leaves('{"a":' * 50 + '"ann@example.com"' + "}" * 50, depth=2) == {"a.a": ['{"a": ' * 48 + '"ann@example.com"' + "}" * 48]}
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    ((_, text),) = flatten(deep, depth=5)
    assert text is DEEP


@pytest.mark.parametrize(
    "text",
    ["{" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a": NaN}', '{"a": 1e999999}', '{"a": '  + "9" * 10_000 + "}",
     '{"a": "\\ud800"}', '{"a": "\\x"}', "{}",
     "[]", "", json.dumps({f"k{n}": n for n in range(100_000)}), "H4sIAAAAAAAAAAAAAAAAAAAAAAAA", b"\x1f\x8b\x08broken", b"\xff\xfe"],
)  # fmt: skip
def test_hostile_values_never_raise(text: Any) -> None:
    assert sum(map(len, leaves(text).values())) <= NODES


def test_looks_like_json() -> None:
    assert looks_like_json(['{"a": 1}', "[1]", "{}"])
    assert not looks_like_json(["a", "{", "12", '{"a": 1}'])
    assert not looks_like_json([])


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@settings(max_examples=150, deadline=None)
@given(documents)
def test_any_document_gives_paths_and_texts(document: Any) -> None:
    for value in (document, json.dumps(document)):
        for path, text in flatten(value):
            assert all(isinstance(p, str) for p in path)
            assert text is None or isinstance(text, str)


@settings(max_examples=150, deadline=None)
@given(st.binary() | st.text())
def test_any_bytes_give_paths_and_texts(value: bytes | str) -> None:
    assert all(text is None or isinstance(text, str) for _, text in flatten(value))
