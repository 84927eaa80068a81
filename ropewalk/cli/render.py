"""What the commands print: data on stdout (table, JSON, CSV), words and progress on stderr; colour never alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from ropewalk.errors import RopewalkError


WORD = 16
"""The longest word that a table keeps whole, in characters."""
GAP = 2
"""The space between columns."""
SHORTEST = 6
"""A column that may be cut is shown from this width on."""


class Format(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a printed table: where from, its heading, its share of what is left; `number` is set right; `cut` ends in … or is left out."""

    key: str
    title: str = ""
    ratio: int | None = None
    number: bool = False
    cut: bool = False

    @property
    def heading(self) -> str:
        return self.title or self.key.replace("_", " ")


STYLE = {
    "fail": "bold red",
    "error": "bold red",
    "stale": "yellow",
    "unknown": "yellow",
    "pass": "green",
    "not_applicable": "dim",
    "undeclared": "bold red",
    "not seen": "yellow",
    "new": "bold",
    "failed": "bold red",
}


@dataclass
class Out:
    """The two streams of a run. `width` is 100 where there is no terminal to ask."""

    no_color: bool = False
    data: Console = field(init=False)
    words: Console = field(init=False)

    def __post_init__(self) -> None:
        self.data = self._console(sys.stdout)
        self.words = self._console(sys.stderr)

    def _console(self, stream: Any) -> Console:
        width = None if stream.isatty() or os.environ.get("COLUMNS") else 100
        return Console(file=stream, no_color=self.no_color or None, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)

    def say(self, *lines: str, style: str = "") -> None:
        """Words for people, on stderr."""
        for line in lines:
            self.words.print(Text(clean(line), style=style))

    def show(
        self,
        frame: pd.DataFrame,
        columns: Sequence[Column],
        form: Format,
        *,
        title: str,
        head: Mapping[str, str] | None = None,
        nothing: str = "Nothing to show.",
        group: str | None = None,
    ) -> None:
        """The frame on stdout: the chosen columns as a table (rows under the headings of `group`), or every column as JSON or CSV."""
        if form is not Format.table:
            from ropewalk.exporters import render

            self.data.file.write(render(frame, form.value, title=title, head=head or {}))
            return
        if frame.empty:
            self.say(nothing)
            return
        widths = fitted(frame, columns, self.data.width)
        if group is None:
            self.data.print(table(frame, columns, widths))
            return
        for i, (name, own) in enumerate(frame.groupby(group, sort=False)):
            self.data.print(Text(("\n" if i else "") + clean(str(name)), style="bold"))
            self.data.print(table(own, columns, widths, header=not i))

    def indented(self, text: str, by: int) -> None:
        """Words as data, wrapped, `by` columns in."""
        for line in wrap(clean(text), max(self.data.width - by, 20), break_on_hyphens=False):
            self.data.print(Text(" " * by + line))

    @contextmanager
    def spinner(self, doing: str) -> Iterator[Callable[[str], None]]:
        """What is being done, on stderr of a terminal; nothing elsewhere."""
        if not self.words.is_terminal:
            yield lambda _: None
            return
        with self.words.status(Text(doing)) as status:
            yield lambda text: status.update(Text(f"{doing} {clean(text)}"))

    def problem(self, error: RopewalkError) -> None:
        """An error: what, where, mend."""
        self.words.print(Text("error: ", style="bold red").append(clean(error.what), style="bold"))
        if error.where:
            self.words.print(Text("  where: ").append(clean(error.where)), soft_wrap=True)
        if error.mend:
            self.words.print(Text("  mend:  ").append(clean(error.mend)), soft_wrap=True)


def table(frame: pd.DataFrame, columns: Sequence[Column], widths: Mapping[str, int], *, header: bool = True) -> Table:
    """The columns that have a width, each as wide as that."""
    from rich import box
    from rich.table import Table

    out = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, GAP - 1, 0, 0), header_style="bold", show_edge=False, show_header=header)
    shown = [c for c in columns if c.key in widths]
    for c in shown:
        out.add_column(
            c.heading,
            justify="right" if c.number else "left",
            overflow="ellipsis" if c.cut else "fold",
            no_wrap=c.cut,
            width=widths[c.key],
        )
    for row in frame.to_dict("records"):
        out.add_row(*(cell(row.get(c.key), c.key) for c in shown))
    return out


def fitted(frame: pd.DataFrame, columns: Sequence[Column], width: int) -> dict[str, int]:
    """Column -> width, in characters. What is short is whole, the rest shares what is left by `ratio`; no short word is broken.

    Where not even that fits, columns that may be cut are left out, and the widest give way.
    """
    cells = {c.key: [Text(c.heading), *(cell(v, c.key) for v in frame.get(c.key, ()))] for c in columns}
    most = {key: max(text.cell_len for text in texts) for key, texts in cells.items()}
    out = {c.key: most[c.key] if c.number else 0 if c.cut else _longest_word(cells[c.key]) for c in columns}
    left = width - sum(out.values()) - GAP * (len(columns) - 1)
    for group in ([c for c in columns if not c.ratio], [c for c in columns if c.ratio]):
        while left > 0 and (open_ := [c for c in group if out[c.key] < most[c.key]]):
            out[min(open_, key=lambda c: out[c.key] / (c.ratio or 1)).key] += 1
            left -= 1
    for c in columns:
        if c.cut and out[c.key] < min(SHORTEST, most[c.key]):
            left += out.pop(c.key) + GAP
    while left < 0 and max(out.values()) > 1:
        out[max(out, key=lambda key: out[key])] -= 1
        left += 1
    return out


def _longest_word(texts: Iterable[Text]) -> int:
    """Its width; what is longer than WORD is a path or an address and may be broken."""
    lengths = (Text(word).cell_len for text in texts for word in text.plain.split())
    return max((n for n in lengths if n <= WORD), default=1)


def cell(value: Any, key: str = "") -> Text:
    """A value as words: numbers short, times to the minute, statuses marked and coloured."""
    if key == "status":
        from ropewalk.views.words import status_mark

        return Text(status_mark(str(value)), style=STYLE.get(str(value), ""))
    if value is None or (not isinstance(value, (list, dict, str)) and value != value):
        return Text("")
    if isinstance(value, datetime):
        return Text(value.strftime("%Y-%m-%d %H:%M"))
    if isinstance(value, float):
        return Text(f"{value:.0f}" if value.is_integer() and abs(value) > 1 else f"{value:.2f}")
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = clean(str(value))
    return Text(text, style=STYLE.get(text, "") if key in {"drift", "state", "change"} else "")


def clean(text: str) -> str:
    """No control character of a hostile name reaches the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "·" for c in text)


def seconds(value: float | None) -> str:
    """`75` -> `1 min 15 s`."""
    if value is None:
        return "unknown"
    whole = int(value)
    if whole < 60:
        return f"{value:.1f} s" if value < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
