"""JSON: lines, lists, and lists wrapped in objects. A document too large for RAM, or cut off, is read element by element."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import TextIOBase
from typing import Any

from ropewalk.errors import SourceError
from ropewalk.model import Path
from ropewalk.naming import KEY, is_data_key, segment
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.text import LARGE, LINE, decoded, lines, scattered
from ropewalk.reading.nested import merged
from ropewalk.reading.rows import Outer, Reading, Rows

_ELEMENT = 32 * 2**20
_PIECE = 1 << 18
_SPACE = re.compile(r"[\s,]*")
_WRAPPER_DEPTH = 4
_TEXT, _OVERLAP = 4_000, 200
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=merged)


def is_lines(head: str, suffix: str) -> bool:
    """Whether a head of JSON is one document a line."""
    found = [line for line in head.split("\n") if line.strip()]
    if not found:
        return False
    whole = found[:-1] if len(found) > 1 and not head.endswith("\n") else found
    if not _parses(whole[0]):
        return suffix in {"jsonl", "ndjson"} and len(whole) > 1
    return len(found) > 1 or suffix in {"jsonl", "ndjson"}


def read_lines(blob: Blob, name: str, reading: Reading) -> Rows:
    """One record a line; a line that is no JSON is kept as text under `value`, and counted as a problem."""
    if reading.rows is not None and (drawn := scattered(blob, name, reading.rows, reading.random)):
        return Rows(_records(iter(drawn), reading), sampled="stride")
    return Rows(_records(_joined(lines(decoded(blob, name))), reading))


def read(blob: Blob, name: str, reading: Reading) -> Rows:
    """Records: the elements of the largest list of objects, else the whole document as one record."""
    text = decoded(blob, name)
    start = text.read(LARGE * 4 + 1)
    if len(start) <= LARGE * 4:
        try:
            document = _DECODER.decode(start.strip())
        except (ValueError, RecursionError):
            pass
        else:
            return records(document)
    return _salvaged(start, text, reading)


def records(document: Any) -> Rows:
    """`{"payload": {"Orders": [{…}]}}` -> its orders under `("payload", "Orders", "[]")`, and what stands around them as one row."""
    if isinstance(document, list):
        return Rows(iter(document), prefix=())
    if not isinstance(document, dict):
        return Rows(iter([document]))
    inner = [v for v in document.values() if isinstance(v, dict)]
    if len(inner) >= 3 and len(inner) == len(document) and sum(is_data_key(k) for k in document) > len(document) / 2:
        return Rows(({**value, KEY: key} if is_data_key(key) else value for key, value in document.items()), prefix=("*",))
    at = _largest(document)
    if at is None:
        return Rows(iter([document]))
    holder = document
    for key in at[:-1]:
        holder = holder[key]
    elements = holder.pop(at[-1])
    around = [Outer(document)] if _holds(document) else []
    prefix = tuple(segment(k) for k in at)
    return Rows(iter([*elements, *around]), prefix=(*prefix, "[]"))


def _largest(document: dict[str, Any]) -> Path | None:
    best: tuple[int, Path] | None = None
    level: list[tuple[Path, dict[str, Any]]] = [((), document)]
    for _ in range(_WRAPPER_DEPTH):
        below: list[tuple[Path, dict[str, Any]]] = []
        for path, node in level:
            for key, value in node.items():
                if isinstance(value, dict):
                    below.append(((*path, key), value))
                elif type(value) is list and value and isinstance(value[0], dict) and (best is None or len(value) > best[0]):
                    best = (len(value), (*path, key))
        level = below[:1_000]
    return best[1] if best else None


def _holds(value: Any) -> bool:
    """Whether anything but empty objects is left."""
    return any(map(_holds, value.values())) if isinstance(value, dict) else value is not None


def _salvaged(start: str, rest: TextIOBase, reading: Reading) -> Rows:
    """Documents one after the other; or elements of the first list of objects, one by one, of a document that is large or not whole;
    or else its text."""
    if _follows(start):
        return Rows(_elements(start, rest, within=False))
    at = re.search(r"\[\s*\{", start[:_PIECE])
    if at is None:
        reading.problem("not whole JSON, and no list of objects in it: looked at as text", "check that the file is whole")
        return Rows(_texts(start, rest))
    before = start[: at.start()]
    prefix = _keys_before(before)
    if prefix:
        reading.problem("read as a stream: what stands around its list of records was not looked at", "split the file, or write JSON lines")
    return Rows(_elements(start[at.start() + 1 :], rest, within=True), prefix=(*prefix, "[]") if prefix else ())


def _follows(start: str) -> bool:
    """Whether a whole document is followed by another."""
    try:
        _, end = _DECODER.raw_decode(start.lstrip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        return False
    return start.lstrip("\ufeff \t\r\n")[end:].lstrip()[:1] in {"{", "["}


def _texts(held: str, rest: TextIOBase) -> Iterator[dict[str, str]]:
    """Pieces of text that overlap a little."""
    while held:
        yield from ({"text": held[i : i + _TEXT]} for i in range(0, len(held), _TEXT - _OVERLAP))
        held = rest.read(_PIECE)


def _keys_before(text: str) -> Path:
    """`{"payload": {"Orders": ` -> ("payload", "Orders")."""
    depth_keys: list[str] = []
    last = ""
    for token in re.finditer(r'"((?:[^"\\]|\\.)*)"\s*(:)?|[{}]', text):
        if token[0] == "{":
            depth_keys.append(last)
            last = ""
        elif token[0] == "}":
            if depth_keys:
                depth_keys.pop()
        elif token[2]:
            last = token[1]
    return tuple(segment(k) for k in [*depth_keys[1:], last] if k)


def _elements(held: str, rest: TextIOBase, *, within: bool) -> Iterator[Any]:
    """within: the elements are those of a list, which ends; else documents until the end of the file."""
    at = 0 if within else len(held) - len(held.lstrip("\ufeff"))
    while True:
        space = _SPACE.match(held, at)
        at = space.end() if space else at
        if within and held[at : at + 1] == "]":
            return
        try:
            element, end = _DECODER.raw_decode(held, at)
        except (ValueError, RecursionError):
            piece = rest.read(max(_PIECE, len(held) - at)) if len(held) - at < _ELEMENT else ""
            if not piece:
                if not within and not held[at:].strip():
                    return
                yield from _texts(held[at:], rest)
                raise SourceError("cut off or not whole JSON; the rest was looked at as text", mend="check that the file is whole") from None
            held, at = held[at:] + piece, 0
            continue
        yield element
        at = end


def _joined(stream: Iterator[str]) -> Iterator[str]:
    """Pieces of one long line put together, up to a bound."""
    held = ""
    for piece in stream:
        if not piece.endswith("\n") and len(piece) >= LINE and len(held) < _ELEMENT:
            held += piece
            continue
        yield held + piece
        held = ""
    if held:
        yield held


def _records(stream: Iterator[str], reading: Reading) -> Iterator[Any]:
    for line in stream:
        text = line.strip().lstrip("\ufeff")
        if not text:
            continue
        try:
            yield _DECODER.decode(text)
        except (ValueError, RecursionError):
            reading.problem("lines that are not JSON were looked at as text", "check that the file is whole")
            yield text


def _parses(text: str) -> bool:
    try:
        return isinstance(_DECODER.decode(text.strip()), (dict, list))
    except (ValueError, RecursionError):
        return False
