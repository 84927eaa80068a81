"""Findings: which fields hold personal data, how sure that is, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ropewalk import views
from ropewalk.pages.frame import downloads, guarded, nothing_yet, plain, prose, words
from ropewalk.pages.progress import progress

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.pages.state import State

_COLUMNS = {
    "field": "Field", "what": "Holds", "confidence": "Confidence", "share": "Share of cells", "strength": "Points to a person",
    "decision": "Decision", "matched": "Cells", "sampled": "Looked at", "evidence": "Evidence", "lineage": "Comes from",
}  # fmt: skip

_WIDEST = 560
"""Pixels that the names of fields may take; no other column may be pushed out of sight."""
_STRENGTH = "direct: tells who somebody is; weak: only together with other data"


@guarded
def page(state: State) -> None:
    st.title("Findings")
    progress()
    fields = state.frames["fields"]
    if not state.scanned or fields.empty:
        nothing_yet("No field has been looked at yet.")
        return
    found = _filtered(fields)
    personal = int(fields["category"].notna().sum())
    st.caption(f"{len(found)} of {personal} personal fields; {len(fields)} fields were looked at. Values are never kept, only shapes and counts.")
    if found.empty:
        st.info("No field matches these filters.", icon=":material/filter_alt_off:")
        return
    chosen = st.dataframe(
        plain(found.assign(share=found["share"].round(3)), _COLUMNS),
        hide_index=True,
        width="stretch",
        height="content" if len(found) < 11 else 430,
        on_select="rerun",
        selection_mode="single-row",
        key="findings",
        column_config={
            "Confidence": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
            "Share of cells": st.column_config.NumberColumn(format="percent"),
            "Field": st.column_config.TextColumn(width=min(_WIDEST, 30 + 7 * int(found["field"].str.len().max()))),  # its end tells fields apart
        },
    )
    rows = chosen["selection"]["rows"]
    names = list(found["field"])
    picked = names[rows[0]] if rows and rows[0] < len(names) else st.query_params.get("field")
    field = st.selectbox("Explain a field", names, index=names.index(picked) if picked in names else 0)
    if field:
        _explained(found[found["field"] == field].iloc[0], views.explain(fields, field))
    downloads(found, "findings", "Findings", {"company": state.config.settings.company, "as of": f"{state.now:%Y-%m-%d %H:%M} UTC"})


def _filtered(fields: pd.DataFrame) -> pd.DataFrame:
    personal = fields[fields["category"].notna()]
    text, source, category, strength, least = st.columns([3, 2, 2, 2, 2], vertical_alignment="bottom")
    sought = text.text_input("Search", key="filter-text", placeholder="field, category or explanation")
    sources = source.multiselect("Source", sorted(personal["source"].unique()), key="filter-source", placeholder="all")
    categories = category.multiselect(
        "Holds", sorted(personal["category"].unique()), format_func=views.category_word, key="filter-category", placeholder="all"
    )
    strengths = strength.multiselect("Points to a person", ["direct", "weak"], key="filter-strength", placeholder="all", help=_STRENGTH)
    confidence = least.slider("Confidence at least", 0.0, 1.0, 0.0, 0.05, key="filter-confidence")
    return views.findings(
        fields,
        source=sources or None,
        category=categories or None,
        strength=strengths or None,
        min_confidence=confidence,
        text=sought,
    )


def _explained(row: pd.Series, signals: pd.DataFrame) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(
            f"**{row['what']}**, {row['strength']} · confidence {float(row['confidence']):.0%}  \n"
            f"{int(row['matched'])} of {int(row['sampled'])} filled cells, {int(row['rows'])} rows ({row['method']})  \n"
            + (
                "Every row was looked at."
                if row["method"] == "full"
                else f"At most {float(row['bound']):.2%} of cells could hold something that the sample did not show (95 %)."
            )
        )
        if row["shapes"]:
            shapes = ", ".join(f"`{shape}`" for shape in str(row["shapes"]).replace("`", "'").split(", "))
            st.markdown(f"Masked shapes: {shapes}")
        if row["also"]:
            st.markdown(f"Also in this field: {words(row['also'])}")
        if row["lineage"]:
            st.markdown(f"Marketplace API: {words(row['lineage'])}")
    with right:
        prose(signals.to_dict("records"), {"evidence": "Evidence", "speaks": "Speaks", "weight": "Weight", "words": "What was seen"})
