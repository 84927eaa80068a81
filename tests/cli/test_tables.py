"""Tables on narrow and wide terminals: nothing is lost, short words stay whole, what may be cut is left out first."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ropewalk.cli.render import GAP, Column, fitted, table

COLUMNS = (
    Column("source"),
    Column("check", ratio=2),
    Column("owner", ratio=1, cut=True),
    Column("rows", number=True),
    Column("detail", ratio=5),
    Column("mend", ratio=4),
)
FRAME = pd.DataFrame(
    [
        ("orders-sealed", "encryption in transit", "order-team@example.com", 123456, "a file on this machine: nothing travels", ""),
        ("crm", "reachable", "crm-team@example.com", 7, "the server cannot be reached", "check host and port in the source's uri"),
    ],
    columns=[c.key for c in COLUMNS],
)


def printed(width: int) -> list[str]:
    console = Console(width=width, no_color=True, highlight=False)
    with console.capture() as captured:
        console.print(table(FRAME, COLUMNS, fitted(FRAME, COLUMNS, width)))
    return captured.get().splitlines()


@pytest.mark.parametrize("width", [80, 100, 200])
def test_short_words_and_numbers_stay_whole(width: int) -> None:
    lines = printed(width)
    words = " ".join(lines).split()
    assert {"orders-sealed", "encryption", "transit", "reachable", "123456", "travels", "source's"} <= set(words)
    assert max(map(len, lines)) <= width
    assert ("order-team@example.com" in words) == (width == 200)


def test_a_narrow_terminal_leaves_out_what_may_be_cut() -> None:
    assert "owner" in fitted(FRAME, COLUMNS, 200)
    assert "owner" not in fitted(FRAME, COLUMNS, 60)


@given(st.integers(20, 200))
def test_a_table_is_never_wider_than_its_terminal(width: int) -> None:
    widths = fitted(FRAME, COLUMNS, width)
    assert sum(widths.values()) + GAP * (len(widths) - 1) <= width
    assert min(widths.values()) >= 1


def test_wide_letters_count_for_two() -> None:
    frame = pd.DataFrame({"name": ["日本語の名前"]})
    assert fitted(frame, (Column("name"),), 80) == {"name": 12}
