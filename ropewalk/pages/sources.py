"""Sources and scans: what is looked at, when it was last, what was left out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ropewalk import views
from ropewalk.pages.frame import guarded, nothing_yet, table
from ropewalk.pages.progress import progress

if TYPE_CHECKING:
    from ropewalk.pages.state import State


@guarded
def page(state: State) -> None:
    st.title("Sources and scans")
    progress(by_source=True)
    frames = state.frames
    stores = views.sources(state.config.sources(), frames["datasets"], frames["findings"], frames["skipped"], frames["last_units"])
    table(
        stores,
        {
            "source": "Source", "state": "State", "last_scan": "Last scan", "oldest_read": "Oldest read", "datasets": "Datasets", "fields": "Fields",
            "personal_fields": "Personal fields",
            "skipped": "Left out", "environment": "Environment", "purpose": "Purpose", "owner": "Owner", "detail": "Detail",
        },
        height="content",
    )  # fmt: skip
    if not state.scanned:
        nothing_yet("No source has been scanned yet.")
        return
    st.subheader("Left out")
    left_out = views.skipped(frames["skipped"])
    if left_out.empty:
        st.success("Nothing was left out.", icon=":material/check:")
    else:
        st.caption("What a scan does not look at is not known to be clean.")
        table(
            left_out,
            {"source": "Source", "dataset": "Dataset", "path": "Part", "reason": "Why", "mend": "Mend"},
            height="content" if len(left_out) < 10 else 400,
        )
    st.subheader("Last scans")
    table(
        views.last_scans(frames["scans"]),
        {
            "started_at": "Started",
            "status": "Status",
            "units_done": "Datasets done",
            "units": "of",
            "rows": "Rows",
            "seconds": "Seconds",
            "scan_id": "Scan",
        },
        height="content",
    )
