"""Changes: what is new, gone or different between two scans."""

from __future__ import annotations

import pandas as pd

from ropewalk.views.shapes import FIELDS, number_of, personal, rows, shaped, text_of
from ropewalk.views.words import category_word

DIFF = ("change", "field", "what", "category_before", "category_after", "confidence_before", "confidence_after", "matched_before", "matched_after")


def findings_diff(before: pd.DataFrame, after: pd.DataFrame, *, step: float = 0.1) -> pd.DataFrame:
    """What differs between two scans, a row a field: change is new, gone or changed (category, or confidence by `step`)."""
    old, new = _personal(before), _personal(after)
    out: list[dict[str, object]] = []
    for field in sorted({*old, *new}):
        a, b = old.get(field), new.get(field)
        change, what = _change(a, b, step)
        if change:
            out.append(
                {
                    "change": change,
                    "field": field,
                    "what": what,
                    "category_before": text_of(a["category"]) if a else "",
                    "category_after": text_of(b["category"]) if b else "",
                    "confidence_before": number_of(a["confidence"]) if a else None,
                    "confidence_after": number_of(b["confidence"]) if b else None,
                    "matched_before": int(number_of(a["matched"])) if a else None,
                    "matched_after": int(number_of(b["matched"])) if b else None,
                }
            )
    out.sort(key=lambda r: (("new", "changed", "gone").index(str(r["change"])), str(r["field"])))
    return rows(out, DIFF)


def _personal(frame: pd.DataFrame) -> dict[str, dict[str, object]]:
    frame = shaped(frame, FIELDS)
    return {str(r["field"]): {str(k): v for k, v in r.items()} for r in personal(frame).to_dict("records")}


def _change(a: dict[str, object] | None, b: dict[str, object] | None, step: float) -> tuple[str, str]:
    if a is None or b is None:
        row = b or a or {}
        return ("new" if a is None else "gone"), category_word(text_of(row["category"]))
    if a["category"] != b["category"]:
        return "changed", f"{category_word(text_of(a['category']))} → {category_word(text_of(b['category']))}"
    was, now = number_of(a["confidence"]), number_of(b["confidence"])
    if abs(now - was) >= step:
        return "changed", f"{category_word(text_of(b['category']))}, confidence {was:.2f} → {now:.2f}"
    return "", ""
