"""Record of processing: what is declared, what was found, and where the two disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ropewalk import views
from ropewalk.pages.frame import downloads, guarded, nothing_yet, table
from ropewalk.pages.progress import progress

if TYPE_CHECKING:
    from ropewalk.pages.state import State

_MEANING = {
    "undeclared": "found in a store, written in no activity",
    "declared": "written in an activity, not found",
    "observed": "written and found",
}


@guarded
def page(state: State) -> None:
    st.title("Record of processing")
    progress()
    if not state.record:
        nothing_yet("The record is empty: nothing is declared in ropa.yaml, and nothing has been found.")
        return
    record = views.record(state.record)
    counts = record["state"].value_counts()
    choice = st.segmented_control(
        "State",
        ["all", *_MEANING],
        default="all",
        format_func=lambda s: f"{s} ({len(record) if s == 'all' else int(counts.get(s, 0))})",
        key="record-state",
    )
    if choice in _MEANING:
        st.caption(f"{choice}: {_MEANING[choice]}.")
    shown = views.record(state.record, None if choice in (None, "all") else choice)
    if shown.empty:
        st.info("No field is in this state.", icon=":material/check:")
    else:
        table(
            shown,
            {
                "state": "State", "field": "Field", "what": "Holds", "activity_name": "Activity", "purposes": "Purposes",
                "legal_basis": "Legal basis",
                "collected": "Collected by", "used": "Used", "shared": "Shared with", "transfers": "Transfers",
                "disposal_rule": "Deleted", "retention_verdict": "Retention",
                "owner": "Owner", "next_review": "Next review", "last_seen": "Last seen",
            },
            height=460,
        )  # fmt: skip
    head = {"company": state.config.settings.company, "policy": state.config.settings.policy, "as of": f"{state.now:%Y-%m-%d %H:%M} UTC"}
    downloads(record, "record-of-processing", "Record of processing activities", head)
    st.subheader("Where record and stores disagree")
    drift = views.drift(state.record)
    if drift.empty:
        st.success("Nowhere.", icon=":material/check:")
        return
    table(
        drift,
        {"drift": "Difference", "field": "Field", "what": "Holds", "activity": "Activity", "reason": "Why", "mend": "Mend"},
        height="content" if len(drift) < 12 else 460,
    )
