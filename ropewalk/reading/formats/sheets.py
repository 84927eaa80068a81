"""Workbooks (xlsx, xlsb, xls, ods): every sheet is a dataset; the header is looked for among the first rows."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from ropewalk.errors import SourceError
from ropewalk.naming import told
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.delimited import looks_like_header, named
from ropewalk.reading.gather import as_text
from ropewalk.reading.rows import Reading, Rows

_FIRST = 10
_WHOLE = 256 * 2**20
_CELLS = 12_000_000
"""Cells of the rectangle that a sheet spans; the parser holds all of them, at 30 to 100 bytes each."""
_PIECE, _OVERLAP = 1 << 20, 64
_ROW = re.compile(rb"""<(?:\w+:)?(?:row|c)\s(?:[^>]{0,200}?\s)?r=["'][A-Z]{0,3}(\d{1,7})""")
_DIMENSION = re.compile(rb"\x94\x01\x10(.{16})", re.S)
"""BrtWsDim of a binary workbook: first and last row, first and last column."""
_LETTERS = re.compile(rb"""\sr=["']([A-Z]{2,3})\d""")


def names(blob: Blob, expanded: int) -> list[str]:
    """The sheets. Raises SourceError for an encrypted, bombed or damaged workbook."""
    return list(_workbook(blob, expanded, new=True).sheet_names)


def read(blob: Blob, sheet: str, reading: Reading) -> Rows:
    book = _workbook(blob, reading.limits.expanded_bytes)
    if sheet not in book.sheet_names:
        return Rows(iter([]), [])
    try:
        grid = book.get_sheet_by_name(sheet)
    except BaseException as error:  # the parser's panics are no Exceptions
        raise _damaged(error) from None
    rows: Iterator[list[Any]] = iter(grid.iter_rows())
    first: list[list[Any]] = []
    for row in rows:
        if any(c not in ("", None) for c in row):
            first.append(row)
        if len(first) >= _FIRST:
            break
    if not first:
        return Rows(iter([]), [])
    width = max(map(len, first))
    most = reading.limits.fields
    if width > most:
        reading.problem(f"more than {most} fields; the rest was not looked at", "raise limits.fields")
    at = _header(first)
    header = named([as_text(c) for c in first[at]] if at is not None else None, width)[:most]
    body = [*first[:at], *first[at + 1 :]] if at is not None else first
    return Rows(_filled(body, rows, most), header, told=told(*(as_text(c) for c in first[at])) if at is not None else ())


def _header(first: Sequence[Sequence[Any]]) -> int | None:
    """The row that names the columns: titles above a table are short rows."""
    texts = [[as_text(c) for c in row] for row in first]
    widest = max(sum(bool(c) for c in row) for row in texts)
    for place, row in enumerate(texts):
        if sum(bool(c) for c in row) >= max(1, 0.6 * widest) and looks_like_header(texts[place:]):
            return place
    return None


def _filled(first: Sequence[list[Any]], rest: Iterator[list[Any]], most: int) -> Iterator[list[Any]]:
    for source in (first, rest):
        for row in source:
            cells = [None if c == "" else c for c in row[:most]]
            if any(c is not None for c in cells):
                yield cells


def _workbook(blob: Blob, expanded: int, *, new: bool = False) -> Any:
    """new: it was not looked into before; its sheets are then measured."""
    import python_calamine

    data = blob.file.read(_WHOLE + 1)
    if len(data) > _WHOLE:
        raise SourceError("a workbook of more than 256 MiB", where=blob.name, mend="export its sheets as CSV")
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" and "EncryptedPackage".encode("utf-16-le") in data:
        raise SourceError("an encrypted workbook", where=blob.name, mend="its owner must declare what it holds")
    if data[:2] == b"PK":
        try:
            packed = zipfile.ZipFile(io.BytesIO(data))
            size = sum(i.file_size for i in packed.infolist())
            sprawling = new and size <= expanded and any(_sprawls(packed, i) for i in packed.infolist())
        except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
            raise _damaged(error) from None
        if size > expanded:
            raise SourceError("expands beyond limits.expanded_bytes", where=blob.name, mend="raise the limit if the file can be trusted")
        if sprawling:
            what = f"a sheet of more than {_CELLS // 10**6} million cells, or with cells that far apart"
            raise SourceError(what, where=blob.name, mend="delete stray cells beside and below its tables, or export its sheets as CSV")
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except BaseException as error:  # the parser's panics are no Exceptions
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        if "assword" in type(error).__name__:
            raise SourceError("an encrypted workbook", where=blob.name, mend="its owner must declare what it holds") from None
        raise _damaged(error) from None


def _sprawls(packed: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> bool:
    """Whether the rectangle from a sheet's first cell to its last is too large to hold: two cells can make one of seventeen billion,
    for which the parser would end the whole process."""
    if sheet.filename.endswith(".bin"):
        with packed.open(sheet) as file:
            found = _DIMENSION.search(file.read(4096))
        first, last, left, right = struct.unpack("<4I", found[1]) if found else (0, 0, 0, 0)
        return bool((last - first + 1) * (right - left + 1) > _CELLS)
    rows = [1 << 21, 0]
    letters: set[bytes] = set()
    cells = 0
    held = b""
    with packed.open(sheet) as file:
        while piece := file.read(_PIECE):
            text = held + piece
            cells += piece.count(b"<c") - piece.count(b"<col")
            for number in _ROW.findall(text):
                rows = [min(rows[0], int(number)), max(rows[1], int(number))]
            letters.update(_LETTERS.findall(text))
            held = text[-_OVERLAP:]
            wide = max((_number(x) for x in letters), default=26)
            if cells > _CELLS or (rows[1] and (rows[1] - rows[0] + 1) * wide > _CELLS):
                return True
    return False


def _number(letters: bytes) -> int:
    """`AB` -> 28."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _damaged(error: BaseException) -> SourceError:
    return SourceError(f"a damaged workbook ({type(error).__name__})", mend="open it and save it again")
