"""What people say: words that need doing something about, and the exceptions that hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ropewalk import views
from ropewalk.pages.frame import prose
from ropewalk.plurals import counted
from ropewalk.views.attested import NEEDY, STATES

if TYPE_CHECKING:
    from ropewalk.pages.state import State


def people(state: State) -> None:
    """Attestations: how many hold, and those that do not; below, active exceptions."""
    st.subheader("People's words: attestations and exceptions")
    words = state.words
    if words.empty:
        st.caption("The policy asks for no attestation.")
        return
    counts = words["state"].value_counts()
    st.markdown(" · ".join(f"**{counts[s]}** {s}" for s in STATES if s in counts))
    needy = words[words["state"].isin(NEEDY)]
    if len(needy):
        with st.expander(f"{len(needy)} {'needs' if len(needy) == 1 else 'need'} doing", expanded=bool(set(needy["state"]) - {"missing"})):
            shown = needy.assign(kind=needy["kind"].str.replace("_", " "), mend="`" + needy["mend"] + "`")
            columns = {"state": "State", "kind": "What", "subject": "About", "requirements": "Asked by", "valid_until": "Until", "mend": "Mend"}
            prose(shown.to_dict("records"), columns)
    exceptions = views.exceptions(state.frames["exceptions"], state.frames["results"], state.now)
    active = exceptions[exceptions["state"] == "active"]
    if len(active):
        st.markdown(f"**{len(active)}** {'exception holds' if len(active) == 1 else 'exceptions hold'}")
        columns = {"requirement": "Requirement", "subject": "On", "valid_until": "Until", "by": "By", "approver": "Approved by", "reason": "Why"}
        prose(active.to_dict("records"), columns)
    expired = int((exceptions["state"] == "expired").sum())
    if expired:
        st.caption(f"{counted(expired, 'exception has expired and has', 'exceptions have expired and have')} no effect.")
