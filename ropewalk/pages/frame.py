"""What every page shares: the head line, the marks of a status, empty and error states, tables and downloads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from ropewalk import views
from ropewalk.errors import NoRegisterError, RopewalkError

if TYPE_CHECKING:
    from ropewalk.pages.state import State

COLOURS = {"fail": "#D55E00", "error": "#CC79A7", "stale": "#E69F00", "unknown": "#8A8F98", "pass": "#009E73", "not_applicable": "#B8BDC6"}
"""Okabe and Ito's palette, told apart with any colour vision; each status has a mark and a word besides."""

_CODE = re.compile(r"`([^`]+)`")
MANY = 40
"""Rows from which a table is a grid with a bar to scroll."""
FEW, WORD, SENTENCE = 12, 18, 40
"""Characters up to which words stay on one line, up to which one is kept whole, and from which a cell is a sentence."""

_STYLE = """<style>
.block-container {padding-top: 3.6rem; max-width: 1400px}
.rw-tiles {display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .8rem; margin-bottom: .4rem}
.rw-tile {border: 1px solid rgba(128,132,149,.3); border-left: .4rem solid var(--c); border-radius: .5rem; padding: .6rem .9rem}
.rw-tile b {font-size: 1.9rem; line-height: 1.1; display: block}
.rw-tile span {font-size: .9rem; opacity: .85}
[data-testid="stExpander"] summary p {font-size: 1rem}
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {color: inherit; opacity: .92}
[data-testid="stCaptionContainer"] code {color: inherit; font-size: .9em}
.rw-prose {overflow-x: auto; margin-bottom: .6rem}
.rw-prose table {width: 100%; border-collapse: collapse; font-size: .875rem; line-height: 1.4}
.rw-prose th {text-align: left; font-weight: 600; opacity: .8}
.rw-prose th, .rw-prose td {padding: .35rem .7rem .35rem 0; border: 0; border-bottom: 1px solid rgba(128,132,149,.35); vertical-align: top}
.rw-prose td {overflow-wrap: anywhere; min-width: 4rem}
.rw-prose td.whole {overflow-wrap: normal}
.rw-prose td.short {white-space: nowrap}
.rw-prose td.wide {min-width: 8rem}
.rw-prose td.long {min-width: 11rem}
.rw-prose code {font-size: .9em}
</style>"""


_MARKUP = re.compile(r"([\\*_\[\]$<>!|#~:&])")
_ADDRESS = re.compile(r"(@|\b(?:https?|ftp)(?=:)|\bwww(?=\.))", re.I)
"""What a browser's Markdown makes a link of, even where it is escaped; an invisible sign behind it (U+2060) keeps it from that."""


def words(text: object) -> str:
    """A text as Markdown that shows it as it is: a name from a store makes no link, image or colour. What stands in backticks is code."""
    parts = re.sub("``+", "'", str(text)).split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["'".join(parts[-2:])]
    return "".join(f"`{p}`" if i % 2 else _MARKUP.sub(r"\\\1", _ADDRESS.sub("\\1\u2060", p)) for i, p in enumerate(parts))


def style() -> None:
    st.html(_STYLE)


def header() -> None:
    """The name of the company, how old what is shown is, and the clock where it is frozen: a report must never look newer than it is."""
    from ropewalk.pages.state import state

    try:
        now = state()
    except RopewalkError:
        return
    company = now.config.settings.company or now.config.path.parent.name
    frozen = f" · :material/schedule: Clock frozen at {now.now:%d %B %Y, %H:%M} UTC by `as_of`" if now.config.settings.as_of else ""
    look = words(views.last_look(now.frames["scans"], now.frames["results"]))
    st.caption(f"**{words(company)}** · policy {words(now.config.settings.policy)} · {look}{frozen}")


def guarded(page: Callable[[State], None]) -> Callable[[], None]:
    """A page that shows an error with its mend instead of a traceback, and never a value."""

    @wraps(page)
    def run() -> None:
        from ropewalk.pages.state import forget, state

        try:
            page(state())
        except NoRegisterError as error:
            forget()
            st.title("Nothing has been scanned yet")
            where = error.where.replace("`", "'")
            st.info(f"There is no register yet (`{where}`). To begin, {words(error.mend)}; then reload this page.", icon=":material/hourglass_empty:")
        except RopewalkError as error:
            forget()
            st.title("This page cannot be shown")
            first, *more = error.what.splitlines() or [""]
            where = "`" + error.where.replace("`", "'") + "`" if error.where else ""
            lines = [f"**{words(first)}**", *(words(m.strip()) for m in more), where]
            st.error("  \n".join(line for line in lines if line), icon=":material/error:")
            if error.mend:
                st.info(f"How to mend it: {words(error.mend)}. Then reload this page.", icon=":material/build:")

    return run


