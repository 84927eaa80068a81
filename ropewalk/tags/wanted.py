"""Which tags a source should carry, by what the last scan found and what people state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ropewalk.model import path_of
from ropewalk.tags.nouns import Tag

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.config import TagConfig

LINEAGE_ORIGIN = "amazon-sp-api"
STATED, LIKELY, UNSTATED = "stated in ropewalk.yaml", "looks like the marketplace API", "nobody states it"
_OPERATION = re.compile(r"\b[a-z]+[A-Z][A-Za-z]+\b")


@dataclass
class Wanted:
    """Of one dataset: the tag of the dataset itself, of its columns, and who says the origin."""

    whole: Tag = field(default_factory=Tag)
    columns: dict[str, Tag] = field(default_factory=dict)
    basis: str = UNSTATED


def wanted(fields: pd.DataFrame, config: TagConfig, *, threshold: float, trust_lineage: bool) -> dict[str, Wanted]:
    """dataset -> tags, for the frame `fields` of one source; a dataset without personal data wants none.

    The origin is what people state; only with `trust_lineage` it is also taken from fields that look like the marketplace API's.
    """
    by_dataset: dict[str, list[dict[str, Any]]] = {}
    for row in fields.to_dict("records"):
        by_dataset.setdefault(row["dataset"], []).append({str(k): v for k, v in row.items()})
    return {name: _dataset(name, rows, config, threshold, trust_lineage) for name, rows in by_dataset.items()}


def _dataset(name: str, rows: list[dict[str, Any]], config: TagConfig, threshold: float, trust: bool) -> Wanted:
    found = [r for r in rows if is_personal(r, threshold)]
    if not found:
        return Wanted()
    like_api = any(r["lineage"] for r in found)
    origin, basis = config.origin_of(name), STATED
    if not origin:
        origin, basis = (LINEAGE_ORIGIN, LIKELY) if like_api and trust else ("", LIKELY if like_api else UNSTATED)
    columns: dict[str, list[Mapping[str, Any]]] = {}
    for row in found:
        columns.setdefault(path_of(row["path"])[0], []).append(row)
    tags = {column: Tag(origin, _classes(own), operations(own) if origin else ()) for column, own in columns.items()}
    return Wanted(Tag(origin, _classes(found), operations(found) if origin else ()), tags, basis)


def is_personal(row: Mapping[str, Any], threshold: float) -> bool:
    """As the findings show it: surely enough, or by a steward's word."""
    return (
        isinstance(row["category"], str) and row["decision"] != "dismissed" and (row["confidence"] >= threshold or isinstance(row["decision"], str))
    )


def _classes(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted({str(r["category"]) for r in rows}))


def operations(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Names of operations that lineage speaks of, each once, the first first."""
    said = (str(r["lineage"]).partition(":")[0] for r in rows if r["lineage"])
    return tuple(dict.fromkeys(name for text in said for name in _OPERATION.findall(text)))
