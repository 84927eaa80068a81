"""OpenLineage: one DatasetEvent a line, with the tags facet (specification 2-0-2; TagsDatasetFacet 1-0-0). Post each line to a collector."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from ropewalk import __version__
from ropewalk.exporters.datahub import checked

if TYPE_CHECKING:
    import pandas as pd

_PRODUCER = f"urn:ropewalk:{__version__}"
_EVENT = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent"
_FACET = "https://openlineage.io/spec/facets/1-0-0/TagsDatasetFacet.json#/$defs/TagsDatasetFacet"


class OpenLineage:
    export = "openlineage"
    suffix = ".openlineage.ndjson"
    only: ClassVar[str] = "tags"

    def render(self, frame: pd.DataFrame, *, title: str, head: Mapping[str, str]) -> str:
        datasets: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in checked(frame, self.export):
            datasets.setdefault((row["namespace"], row["name"]), []).append(row)
        at, evidence = _moment(head.get("as of", "")), head.get("evidence head", "")
        return "".join(json.dumps(_event(*name, rows, at, evidence), ensure_ascii=False) + "\n" for name, rows in datasets.items())


def _event(namespace: str, name: str, rows: list[dict[str, Any]], at: str, evidence: str) -> dict[str, Any]:
    tags: list[dict[str, str]] = []
    for row in rows:
        tags.append({"key": "personal_data", "value": row["category"], "source": "ROPEWALK", "field": row["path"]})
        if row["operations"]:
            tags.append({"key": "looks_like", "value": ", ".join(row["operations"]), "source": "ROPEWALK", "field": row["path"]})
    tags += [{"key": "origin", "value": o, "source": "USER"} for o in sorted({r["origin"] for r in rows if r["origin"]})]
    tags += [{"key": "evidence_head", "value": evidence, "source": "ROPEWALK"}] if evidence else []
    facet = {"_producer": _PRODUCER, "_schemaURL": _FACET, "tags": tags}
    dataset = {"namespace": namespace, "name": name, "facets": {"tags": facet}}
    return {"eventTime": at, "producer": _PRODUCER, "schemaURL": _EVENT, "dataset": dataset}


def _moment(text: str) -> str:
    """The clock of the export, with a zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return f"{text}T00:00:00+00:00"
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()
