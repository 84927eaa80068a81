"""Sources and scans: what is looked at, when it was last, what was left out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ropewalk import views
from ropewalk.pages.frame import guarded, nothing_yet, prose, table
from ropewalk.pages.progress import progress

if TYPE_CHECKING:
    from ropewalk.pages.state import State


@guarded
def page(state: State) -> None:
    st.title("Sources and scans")
    progress(by_source=True)
    frames, stores = state.frames, state.stores()
    columns = {
        "source": "Source", "state": "State", "detail": "Detail", "datasets": "Datasets", "fields": "Fields", "personal_fields": "Personal",
        "skipped": "Left out", "last_scan": "Last scan (UTC)", "oldest_read": "Oldest read (UTC)", "environment": "Environment", "owner": "Owner",
        "purpose": "Purpose",
    }  # fmt: skip
    needy = stores["state"].isin(views.UNREAD)
    prose(pd.concat([stores[needy], stores[~needy]]).to_dict("records"), columns)
    if not state.scanned:
        nothing_yet("No source has been scanned yet.")
        return
    st.subheader("Left out")
    left_out = views.skipped(frames["skipped"])
    if left_out.empty:
        st.success("Nothing was left out.", icon=":material/check:")
    else:
        st.caption("What a scan does not look at is not known to be clean.")
        prose(left_out.to_dict("records"), {"source": "Source", "dataset": "Dataset", "path": "Part", "reason": "Why", "mend": "Mend"})
    st.subheader("Last scans")
    scans = views.last_scans(frames["scans"])
    scans = scans.assign(of=[f"{done} of {units}" for done, units in zip(scans["units_done"], scans["units"], strict=True)])
    columns = {
        "started_at": "Started (UTC)",
        "status": "Status",
        "of": "Datasets gone through",
        "rows": "Rows",
        "seconds": "Seconds",
        "scan_id": "Scan",
    }
    table(scans.assign(seconds=scans["seconds"].round(1)), columns, height="content")
