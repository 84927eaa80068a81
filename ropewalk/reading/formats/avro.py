"""Avro containers, record by record, with the types of their schema."""

from __future__ import annotations

from typing import Any

from ropewalk.errors import MissingExtraError
from ropewalk.model import Path
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.rows import Rows

_WORDS = {"string": "varchar", "long": "bigint", "int": "integer", "bytes": "binary", "float": "real"}


def read(blob: Blob) -> Rows:
    try:
        import fastavro
    except ImportError:
        raise MissingExtraError("Avro needs a package", extra="documents", where=blob.name) from None
    reader = fastavro.reader(blob.file)
    schema = reader.writer_schema
    fields = schema.get("fields", ()) if isinstance(schema, dict) else ()
    types: dict[Path, str] = {(f["name"],): _type(f["type"]) for f in fields if isinstance(f, dict)}
    return Rows(iter(reader), types=types)


def _type(declared: Any) -> str:
    if isinstance(declared, list):
        declared = next((d for d in declared if d != "null"), "null")
    if isinstance(declared, dict):
        declared = declared.get("logicalType") or declared.get("type")
    return _WORDS.get(str(declared), str(declared).partition("-")[0])
