"""DataHub: metadata change proposals for its file source (`datahub ingest`): tags on fields, glossary terms for categories.

Fields are patched, so that what people wrote in DataHub stays. Shapes: docs.datahub.com, "MetadataChangeProposal" and "Patch".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ropewalk.errors import ConfigError
from ropewalk.views.words import category_word

if TYPE_CHECKING:
    import pandas as pd

_FABRIC = {"production": "PROD", "test": "TEST"}
_NODE = "urn:li:glossaryNode:ropewalk"


class DataHub:
    export = "datahub"
    suffix = ".datahub.json"
    only: ClassVar[str] = "tags"

    def render(self, frame: pd.DataFrame, *, title: str, head: Mapping[str, str]) -> str:
        rows = checked(frame, self.export)
        note = "; ".join(f"{k}: {v}" for k, v in head.items())
        out = [_upsert("glossaryNode", _NODE, "glossaryNodeInfo", {"name": "Ropewalk", "definition": f"{title}. {note}"})]
        for category in sorted({r["category"] for r in rows}):
            words = f"Personal data: {category_word(category)}"
            term = {"name": category, "definition": words, "termSource": "INTERNAL", "parentNode": _NODE}
            out.append(_upsert("glossaryTerm", _term(category), "glossaryTermInfo", term))
        origins = sorted({r["origin"] for r in rows if r["origin"]})
        about = [{"name": f"origin: {o}", "description": f"The data comes from {o}"} for o in origins]
        out += [_upsert("tag", _tag(o), "tagProperties", aspect) for o, aspect in zip(origins, about, strict=True)]
        out += [_patch(urn, own) for urn, own in _by_dataset(rows).items()]
        return json.dumps(out, ensure_ascii=False, indent=2) + "\n"


def checked(frame: pd.DataFrame, export: str) -> list[dict[str, Any]]:
    """Its rows. Raises ConfigError for another frame than that of the tags."""
    if "platform" not in frame.columns or "parts" not in frame.columns:
        raise ConfigError("this exporter writes tags of fields only", where=export, mend=f"ropewalk export tags --to {export}")
    return [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]


def _by_dataset(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        name = row["name"].replace("(", "%28").replace(")", "%29").replace(",", "%2C")
        urn = f"urn:li:dataset:(urn:li:dataPlatform:{row['platform']},{name},{_FABRIC[row['environment']]})"
        out.setdefault(urn, []).append(row)
    return out


def _patch(urn: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    steps = []
    for row in rows:
        field = f"/editableSchemaFieldInfo/{_pointer(row['path'])}"
        term = _term(row["category"])
        steps.append({"op": "add", "path": f"{field}/glossaryTerms/terms/{_pointer(term)}", "value": {"urn": term}})
        if row["origin"]:
            tag = _tag(row["origin"])
            steps.append({"op": "add", "path": f"{field}/globalTags/tags/{_pointer(tag)}", "value": {"tag": tag}})
    return {"entityType": "dataset", "entityUrn": urn, "changeType": "PATCH", "aspectName": "editableSchemaMetadata", "aspect": {"json": steps}}


def _upsert(kind: str, urn: str, name: str, aspect: dict[str, Any]) -> dict[str, Any]:
    return {"entityType": kind, "entityUrn": urn, "changeType": "UPSERT", "aspectName": name, "aspect": {"json": aspect}}


def _term(category: str) -> str:
    return f"urn:li:glossaryTerm:ropewalk.{category}"


def _tag(origin: str) -> str:
    return f"urn:li:tag:origin.{origin}"


def _pointer(text: str) -> str:
    """A part of a JSON pointer (RFC 6901)."""
    return text.replace("~", "~0").replace("/", "~1")
