"""The record of processing as a table, and where it and the stores disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ropewalk.model import ProcessingActivity
from ropewalk.ropa import DETAILS
from ropewalk.views.shapes import rows
from ropewalk.views.words import category_word

if TYPE_CHECKING:
    import pandas as pd

RECORD = ("field", "category", "what", "state", "activity", *DETAILS)
DRIFT = ("drift", "field", "category", "what", "activity", "reason", "mend")
_DRIFTS = ("undeclared", "not seen", "category differs", "legal hold ended", "review overdue")


def record(activities: Sequence[ProcessingActivity], state: str | None = None) -> pd.DataFrame:
    """A row a personal field, undeclared first, every item a column (""): see RECORD; optionally of one state."""
    order = {"undeclared": 0, "declared": 1, "observed": 2}
    chosen = sorted((a for a in activities if state is None or a.state == state), key=lambda a: (order.get(a.state, 3), a.field, a.activity))
    return rows(
        [
            {
                "field": a.field,
                "category": a.category,
                "what": category_word(a.category) if a.category else "",
                "state": a.state,
                "activity": a.activity,
                **{k: a.details.get(k, "") for k in DETAILS},
            }
            for a in chosen
        ],
        RECORD,
    )


def drift(activities: Sequence[ProcessingActivity]) -> pd.DataFrame:
    """Where the record and the stores disagree: drift (undeclared, not seen, category differs, legal hold ended, review
    overdue), field, category, what, activity, reason, mend. A row a field; an overdue review or hold is one row an activity."""
    out: dict[tuple[str, str], dict[str, object]] = {}
    for a in sorted((a for a in activities if a.details.get("drift")), key=lambda a: (_DRIFTS.index(a.details["drift"]), a.field)):
        kind = a.details["drift"]
        whole = kind in {"legal hold ended", "review overdue"}
        row: dict[str, object] = {
            "drift": kind,
            "field": "" if whole else a.field,
            "category": "" if whole else a.category,
            "what": category_word(a.category) if a.category and not whole else "",
            "activity": a.activity,
            "reason": a.details.get("drift_reason", ""),
            "mend": a.details.get("drift_mend", ""),
        }
        out.setdefault((kind, a.activity if whole else f"{a.field} {a.activity}"), row)
    return rows(list(out.values()), DRIFT)


def place_and_path(field: str, places: Collection[str]) -> tuple[str, str]:
    """`source/dataset#path` in two, where sheets (`returns.xlsx#Returns`) and columns (`Order #`) may have the sign in their names too.

    places: the known datasets as `source/dataset`; of several that fit the longest, and the last sign where none does.
    """
    cuts = [i for i, sign in enumerate(field) if sign == "#"]
    cut = next((i for i in reversed(cuts) if field[:i] in places), cuts[-1] if cuts else len(field))
    return field[:cut], field[cut + 1 :]


def drift_places(drift: pd.DataFrame, datasets: pd.DataFrame | None = None) -> pd.DataFrame:
    """How many fields of each dataset (or, without a field, of each activity) disagree, in the order of `drift`: drift, place, fields."""
    known = places_of(datasets)
    places = [place_and_path(str(f), known)[0] if f else str(a) for f, a in zip(drift["field"], drift["activity"], strict=True)]
    counted = Counter(zip(drift["drift"], places, strict=True))
    return rows([{"drift": kind, "place": place, "fields": n} for (kind, place), n in counted.items()], ("drift", "place", "fields"))


def placed(frame: pd.DataFrame, datasets: pd.DataFrame) -> pd.DataFrame:
    """With `place` (source/dataset) and `path` beside `field`, so that what tells fields apart is not cut off behind where they lie."""
    known = places_of(datasets)
    parts = [place_and_path(field, known) for field in frame["field"]]
    return frame.assign(place=[place for place, _ in parts], path=[path for _, path in parts])


def places_of(datasets: pd.DataFrame | None) -> frozenset[str]:
    """The datasets of the frame `datasets` as `source/dataset`."""
    if datasets is None:
        return frozenset()
    return frozenset(f"{source}/{name}" for source, name in zip(datasets["source"], datasets["dataset"], strict=True))
