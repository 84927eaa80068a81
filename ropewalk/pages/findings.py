"""Findings: which fields hold personal data, how sure that is, and why."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import streamlit as st

from ropewalk import views
from ropewalk.pages.frame import downloads, guarded, nothing_read, plain, prose, words
from ropewalk.pages.progress import progress
from ropewalk.plurals import counted

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.pages.state import State

_COLUMNS = {
    "path": "Field", "place": "In", "what": "Holds", "confidence": "Confidence", "share": "Share of cells", "strength": "Points to a person",
    "decision": "Steward's word", "matched": "Cells", "sampled": "Looked at", "evidence": "Evidence", "lineage": "Comes from",
    "observed_at": "Seen (UTC)",
}  # fmt: skip

_WIDEST = 420
"""Pixels that the names of fields may take; no other column may be pushed out of sight."""
_STRENGTH = "direct: tells who somebody is; weak: only together with other data"


@guarded
def page(state: State) -> None:
    st.title("Findings")
    progress()
    fields = state.frames["fields"]
    if not state.looked:
        nothing_read(state)
        return
    personal, dismissed = views.findings(fields), int((fields["decision"] == "dismissed").sum())
    found = _filtered(fields, personal)
    by_word = f", {dismissed} of them dismissed by a steward" if dismissed else ""
    st.caption(
        f"{len(found)} of {counted(len(personal), 'personal field')}; "
        f"{counted(len(fields), 'field was', 'fields were')} looked at{by_word}. Values are never kept, only shapes and counts."
    )
    if personal.empty:
        st.info("Nothing personal was found in what was looked at.", icon=":material/search:")
        return
    if found.empty:
        st.info("No field matches these filters.", icon=":material/filter_alt_off:")
        return
    chosen = st.dataframe(
        plain(found.assign(share=found["share"].round(3), place=found["source"] + "/" + found["dataset"]), _COLUMNS),
        hide_index=True,
        width="stretch",
        height="content" if len(found) < 11 else 430,
        on_select="rerun",
        selection_mode="single-row",
        key="findings",
        column_config={
            "Field": st.column_config.TextColumn(width=min(_WIDEST, 40 + 7 * int(found["path"].str.len().max()))),  # its end tells fields apart
            "Confidence": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
            "Share of cells": st.column_config.NumberColumn(format="percent"),
        },
    )
    rows = chosen["selection"]["rows"]
    names = list(found["field"])
    picked = names[rows[0]] if rows and rows[0] < len(names) else st.query_params.get("field")
    field = st.selectbox("Explain a field", names, index=names.index(picked) if picked in names else 0)
    if field:
        row = found[found["field"] == field].iloc[0]
        _explained(row, views.explain(fields, field))
        _judged(state, row)
    downloads(found, "findings", "Personal data found", state.about())


def _filtered(fields: pd.DataFrame, personal: pd.DataFrame) -> pd.DataFrame:
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
            f"{int(row['matched'])} of {counted(int(row['sampled']), 'filled cell')}, {counted(int(row['rows']), 'row')} "
            f"({row['method']}), seen {row['observed_at']:%Y-%m-%d %H:%M} UTC  \n"
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


def _judged(state: State, row: pd.Series) -> None:
    """What the policy asks of the field's dataset and how that stands, and how a steward says that a finding is right or wrong."""
    verdicts = views.verdicts_on(state.frames["results"], state.policy, row["field"], f"{row['source']}/{row['dataset']}")
    st.markdown(f"**What the policy asks of {words(row['source'])}/{words(row['dataset'])}**")
    if verdicts.empty:
        st.caption("Not judged yet: run `ropewalk check`.")
    shown = verdicts.assign(status=verdicts["status"].map(views.status_mark), asked=verdicts["requirement"] + " " + verdicts["text"])
    prose(shown.to_dict("records"), {"status": "Verdict", "asked": "Requirement", "reason": "Why", "mend": "Mend"})
    st.caption("Is the finding wrong, or surely right? Say so; your word is kept over later scans.")
    st.code(
        f"ropewalk findings dismiss {quote(row['field'])} --reason WHY\nropewalk findings confirm {quote(row['field'])} --reason WHY", language="sh"
    )
