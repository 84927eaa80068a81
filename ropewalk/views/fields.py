"""Findings: which fields hold personal data, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from ropewalk.register.frames import FIELDS
from ropewalk.views.shapes import is_missing, number_of, personal, rows, shaped, text_of
from ropewalk.views.words import category_word

FINDINGS = (
    "field", "source", "dataset", "path", "category", "what", "entity", "strength", "confidence", "share", "matched", "sampled", "rows",
    "bound", "method", "evidence", "explanation", "lineage", "shapes", "also", "declared_type", "decision", "observed_at", "fingerprint",
    "scan_id",
)  # fmt: skip
EXPLAIN = ("evidence", "speaks", "weight", "words")
_KIND = {
    "name": "the field's name",
    "value": "its values",
    "checksum": "checksums of its values",
    "lineage": "the marketplace API",
    "neighbours": "the fields beside it",
    "type": "its data type",
    "negative": "known look-alikes",
}


def findings(
    fields: pd.DataFrame,
    *,
    source: str | Collection[str] | None = None,
    category: str | Collection[str] | None = None,
    strength: str | Collection[str] | None = None,
    min_confidence: float = 0.0,
    text: str = "",
    everything: bool = False,
) -> pd.DataFrame:
    """A row a field, surest first. `fields` is the frame `findings` or `fields`; without `everything`, only personal ones.

    text: words that must all occur in the field, category, entity, lineage or explanation; share: matched/sampled;
    what: the category in words; evidence, shapes and also are text here, ready to show and to export.
    """
    out = shaped(fields, FIELDS)
    if not everything:
        out = personal(out)
    for column, wanted in (("source", source), ("category", category), ("strength", strength)):
        if wanted is not None and len(wanted):
            out = out[out[column].isin([wanted] if isinstance(wanted, str) else [str(w) for w in wanted])]
    if min_confidence > 0:
        out = out[out["confidence"].map(number_of) >= min_confidence]
    matched, sampled = out["matched"].map(number_of), out["sampled"].map(number_of)
    out = out.assign(
        what=out["category"].map(lambda c: category_word(text_of(c))),
        share=[m / s if s else 0.0 for m, s in zip(matched, sampled, strict=True)],
        evidence=out["evidence"].map(_joined),
        shapes=out["shapes"].map(_joined),
        also=out["also"].map(_also),
        entity=out["entity"].map(text_of),
        category=out["category"].map(text_of),
        lineage=out["lineage"].map(text_of),
        decision=out["decision"].map(text_of),
        explanation=out["explanation"].map(text_of),
    )
    if text.strip() and len(out):
        searched = ["field", "what", "category", "entity", "lineage", "explanation"]
        hay = [" ".join(text_of(v) for v in row).casefold() for row in out[searched].itertuples(index=False)]
        out = out[[all(word in h for word in text.casefold().split()) for h in hay]]
    out = out.assign(_confidence=-out["confidence"].map(number_of)).sort_values(["_confidence", "field"], kind="stable")
    return out.loc[:, list(FINDINGS)].reset_index(drop=True)


def explain(fields: pd.DataFrame, field: str) -> pd.DataFrame:
    """Why the verdict on one field is what it is: a row a signal, strongest first: evidence, speaks, weight, words.

    speaks: for or against; empty for what is only told, with weight 0.
    """
    frame = shaped(fields, FIELDS)
    own = frame[frame["field"] == field]
    if own.empty or is_missing(own.iloc[0]["signals"]):
        return rows([], EXPLAIN)
    signals = sorted(own.iloc[0]["signals"], key=lambda s: -abs(number_of(s.get("weight"))))
    return rows(
        [
            {
                "evidence": _KIND.get(s["kind"], s["kind"]),
                "speaks": "for" if number_of(s.get("weight")) > 0 else "against" if number_of(s.get("weight")) < 0 else "",
                "weight": number_of(s.get("weight")),
                "words": text_of(s.get("words")),
            }
            for s in signals
        ],
        EXPLAIN,
    )


def findings_by(fields: pd.DataFrame, column: str) -> pd.DataFrame:
    """How many personal fields each value of `column` (category, source, dataset, strength) has, most first: column, findings."""
    frame = shaped(fields, FIELDS)
    found = personal(frame).groupby(column, sort=False).size()
    out = [{column: key, "findings": int(n)} for key, n in sorted(found.items(), key=lambda item: (-item[1], str(item[0])))]
    return rows(out, (column, "findings"))


def findings_matrix(fields: pd.DataFrame) -> pd.DataFrame:
    """Personal fields by source (index) and category (columns), counts; empty without findings."""
    frame = shaped(fields, FIELDS)
    frame = personal(frame)
    return pd.crosstab(frame["source"].astype(str), frame["category"].astype(str)) if len(frame) else pd.DataFrame()


def _joined(value: object) -> str:
    return ", ".join(str(v) for v in value) if isinstance(value, (list, tuple)) else text_of(value)


def _also(value: object) -> str:
    if not isinstance(value, (list, tuple)):
        return text_of(value)
    return ", ".join(f"{category_word(str(a.get('category')))} ({a.get('cells')})" for a in value if isinstance(a, dict))
