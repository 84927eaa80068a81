"""Whatever the bytes are, a parser gives rows or a ConfigError with a mend; and rows survive the way into the register."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.errors import ConfigError
from ropewalk.inventory import KINDS, read
from ropewalk.inventory.grid import squeezed
from ropewalk.inventory.people import ACCOUNTS, LEAVERS
from ropewalk.inventory.reading import VULNERABILITIES
from ropewalk.register.chain import canonical

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.iterdir())
WORDS = [
    "runs", "results", "tool", "driver", "rules", "invocations", "SchemaVersion", "Results", "Vulnerabilities", "matches", "vulnerability",
    "artifact",
    "source", "target", "bomFormat", "metadata", "tools", "components", "vulnerabilities", "affects", "ratings", "site", "@version", "alerts",
    "Resources", "schemas", "totalResults", "userName", "account", "left_at", "name", "id", "at", "detected_at", "custody", "snapshot", "columns",
    "hostIdentifier", "locations", "properties", "security-severity", "emails", "meta",
]  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["CycloneDX", "2.1.0", "CVE-1", "2026-03-01"])
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5), max_leaves=25)
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10) | st.sampled_from(
    ["2026-03-01", "yes", "active", "1e999", "99999999999", "x" * 400]
)


def fine(kind: str, data: bytes) -> None:
    with suppress(ConfigError):
        for batch in read(kind, data, "f"):
            for row in batch.rows:
                assert canonical(row)
                assert row.key or kind not in {"approved", "leavers"}


@settings(deadline=None)
@given(st.sampled_from(KINDS), st.binary(max_size=200))
def test_any_bytes(kind: str, data: bytes) -> None:
    fine(kind, data)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(KINDS), TREES)
def test_any_json(kind: str, tree: Any) -> None:
    fine(kind, json.dumps(tree).encode())


@settings(deadline=None)
@given(st.sampled_from(FILES), st.sampled_from(KINDS), st.data())
def test_files_that_are_cut_or_changed(file: Path, kind: str, data: st.DataObject) -> None:
    whole = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        if data.draw(st.booleans()):
            whole[place] = data.draw(st.integers(0, 255))
        else:
            del whole[place : place + data.draw(st.integers(1, 40))]
            if not whole:
                return
    fine(kind, bytes(whole))


@settings(deadline=None)
@given(st.lists(st.sampled_from([n for c in (*ACCOUNTS, *LEAVERS, *VULNERABILITIES) for n in c.names]), max_size=5), st.data())
def test_any_cells_under_known_columns(columns: list[str], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(columns, CELLS)), max_size=3))
    for kind in KINDS:
        fine(kind, json.dumps(rows).encode())


@pytest.mark.parametrize("kind", KINDS)
def test_deep_and_endless_json(kind: str) -> None:
    for text in ("[" * 200_000, '{"runs":' * 50_000, '{"a":' * 400 + "1" + "}" * 400, "[" + "9" * 6000 + "]"):
        with pytest.raises(ConfigError):
            read(kind, text.encode(), "f")


def test_columns_are_squeezed_alike() -> None:
    assert {squeezed(n) for n in ("Left at", "left_at", "leftAt", "LEFT-AT", "left.at")} == {"leftat"}
