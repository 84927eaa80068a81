"""Overview: how the company stands, clause by clause, what disagrees with the record, and how that has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.express as px
import streamlit as st

from ropewalk import views
from ropewalk.pages.frame import COLOURS, guarded, nothing_yet, status_column, table, tile, words
from ropewalk.pages.people import people
from ropewalk.pages.progress import progress

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from ropewalk.pages.state import State

_TILES = (("fail", "clauses fail"), ("stale", "clauses stale"), ("unknown", "clauses unknown"), ("pass", "clauses pass"))
_MARKS = {"fail": "red", "error": "violet", "stale": "orange", "unknown": "gray", "pass": "green", "not_applicable": "gray"}


@guarded
def page(state: State) -> None:
    st.title("Overview")
    progress()
    if not state.scanned:
        nothing_yet("Nothing has been scanned yet.")
        return
    posture = views.posture(state.frames["results"], state.policy)
    drift = views.drift(state.record)
    counts = views.counts(posture)
    places = st.columns(len(_TILES) + 2)
    for place, (status, label) in zip(places, _TILES, strict=False):
        tile(place, counts[status], label, COLOURS[status])
    tile(places[-2], len(state.frames["findings"]), "personal fields", "#0072B2")
    tile(places[-1], len(drift), "gaps in the record", "#56B4E9")
    if counts["error"]:
        st.warning(f"{counts['error']} clauses could not be judged because a control broke; they are not counted as good.")
    if late := views.unjudged_scan(state.frames["results"], state.frames["scans"]):
        st.warning(late, icon=":material/hourglass_bottom:")
    borne = int(posture["excused"].sum())
    if borne:
        st.info(f"{borne} verdicts are excused for now by an exception. They are counted as what they are, not as a pass.", icon=":material/gavel:")
    for name, note in state.overrides.items():
        st.caption(f":material/tune: Override of **{name}**: {note}")
    clauses, trends = st.columns([3, 2], gap="large")
    with clauses:
        _clauses(state, posture)
    with trends:
        _drift(drift)
        people(state)
        _trend(state)


def _clauses(state: State, posture: pd.DataFrame) -> None:
    st.subheader("Clause by clause")
    results = state.frames["results"]
    if results.empty:
        nothing_yet("No control has been checked yet.")
        return
    order = st.segmented_control("Order", ["worst first", "as in the policy"], default="worst first", label_visibility="collapsed", key="order")
    rows = posture.to_dict("records")
    if order != "as in the policy":
        rows.sort(key=lambda r: list(COLOURS).index(str(r["status"])))
    for row in rows:
        clause, status = str(row["clause"]), str(row["status"])
        excused = f" · {row['excused']} excused" if row["excused"] else ""
        verdicts = f"{row['subjects']} subject{'s' if row['subjects'] != 1 else ''}"
        counted = f"{verdicts}, {row['failed']} failed verdict{'s' if row['failed'] != 1 else ''}" if row["failed"] else verdicts
        mark = f":{_MARKS[status]}-badge[{views.status_mark(status)}]"
        with st.expander(f"{mark} **{words(clause)} {words(row['title'])}** · {counted}{excused}", expanded=False):
            st.markdown(words(row["reason"]) + (f"  \n**Mend:** {words(row['mend'])}" if row["mend"] else ""))
            for need in views.requirements(results, state.policy, clause).to_dict("records"):
                st.markdown(f"**{words(need['requirement'])}** {words(need['text'])} — {views.status_mark(str(need['status']))}")
                own = views.subjects(results, requirement=str(need["requirement"]))
                if len(own):
                    table(
                        status_column(own),
                        {
                            "subject": "Subject",
                            "status": "Verdict",
                            "reason": "Why",
                            "failed": "Failed",
                            "checked": "Checked",
                            "coverage": "Looked at",
                            "mend": "Mend",
                        }
                        | ({"excused": "Excused"} if own["excused"].any() else {}),
                        height="content" if len(own) < 8 else 300,
                    )


def _drift(drift: pd.DataFrame) -> None:
    st.subheader("Record against reality")
    if drift.empty:
        st.success("Everything that was found is declared, and everything declared was found.", icon=":material/check:")
        return
    grouped = drift.groupby("drift", sort=False).size()
    st.markdown(" · ".join(f"**{n}** {kind}" for kind, n in grouped.items()))
    table(drift.head(8), {"drift": "Difference", "field": "Field", "what": "Holds", "reason": "Why"}, height="content")
    if len(drift) > 8:
        st.caption(f"{len(drift) - 8} more on the page Record of processing.")


def _trend(state: State) -> None:
    st.subheader("Trend")
    verdicts, found = state.frames["checks"], state.frames["trend"]
    if len(verdicts) < 2 and len(found) < 2:
        st.caption("A trend needs two scans or checks; this is the first." if len(verdicts) else "No check has run yet.")
        return
    if len(verdicts) > 1:
        long = verdicts.melt(id_vars=["run_id", "at"], value_vars=[s for s in COLOURS if s in verdicts], var_name="verdict", value_name="verdicts")
        _chart(px.bar(long, x="at", y="verdicts", color="verdict", color_discrete_map=COLOURS), "verdicts")
    if len(found) > 1:
        _chart(px.line(found, x="at", y=["direct", "weak"], markers=True, color_discrete_sequence=["#0072B2", "#56B4E9"]), "personal fields")


def _chart(chart: Figure, label: str) -> None:
    chart.update_layout(height=260, margin={"l": 0, "r": 0, "t": 10, "b": 0}, legend_title_text="", xaxis_title="", yaxis_title=label)
    st.plotly_chart(chart, width="stretch", config={"displayModeBar": False}, key=f"trend-{label}")
