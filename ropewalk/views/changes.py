"""Changes: what is new, gone or different between two scans."""

from __future__ import annotations

import pandas as pd

from ropewalk.register.frames import FIELDS
from ropewalk.views.shapes import number_of, personal, rows, shaped, text_of
from ropewalk.views.words import category_word

DIFF = ("change", "field", "what", "category_before", "category_after", "confidence_before", "confidence_after", "matched_before", "matched_after")


def findings_diff(before: pd.DataFrame, after: pd.DataFrame, *, step: float = 0.1) -> pd.DataFrame:
    """What differs between two scans, a row a field: change is new, gone, renamed or changed (category, or confidence by `step`).

    renamed: a field that is gone and a new one have the same fingerprint, and no third has it.
    """
    old, new = _personal(before), _personal(after)
    was = _renamed(old, new)
    out: list[dict[str, object]] = []
    for field in sorted({*old, *new} - set(was.values())):
        a, b = old.get(was.get(field, field)), new.get(field)
        change, what = _change(a, b, step)
        if field in was and not change:
            change, what = "renamed", f"{category_word(text_of((b or {})['category']))}, was {was[field]}"
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
    out.sort(key=lambda r: (("new", "changed", "renamed", "gone").index(str(r["change"])), str(r["field"])))
    return rows(out, DIFF)


def _renamed(old: dict[str, dict[str, object]], new: dict[str, dict[str, object]]) -> dict[str, str]:
    """New name -> old name of the fields that only took another name."""
    gone: dict[str, list[str]] = {}
    come: dict[str, list[str]] = {}
    for names, rows_, others in ((gone, old, new), (come, new, old)):
        for field in rows_.keys() - others.keys():
            names.setdefault(text_of(rows_[field]["fingerprint"]), []).append(field)
    return {come[f][0]: gone[f][0] for f in gone.keys() & come.keys() if f and len(gone[f]) == len(come[f]) == 1}


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
