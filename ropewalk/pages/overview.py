"""Overview: how the company stands, clause by clause, what disagrees with the record, and how that has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.express as px
import streamlit as st

from ropewalk import views
from ropewalk.pages.frame import COLOURS, MANY, guarded, nothing_read, nothing_yet, prose, tiles, words
from ropewalk.pages.people import people
from ropewalk.pages.progress import progress
from ropewalk.plurals import counted

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from ropewalk.pages.state import State

_TILES = {"fail": ("clause fails", "clauses fail"), "stale": ("clause stale", "clauses stale"),
          "unknown": ("clause unknown", "clauses unknown"), "pass": ("clause passes", "clauses pass")}  # fmt: skip
_MARKS = {"fail": "red", "error": "violet", "stale": "orange", "unknown": "gray", "pass": "green", "not_applicable": "gray"}

_MOST, _TICKS = 10, 5


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
    personal, gaps = len(state.frames["findings"]), len(drift)
    tiles(
        *((counts[status], labels[counts[status] != 1], COLOURS[status]) for status, labels in _TILES.items()),
        (personal if state.looked else "–", "personal field" if personal == 1 else "personal fields", "#0072B2"),
        (gaps if state.looked or gaps else "–", "gap in the record" if gaps == 1 else "gaps in the record", "#56B4E9"),
    )
    if unread := views.unread(state.stores()):
        st.warning(f"{words(unread)}. The page Sources and scans says why.", icon=":material/cloud_off:")
    if counts["error"]:
        said = counted(counts["error"], "clause")
        st.warning(f"{said} could not be judged because a control broke; what broke is not counted as good.")
    if late := views.unjudged_scan(state.frames["results"], state.frames["scans"]):
        st.warning(late, icon=":material/hourglass_bottom:")
    if borne := int(posture["excused"].sum()):
        said = counted(borne, "verdict is excused for now by an exception, and counted as what it is",
                       "verdicts are excused for now by an exception, and counted as what they are")  # fmt: skip
        st.info(f"{said}, not as a pass.", icon=":material/gavel:")
    for name, note in state.overrides.items():
        st.caption(f":material/tune: Override of **{words(name)}**: {words(note)}")
    clauses, trends = st.columns([3, 2], gap="large")
    with clauses:
        _clauses(state, posture)
    with trends:
        _drift(state, drift)
        _trend(state)
    people(state)


def _clauses(state: State, posture: pd.DataFrame) -> None:
    st.subheader("Clause by clause")
    results = state.frames["results"]
    if results.empty:
        nothing_yet("No control has been checked yet.")
        return
    needs = _by(views.requirements(results, state.policy), "clause")
    verdicts = _by(views.alike(views.subjects(results)), "requirement")
    order = st.segmented_control("Order", ["worst first", "as in the policy"], default="worst first", label_visibility="collapsed", key="order")
    rows = posture.to_dict("records")
    if order != "as in the policy":
        rows.sort(key=lambda r: list(COLOURS).index(str(r["status"])))
    for row in rows:
        clause, status = str(row["clause"]), str(row["status"])
        excused = f" · {row['excused']} excused" if row["excused"] else ""
        told = [counted(row["subjects"], "subject"), *([counted(row["failed"], "failed verdict")] if row["failed"] else [])]
        mark = f":{_MARKS[status]}-badge[{views.status_mark(status)}]"
        with st.expander(f"{mark} **{words(clause)} {words(row['title'])}** · {', '.join(told)}{excused}", expanded=False):
            st.markdown(words(row["reason"]) + (f"  \n**Mend:** {words(row['mend'])}" if row["mend"] else ""))
            for need in needs.get(clause, []):
                st.markdown(f"**{words(need['requirement'])}** {words(need['text'])} — {views.status_mark(str(need['status']))}")
                _subjects(str(need["requirement"]), verdicts.get(str(need["requirement"]), []))


def _by(frame: pd.DataFrame, column: str) -> dict[str, list[dict[str, object]]]:
    """Its rows, by what stands in a column."""
    out: dict[str, list[dict[str, object]]] = {}
    for row in frame.to_dict("records"):
        out.setdefault(str(row[column]), []).append({str(k): v for k, v in row.items()})
    return out


def _subjects(requirement: str, verdicts: list[dict[str, object]]) -> None:
    if not verdicts:
        return
    shown = [{**v, "status": views.status_mark(str(v["status"]))} for v in verdicts[:MANY]]
    prose(shown, {"status": "Verdict", "subject": "Of", "reason": "Why", "coverage": "Looked at", "mend": "Mend", "excused": "Excused"})
    if len(verdicts) > MANY:
        st.caption(f"{len(verdicts) - MANY} more: `ropewalk check --clause {requirement} --all`")


def _drift(state: State, drift: pd.DataFrame) -> None:
    st.subheader("Record against reality")
    if drift.empty and not state.looked:
        nothing_read(state)
        return
    if drift.empty:
        st.success("Everything that was found is declared, and everything declared was found, in what was read.", icon=":material/check:")
        return
    grouped = drift.groupby("drift", sort=False).size()
    st.markdown(" · ".join(f"**{n}** {kind}" for kind, n in grouped.items()))
    places = views.drift_places(drift, state.frames["datasets"])
    prose(places.head(_MOST).to_dict("records"), {"drift": "Difference", "place": "Where", "fields": "Fields"})
    more = f"{len(places) - _MOST} more places, and each" if len(places) > _MOST else "Each"
    st.caption(f"{more} field with its mend, on the page Record of processing.")


def _trend(state: State) -> None:
    st.subheader("Trend")
    verdicts, found = state.frames["checks"], state.frames["trend"]
    if len(verdicts) < 2 and len(found) < 2:
        st.caption("A trend needs two scans or checks; this is the first." if len(verdicts) else "No check has run yet.")
        return
    if len(verdicts) > 1:
        long = verdicts.melt(id_vars=["run_id", "at"], value_vars=[s for s in COLOURS if s in verdicts], var_name="verdict", value_name="verdicts")
        long = long[long["verdicts"] > 0].assign(verdict=lambda f: f["verdict"].map(views.status_word))
        colours = {views.status_word(s): c for s, c in COLOURS.items()}
        chart = px.bar(long, x="run_id", y="verdicts", color="verdict", color_discrete_map=colours, hover_data=["at"])
        some = verdicts.iloc[:: -(-len(verdicts) // _TICKS)]
        chart.update_xaxes(type="category", categoryorder="array", categoryarray=verdicts["run_id"])  # else in the order of the first status
        chart.update_xaxes(tickvals=some["run_id"], ticktext=[f"{at:%d %b}<br>{at:%H:%M}" for at in some["at"]])
        _chart(chart, "verdicts")
    if len(found) > 1:
        lines = found.melt(id_vars=["at"], value_vars=["direct", "weak"], var_name="points", value_name="fields")
        chart = px.line(lines, x="at", y="fields", color="points", line_dash="points", markers=True, color_discrete_sequence=["#0072B2", "#56B4E9"])
        chart.update_xaxes(tickformat="%d %b\n%H:%M", nticks=_TICKS)
        _chart(chart, "personal fields")


def _chart(chart: Figure, label: str) -> None:
    chart.update_layout(height=260, margin={"l": 0, "r": 0, "t": 10, "b": 0}, xaxis_title="", yaxis_title=label, yaxis_rangemode="tozero")
    chart.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": {"text": ""}})
    st.plotly_chart(chart, width="stretch", config={"displayModeBar": False}, key=f"trend-{label}")
