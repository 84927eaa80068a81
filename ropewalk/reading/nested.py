"""Opens nested values: JSON objects and lists, JSON in strings, base64 and gzip of text. Bounded, and never raises.

`flatten` walks a value and yields its leaves by path. A key that is data (an id, an e-mail) becomes `*`, a list
element `[]`; the key itself is the value of `{key}`. What is not text after decoding (an image, a PDF) stays opaque and
is yielded as it stood; what lies deeper than the bound is yielded as one JSON text.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from ropewalk.model import Path
from ropewalk.naming import KEY, segment

NODES = 20_000
"""The field of keys that are data: an object keyed by e-mails has them there."""
DEEP = "…"
"""Stands for what is too deep even for a text; known by identity."""
EXPANDED = 4 * 2**20
CHARS = 64 * 2**20
_BASE64 = re.compile(r"(?![0-9a-fA-F-]+$)[A-Za-z0-9+/_-]{24,}={0,2}\s*$")
"""Not of hexadecimal digits alone: ids and hashes, which base64 of a text never resembles."""


def flatten(value: Any, *, depth: int = 20, nodes: int = NODES) -> Iterator[tuple[Path, str | None]]:
    """The leaves of a JSON text, bytes, dict or list: (path, text), None for null. At most `nodes` leaves, `depth` levels."""
    left = [nodes]
    if isinstance(value, bytes):
        value = _decoded(value)
    if isinstance(value, str):
        opened = _opened(value)
        value = value if opened is None else opened
    yield from _walk(value, (), depth, left)


def coded(text: str) -> bool:
    """Whether a text has the letters of base64 and nothing else."""
    return _BASE64.match(text) is not None


def looks_like_json(texts: Iterable[str], share: float = 0.8) -> bool:
    """Whether most of the texts are JSON objects or lists."""
    seen = good = 0
    for text in texts:
        seen += 1
        good += _json(text) is not None
    return seen > 0 and good >= share * seen


def _walk(value: Any, path: Path, depth: int, left: list[int]) -> Iterator[tuple[Path, str | None]]:
    if left[0] <= 0:
        return
    if isinstance(value, dict) and depth > 0:
        for key, inner in value.items():
            if left[0] <= 0:
                return
            name = segment(str(key))
            if name == "*" and key not in ("", "*"):
                left[0] -= 1
                yield (*path, KEY), str(key)
            yield from _walk(inner, (*path, name), depth - 1, left)
        return
    if isinstance(value, list) and depth > 0:
        within = path if isinstance(value, Many) else (*path, "[]")
        for inner in value:
            yield from _walk(inner, within, depth - 1, left)
        return
    if isinstance(value, str) and depth > 0 and (opened := _opened(value)) is not None:
        yield from _walk(opened, path, depth - 1, left)
        return
    left[0] -= 1
    yield path, _text(value)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        try:
            return json.dumps(value, ensure_ascii=False, default=str)
        except (ValueError, RecursionError):
            return DEEP
    return str(value)


def _opened(text: str) -> Any:
    """The object, list or text inside a string, None where there is nothing to open."""
    found = _json(text)
    if found is not None:
        return found
    if len(text) < 24 or not _BASE64.match(text) or len(text) % 4 == 1:
        return None
    try:
        raw = base64.b64decode(text.strip().replace("-", "+").replace("_", "/") + "=" * (-len(text.strip()) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    inner = _decoded(raw)
    if inner is None:
        return None
    found = _json(inner)
    return inner if found is None else found


def _json(text: str) -> Any:
    start = text.lstrip()[:1]
    if start not in ("{", "[") or len(text) > CHARS:
        return None
    try:
        found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=merged)
    except (ValueError, RecursionError, MemoryError):
        return None
    return found if isinstance(found, (dict, list)) else None


class Many(list[Any]):
    """Several values under one path: of a key that stands twice, or of keys that are data."""


def merged(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dict that loses no value of a key that stands twice."""
    out = dict(pairs)
    if len(out) != len(pairs):
        for name in out:
            values = [v for k, v in pairs if k == name] if len(pairs) < 1000 else []
            if len(values) > 1:
                out[name] = Many(values)
    return out


def _decoded(raw: bytes) -> str | None:
    """Text of bytes, unpacked where they are gzip or zlib; None for what is no text."""
    if raw[:2] in (b"\x1f\x8b", b"\x78\x9c", b"\x78\x01", b"\x78\xda"):
        try:
            raw = zlib.decompressobj(47).decompress(raw, EXPANDED)
        except zlib.error:
            return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    printable = sum(c.isprintable() or c in "\r\n\t" for c in text[:2000])
    return text if text and printable >= 0.95 * len(text[:2000]) else None
