"""The progress of a running scan; it refreshes by itself, and the page with it when the scan ends."""

from __future__ import annotations

import streamlit as st

from ropewalk import views
from ropewalk.pages.state import running, running_sources


def progress(*, by_source: bool = False) -> None:
    """Shows the bar while a scan runs, and looks every few seconds whether one does; by_source: also how far each source is."""
    _bar(by_source)


@st.fragment(run_every=2.0)
def _bar(by_source: bool) -> None:
    now = running().to_dict("records")
    was = st.session_state.get("rw-running")
    st.session_state["rw-running"] = (now[0]["scan_id"], now[0]["units_done"]) if now else None
    if now:
        scan = now[0]
        eta = scan["eta_seconds"]
        left = f", about {round(float(eta))} s left" if eta is not None else ""
        st.progress(
            min(float(scan["share"] or 0.0), 1.0),
            text=f"Scanning: {scan['units_done']} of {scan['units']} datasets, "
            f"{int(scan['rows_per_second'] or 0):,} rows and {views.byte_words(scan['bytes_per_second'] or 0)} a second{left}",
        )
        if by_source:
            _sources(scan["scan_id"])
    if was != st.session_state["rw-running"] and "rw-seen" in st.session_state:
        st.rerun()
    st.session_state["rw-seen"] = True


def _sources(scan_id: object) -> None:
    shown = running_sources(scan_id)
    columns = {
        "source": "Source", "state": "State", "units": "Datasets", "done": "Done", "failed": "Failed", "skipped": "Left out", "rows": "Rows",
        "detail": "Detail",
    }  # fmt: skip
    st.dataframe(shown[list(columns)].rename(columns=columns), hide_index=True, width="stretch", height="content")