def nothing_yet(what: str) -> None:
    """The empty state: says what would fill the page."""
    st.info(f"{what}  \nRun `ropewalk scan`, then `ropewalk check`; this page fills itself.", icon=":material/hourglass_empty:")


def nothing_read(state: State) -> None:
    """The empty state of a company where no field could be looked at, before or after its first scan."""
    if not state.scanned:
        nothing_yet("Nothing has been scanned yet.")
        return
    why = views.unread(state.stores()) or "No dataset was found"
    st.warning(f"{words(why)}: the page Sources and scans says why. Mend that, then run `ropewalk scan`.", icon=":material/cloud_off:")


def tiles(*shown: tuple[object, str, str]) -> None:
    """Numbers in a row, as many side by side as there is room for: (number, what it counts, colour)."""
    each = (
        f'<div class="rw-tile" style="--c:{colour}"><b>{escape(str(number))}</b><span>{escape(what)}</span></div>' for number, what, colour in shown
    )
    st.html(f'<div class="rw-tiles">{"".join(each)}</div>')


def table(frame: pd.DataFrame, columns: Mapping[str, str], **more: object) -> None:
    """A grid to sort, search and scroll, under plain headings; times are in UTC."""
    st.dataframe(plain(frame, columns), hide_index=True, width="stretch", **more)  # type: ignore[call-overload]


def prose(rows: Sequence[Mapping[Any, Any]], columns: Mapping[str, str]) -> None:
    """A table whose sentences can be read whole, for a few rows; many are a grid. What stands in backticks is code."""
    if len(rows) > MANY:
        room = {title: st.column_config.TextColumn(width="medium") for name, title in columns.items() if _uneven([row[name] for row in rows])}
        table(pd.DataFrame(list(rows)), columns, height=400, column_config=room)
        return
    cells = [[str(_words_of(row[name])) for name in columns] for row in rows]
    used = [i for i in range(len(columns)) if any(row[i] for row in cells)]
    titles = list(columns.values())
    head = "".join(f'<th scope="col">{escape(titles[i])}</th>' for i in used)
    body = "".join(f"<tr>{''.join(_td(row[i]) for i in used)}</tr>" for row in cells)
    st.html(f'<div class="rw-prose" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')


def _uneven(cells: Sequence[object]) -> bool:
    """Whether a few cells are much longer than the most: a grid makes its columns as wide as the most, and would cut those off."""
    lengths = sorted(len(str(_words_of(cell))) for cell in cells)
    return lengths[-1] > WORD and lengths[-1] > 2 * lengths[len(lengths) // 2]


def _td(text: str) -> str:
    """A cell: a word or a time is never broken, a sentence has room, and only what is longer than a word (a path) breaks anywhere."""
    whole = all(len(word) <= WORD for word in text.split(" "))
    short = len(text) <= (WORD if " " not in text else FEW)
    room = "long" if len(text) > SENTENCE else "wide" if len(text) > WORD else ""
    kinds = [*["whole"] * whole, *["short"] * short, *[room] * bool(room)]
    shown = _CODE.sub(r"<code>\1</code>", escape(text))
    return f'<td class="{" ".join(kinds)}">{shown}</td>'


def plain(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The columns under their headings, without those that are empty in every row; times to the minute, nothing where nothing is known."""
    shown = frame[list(columns)].rename(columns=dict(columns))
    for name in shown:
        if not str(shown[name].dtype).startswith(("int", "float", "bool")):
            shown[name] = shown[name].astype(object).map(_words_of)
    filled = [name for name in shown if len(shown) == 0 or not shown[name].isin([""]).all()]
    return shown[filled]


def _words_of(value: Any) -> Any:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, float):
        return round(value, 2)
    return f"{value:%Y-%m-%d\u00a0%H:%M}" if isinstance(value, datetime) else value


def downloads(frame: pd.DataFrame, name: str, title: str, head: Mapping[str, str]) -> None:
    """CSV, JSON and Markdown of a frame, written when asked for."""
    from ropewalk.exporters import exporters, render

    places = st.columns(6)
    for place, (export, cls) in zip(places, sorted(exporters().items()), strict=False):
        place.download_button(
            f"Export {export.upper() if len(export) < 5 else export.title()}",
            data=lambda e=export: render(frame, e, title=title, head=head),  # type: ignore[misc]
            file_name=f"{name}{cls.suffix}",
            key=f"download-{name}-{export}",
            width="stretch",
            on_click="ignore",
        )
