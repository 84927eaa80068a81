"""What every page shares: the head line, the marks of a status, empty and error states, tables and downloads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING

import streamlit as st

from ropewalk.errors import RopewalkError
from ropewalk.views import status_mark

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.pages.state import State

COLOURS = {"fail": "#D55E00", "error": "#CC79A7", "stale": "#E69F00", "unknown": "#8A8F98", "pass": "#009E73", "not_applicable": "#B8BDC6"}
"""Okabe and Ito's palette, told apart with any colour vision; each status has a mark and a word besides."""

_STYLE = """<style>
.block-container {padding-top: 3.6rem; max-width: 1400px}
.rw-tile {border: 1px solid rgba(128,132,149,.3); border-left: .4rem solid var(--c); border-radius: .5rem; padding: .6rem .9rem; min-height: 5.2rem}
.rw-tile b {font-size: 1.9rem; line-height: 1.1; display: block}
.rw-tile span {font-size: .9rem; opacity: .85}
[data-testid="stExpander"] summary p {font-size: 1rem}
</style>"""


_MARKUP = re.compile(r"([\\*_\[\]$<>!|#~:&])")


def words(text: object) -> str:
    """A text as Markdown that shows it as it is: a name from a store makes no link, image or colour. What stands in backticks is code."""
    parts = re.sub("``+", "'", str(text)).split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["'".join(parts[-2:])]
    return "".join(f"`{p}`" if i % 2 else _MARKUP.sub(r"\\\1", p) for i, p in enumerate(parts))


def style() -> None:
    st.html(_STYLE)


def header() -> None:
    """The name of the company, and the clock where it is frozen: a report must never look newer than it is."""
    from ropewalk.pages.state import state

    try:
        now = state()
    except RopewalkError:
        return
    company = now.config.settings.company or now.config.path.parent.name
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.caption(f"**{words(company)}** · policy {words(now.config.settings.policy)}")
    if now.config.settings.as_of:
        right.caption(f":material/schedule: Clock frozen at {now.now:%d %B %Y, %H:%M} UTC by `as_of` in ropewalk.yaml")


def guarded(page: Callable[[State], None]) -> Callable[[], None]:
    """A page that shows an error with its mend instead of a traceback, and never a value."""

    @wraps(page)
    def run() -> None:
        from ropewalk.pages.state import forget, state

        try:
            page(state())
        except RopewalkError as error:
            forget()
            first, *more = error.what.splitlines() or [""]
            where = "`" + error.where.replace("`", "'") + "`" if error.where else ""
            lines = [f"**{words(first)}**", *(words(m.strip()) for m in more), where]
            st.error("  \n".join(line for line in lines if line), icon=":material/error:")
            if error.mend:
                st.info(f"How to mend it: {words(error.mend)}", icon=":material/build:")

    return run


def nothing_yet(what: str) -> None:
    """The empty state: says what would fill the page."""
    st.info(f"{what}  \nRun `ropewalk scan`, then `ropewalk check`; this page fills itself.", icon=":material/hourglass_empty:")


def tile(place: st.delta_generator.DeltaGenerator, number: object, words: str, colour: str) -> None:
    place.html(f'<div class="rw-tile" style="--c:{colour}"><b>{number}</b><span>{words}</span></div>')


def status_column(frame: pd.DataFrame, column: str = "status") -> pd.DataFrame:
    """The frame with words and marks in place of status codes."""
    return frame.assign(**{column: [status_mark(str(s)) for s in frame[column]]})


def table(frame: pd.DataFrame, columns: Mapping[str, str], **more: object) -> None:
    """A table of the named columns under plain headings."""
    shown = frame[list(columns)].rename(columns=dict(columns))
    times = {c: st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm") for c in shown if str(shown[c].dtype).startswith("datetime")}
    st.dataframe(shown, hide_index=True, width="stretch", column_config=times, **more)  # type: ignore[call-overload]


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
