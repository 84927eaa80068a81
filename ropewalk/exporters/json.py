"""JSON: title, about (the head), rows; times in ISO 8601, nothing where nothing is known."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def plain(value: Any) -> Any:
    """A cell as JSON knows it: NaN, NaT and infinities are None, NumPy scalars are Python's, times are ISO 8601."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if value is None or value != value:
        return None
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (bool, int, str)) else str(value)


class Json:
    export = "json"
    suffix = ".json"

    def render(self, frame: pd.DataFrame, *, title: str, head: Mapping[str, str]) -> str:
        rows = [{str(c): plain(v) for c, v in zip(frame.columns, row, strict=True)} for row in frame.itertuples(index=False, name=None)]
        document = {"title": title, "about": dict(head), "rows": rows}
        return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
