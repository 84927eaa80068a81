"""The dashboard: five pages over the views. `show()` is all that app.py calls.

The pages read the register and write nothing; they refresh themselves while a scan runs.
"""

from __future__ import annotations

from pathlib import Path


def show() -> None:
    """Sets up the navigation and runs the page that is open."""
    import streamlit as st

    from ropewalk.pages import findings, overview, record, sources, watch
    from ropewalk.pages.frame import header, style

    st.set_page_config(page_title="Ropewalk", page_icon=str(Path(__file__).parent / "icon.svg"), layout="wide", initial_sidebar_state="collapsed")
    style()
    page = st.navigation(
        [
            st.Page(overview.page, title="Overview", icon=":material/dashboard:", default=True),
            st.Page(findings.page, title="Findings", icon=":material/search:", url_path="findings"),
            st.Page(record.page, title="Record of processing", icon=":material/menu_book:", url_path="record"),
            st.Page(sources.page, title="Sources and scans", icon=":material/database:", url_path="sources"),
            st.Page(watch.page, title="Watch", icon=":material/notifications:", url_path="watch"),
        ],
        position="top",
    )
    header()
    page.run()
