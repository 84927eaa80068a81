"""OpenMetadata: a classification, its tags, and the tag labels of columns, in the shapes of its API (createClassification, createTag, tagLabel).

Labels are automated and *suggested*: their owner confirms them there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ropewalk.exporters.datahub import checked
from ropewalk.views.words import category_word

if TYPE_CHECKING:
    import pandas as pd

_PERSONAL, _ORIGIN = "RopewalkPersonalData", "RopewalkOrigin"
_BUCKETS = frozenset({"s3", "gcs", "abs", "file"})


class OpenMetadata:
    export = "openmetadata"
    suffix = ".openmetadata.json"
    only: ClassVar[str] = "tags"

    def render(self, frame: pd.DataFrame, *, title: str, head: Mapping[str, str]) -> str:
        rows = checked(frame, self.export)
        note = "; ".join(f"{k}: {v}" for k, v in head.items())
        origins, categories = sorted({r["origin"] for r in rows if r["origin"]}), sorted({r["category"] for r in rows})
        document = {
            "classifications": [
                {"name": _PERSONAL, "description": f"{title}. {note}", "mutuallyExclusive": False},
                {"name": _ORIGIN, "description": "Where the data comes from, as people state it", "mutuallyExclusive": True},
            ],
            "tags": [
                *({"classification": _PERSONAL, "name": c, "description": category_word(c)} for c in categories),
                *({"classification": _ORIGIN, "name": o, "description": f"The data comes from {o}"} for o in origins),
            ],
            "entities": _entities(rows),
        }
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _entities(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A table (or a container of a bucket) with its columns; nested fields belong to their column, as `column.field`."""
    out: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = _name(row)
        kind = "container" if row["platform"] in _BUCKETS else "table"
        entity = out.setdefault(name, {"entityType": kind, "fullyQualifiedName": name, "columns": []})
        labels = [_label(_PERSONAL, row["category"]), *([_label(_ORIGIN, row["origin"])] if row["origin"] else [])]
        entity["columns"].append({"name": row["path"], "fullyQualifiedName": f"{name}.{_quoted(row['path'])}", "tags": labels})
    return list(out.values())


def _name(row: dict[str, Any]) -> str:
    """service.database.schema.table; a server without schemas has one called `default` above it."""
    parts = list(row["parts"])
    if row["platform"] in {"mysql", "mariadb"}:
        parts = ["default", *parts]
    elif row["platform"] in _BUCKETS and "://" in row["namespace"]:
        parts = [row["namespace"].partition("://")[2], *parts]
    return ".".join(map(_quoted, [row["source"], *parts]))


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"' if any(c in part for c in '."') else part


def _label(classification: str, tag: str) -> dict[str, str]:
    return {"tagFQN": f"{classification}.{_quoted(tag)}", "source": "Classification", "labelType": "Automated", "state": "Suggested"}
