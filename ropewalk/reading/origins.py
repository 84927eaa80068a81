"""Where a dataset says that it comes from: Parquet metadata, tags and metadata of objects, office properties, a sidecar file.

A sidecar `_origin.yaml` or `_origin.json` speaks for its folder and what lies below: `{"origin": "amazon-sp-api", "covers": ["**"]}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from fnmatch import fnmatchcase

import yaml

from ropewalk.errors import SourceError
from ropewalk.reading import bucketfacts
from ropewalk.reading.formats import Blob, columnar, documents
from ropewalk.reading.lots import Lot
from ropewalk.reading.objects import Entry, Objects

SIDECARS = frozenset({"_origin.yaml", "_origin.yml", "_origin.json"})
_LARGEST = 64 * 1024
_LOOKED = 5


def is_sidecar(name: str) -> bool:
    return name.rpartition("/")[2] in SIDECARS


def sidecars(objects: Objects, entries: Iterable[Entry]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """folder -> (origin, globs that it covers). A sidecar that cannot be read tells nothing."""
    out = {}
    for entry in entries:
        try:
            with closing(objects.open(entry)) as file:
                said = yaml.safe_load(file.read(_LARGEST))
        except (SourceError, OSError, yaml.YAMLError, UnicodeError, RecursionError):
            continue
        if isinstance(said, Mapping) and isinstance(said.get("origin"), str):
            covers = said.get("covers") or ["**"]
            globs = tuple(str(c) for c in covers) if isinstance(covers, list) else (str(covers),)
            out[entry.name.rpartition("/")[0]] = (said["origin"][:80], globs)
    return out


def by_sidecar(name: str, known: Mapping[str, tuple[str, tuple[str, ...]]]) -> str | None:
    """The word of the nearest folder that covers the dataset."""
    folder = name
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in known:
            origin, covers = known[folder]
            within = name[len(folder) :].lstrip("/")
            if any(c in {"**", "*"} or fnmatchcase(within, c) for c in covers):
                return origin
    return None


def of_lot(objects: Objects, lot: Lot) -> tuple[str | None, str]:
    """(origin, how it was told) of the objects themselves; they must all say the same. Looks at five of them at most."""
    found: set[str] = set()
    how = ""
    looked = lot.shape.entries[:_LOOKED]
    for entry in looked:
        word, how_now = _one(objects, lot, entry)
        found.add(word)
        how = how_now or how
    if len(found) != 1 or "" in found:
        return None, "its metadata, tags and folder name no origin" if found <= {""} else "its objects do not all name the same origin"
    of = f", in {len(looked)} of {lot.shape.count} objects" if lot.shape.count > 1 else ""
    return found.pop(), how + of


def _one(objects: Objects, lot: Lot, entry: Entry) -> tuple[str, str]:
    if word := bucketfacts.tags(objects, entry).get("origin"):
        return word[:80], "tags or metadata of the object"
    if lot.steps or lot.format not in {"parquet", "sheets", "docx", "pptx"}:
        return "", ""
    try:
        with closing(objects.open(entry)) as file:
            blob = Blob(file, entry.name)
            word = columnar.origin(blob) if lot.format == "parquet" else documents.origin(blob, _LARGEST * 16)
            return word[:80], "Parquet metadata" if lot.format == "parquet" else "core properties of the document"
    except Exception:  # a damaged file tells no origin
        return "", ""
