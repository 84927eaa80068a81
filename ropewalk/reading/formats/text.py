"""Text: its encoding, its lines in bounded pieces, lines drawn at random places of a large file, and plain text files."""

from __future__ import annotations

import codecs
import io
import random
from collections.abc import Iterable, Iterator

from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.charsets import charset
from ropewalk.reading.rows import Reading, Rows

LINE = 1 << 20
LARGE = 8 * 2**20
_BLOCK = 1 << 16
_FAR_BLOCKS = 16
_ROW = 200
_FAR_BLOCK = 1 << 18
_PARAGRAPH = 2_000
_BROKEN = 0.1
"""Up to this share of foreign characters, bytes that are no UTF-8 are slips in a text that is."""


def encoding(head: bytes) -> str | None:
    """The encoding of text by its first bytes; None for what is no text."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    if b"\x00" in head:
        for name, zeros, others in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
            if len(zeros) > 3 and zeros.count(0) > 0.7 * len(zeros) and others.count(0) < 0.05 * len(others):
                return name
        return None
    controls = sum(head.count(bytes([c])) for c in range(32) if c not in (9, 10, 12, 13, 27))
    if controls > 0.02 * len(head):
        return None
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
    broken = text.count("\ufffd")
    if broken > _BROKEN * sum(ord(c) >= 0x80 for c in text):
        return charset(head)
    return (charset(head) if b"\x1b$" in head else None) or "utf-8"


def decoded(blob: Blob, name: str) -> io.TextIOWrapper:
    """The stream as text from its start; what cannot be decoded is replaced."""
    blob.file.seek(0)
    return io.TextIOWrapper(blob.file, name, "replace", newline="")


def lines(text: io.TextIOBase) -> Iterator[str]:
    """Lines with their ends; a line longer than a million characters comes in pieces."""
    while piece := text.readline(LINE):
        yield piece


def scattered(blob: Blob, name: str, most: int, draw: random.Random) -> list[str] | None:
    """Whole lines from random places of a large file that can be sought in; None where all of it should be read instead."""
    if blob.size is None or blob.size <= max(LARGE, most * _ROW) or name.startswith(("utf-16", "utf-32", "iso2022")):
        return None
    count, block = (min(most, 1_000), _BLOCK) if blob.near else (_FAR_BLOCKS, _FAR_BLOCK)
    each = -(-most // count)
    out: list[str] = []
    for start in sorted(draw.randrange(blob.size) for _ in range(count)):
        blob.file.seek(start)
        piece = blob.file.read(block).decode("utf-8" if name == "utf-8-sig" else name, "replace").splitlines(keepends=True)
        whole = piece[1:-1] if start else piece[:-1]
        out += draw.sample(whole, min(each, len(whole)))
    blob.file.seek(0)
    return out[:most] if len(out) >= most // 4 else None


def read(blob: Blob, name: str, reading: Reading) -> Rows:
    """Lines (`line`) of a log, paragraphs (`text`) of anything else."""
    log = blob.suffix in {"log", "out", "err"}
    field = ("line",) if log else ("text",)
    if reading.rows is not None and (drawn := scattered(blob, name, reading.rows, reading.random)):
        return Rows(([line.strip()] for line in drawn), [field], {field: "text"}, sampled="stride")
    stream = lines(decoded(blob, name))
    return Rows(([t] for t in ((line.strip() for line in stream) if log else paragraphs(stream)) if t), [field], {field: "text"})


def paragraphs(stream: Iterable[str]) -> Iterator[str]:
    """Lines joined until an empty one, or until about 2,000 characters."""
    held: list[str] = []
    size = 0
    for line in stream:
        text = line.strip()
        if held and (not text or size + len(text) > _PARAGRAPH):
            yield "\n".join(held)
            held, size = [], 0
        if text:
            held.append(text)
            size += len(text)
    if held:
        yield "\n".join(held)
