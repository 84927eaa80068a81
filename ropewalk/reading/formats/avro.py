"""Avro containers, record by record, with the types of their schema."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

from ropewalk.errors import MissingExtraError, SourceError
from ropewalk.model import Path
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.rows import Rows

_CODECS = ("null", "deflate", "bzip2", "xz", "snappy", "zstandard")
_BLOCK = 256 * 2**20
"""Bytes of a block, packed and unpacked, at most."""
_WORDS = {"string": "varchar", "long": "bigint", "int": "integer", "bytes": "binary", "float": "real"}


def read(blob: Blob) -> Rows:
    try:
        import fastavro
    except ImportError:
        raise MissingExtraError("Avro needs a package", extra="documents", where=blob.name) from None
    _codecs()
    reader = fastavro.reader(blob.file)
    if reader.codec not in _CODECS:
        raise SourceError("its blocks are packed in a way that is not known here", where=blob.name, mend=f"write it with {', '.join(_CODECS)}")
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


def _codecs() -> None:
    """Snappy by Arrow and zstandard by its own package, where fastavro lacks the packages that it would use itself."""
    from fastavro.read import BLOCK_READERS

    for name, unpack in (("snappy", _snappy), ("zstandard", _zstandard)):
        if "missing" in getattr(BLOCK_READERS[name], "__name__", ""):
            BLOCK_READERS[name] = _block_reader(unpack)


def _block_reader(unpack: Callable[[bytes], bytes]) -> Callable[[BinaryIO], io.BytesIO]:
    def read_block(file: BinaryIO) -> io.BytesIO:
        number = shift = 0
        while byte := file.read(1):
            number |= (byte[0] & 0x7F) << shift
            shift += 7
            if byte[0] < 0x80:
                break
        size = (number >> 1) ^ -(number & 1)
        if not 0 <= size <= _BLOCK:
            raise ValueError("a block of no sensible size")
        return io.BytesIO(unpack(file.read(size)))

    return read_block


def _snappy(data: bytes) -> bytes:
    """A block of snappy begins with its unpacked size, and Avro adds four bytes of checksum."""
    import pyarrow as pa

    size = sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(data[: next(i for i, b in enumerate(data) if b < 0x80) + 1]))
    if size > _BLOCK:
        raise ValueError("a block of no sensible size")
    return bytes(pa.decompress(data[:-4], decompressed_size=size, codec="snappy", asbytes=True))


def _zstandard(data: bytes) -> bytes:
    import zstandard

    out = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(data).read(_BLOCK + 1)
    if len(out) > _BLOCK:
        raise ValueError("a block of no sensible size")
    return bytes(out)
