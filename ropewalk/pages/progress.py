"""The progress of a running scan; it refreshes by itself, and the page with it when the scan ends."""

from __future__ import annotations

import streamlit as st

from ropewalk.pages.state import running


def progress() -> None:
    """Shows the bar while a scan runs, and looks every few seconds whether one does."""
    _bar()


@st.fragment(run_every=2.0)
def _bar() -> None:
    now = running().to_dict("records")
    was = st.session_state.get("rw-running")
    st.session_state["rw-running"] = (now[0]["scan_id"], now[0]["units_done"]) if now else None
    if now:
        scan = now[0]
        eta = scan["eta_seconds"]
        left = f", about {round(float(eta))} s left" if eta is not None else ""
        st.progress(
            min(float(scan["share"] or 0.0), 1.0),
            text=f"Scanning: {scan['units_done']} of {scan['units']} datasets, {int(scan['rows_per_second'] or 0):,} rows a second{left}",
        )
    if was != st.session_state["rw-running"] and "rw-seen" in st.session_state:
        st.rerun()
    st.session_state["rw-seen"] = True
