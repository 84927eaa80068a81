"""Record of processing: what is declared, what was found, and where the two disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ropewalk import views
from ropewalk.pages.frame import downloads, guarded, nothing_read, nothing_yet, table, words
from ropewalk.pages.progress import progress
from ropewalk.plurals import counted

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
        if state.scanned and not state.looked:
            nothing_read(state)
        else:
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
            views.placed(shown, state.frames["datasets"]),
            {
                "state": "State", "path": "Field", "place": "In", "what": "Holds", "activity_name": "Activity", "purposes": "Purposes",
                "legal_basis": "Legal basis",
                "collected": "Collected by", "used": "Used", "shared": "Shared with", "transfers": "Transfers",
                "disposal_rule": "Deleted", "retention_verdict": "Retention",
                "owner": "Owner", "next_review": "Next review", "last_seen": "Last seen",
            },
            height=460,
        )  # fmt: skip
    if secrets := int((state.frames["findings"]["category"] == "credential").sum()):
        st.caption(f"{counted(secrets, 'field with credentials has', 'fields with credentials have')} no row: a secret is not data about a person.")
    downloads(record, "record-of-processing", "Record of processing activities", state.about())
    st.subheader("Where record and stores disagree")
    drift = views.drift(state.record)
    if unread := views.unread(state.stores()):
        st.warning(f"{words(unread)}. The page Sources and scans says why.", icon=":material/cloud_off:")
    if drift.empty:
        if state.looked:
            st.success("Nowhere in what was read.", icon=":material/check:")
        else:
            st.info("Unknown: no field has been looked at yet.", icon=":material/help:")
        return
    table(
        views.placed(drift, state.frames["datasets"]),
        {"drift": "Difference", "path": "Field", "place": "In", "what": "Holds", "activity": "Activity", "reason": "Why", "mend": "Mend"},
        height="content" if len(drift) < 12 else 460,
    )
