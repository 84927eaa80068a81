"""CSV and TSV: delimiter, quotes and header told by content. A first row that holds data is not taken for a header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ropewalk.model import Path
from ropewalk.naming import is_data_key, told
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.text import decoded, lines, scattered
from ropewalk.reading.rows import Reading, Rows

DELIMITERS = (",", "\t", ";", "|", "\x01", "^")
_ABOVE = 10
"""Rows above a header at most: titles, dates, empty rows."""
_CELL = 16 * 2**20
_WORDS = frozenset(
    "id name email mail phone tel mobile fax address street city town state zip postal postcode country region county date time at on "
    "created updated order orders item items product sku asin upc ean title quantity qty price amount total currency status type code "
    "number no key value count user buyer seller customer contact recipient ship bill first last middle full birth dob age gender ip "
    "url link note notes comment comments message description reason category group level source origin lat lon lng latitude longitude "
    "size weight company account payment card tax vat rate shipment tracking label reference ref index row col column field data text "
    "body subject from to cc version language locale marketplace channel delivered nom prenom adresse ville pays vorname nachname "
    "strasse plz ort land telefon nombre apellido direccion ciudad correo nome cognome indirizzo citta answer question survey return "
    "purchase gift login username password token session device agent os browser score flag enabled active is has".split()
)
_DATA = re.compile(r"@|^[-+]?[\d.,:/ -]*\d[\d.,:/TZ %€$£-]*$|^\d{4}-\d\d")
_SEP = re.compile(r"\ufeff?sep=(.)\r?\n", re.I)
_SINGLE = re.compile(r"(?:^|[,;\t|])'", re.M)
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True, slots=True)
class Dialect:
    """delimiter; quoted: whether `quote` quotes; spans: a quoted cell holds a line break; width: cells of most rows; header, and the rows above it;
    escape: what stands before a quote inside a quoted cell, where quotes are not doubled."""

    delimiter: str
    quoted: bool
    spans: bool
    width: int
    header: tuple[str, ...] | None
    above: int = 0
    quote: str = '"'
    escape: str | None = None

    def rows(self, found: Iterable[str]) -> Iterator[list[str]]:
        return csv.reader(
            found,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
        )


def sniff(text: str, *, sure: bool) -> Dialect | None:
    """The dialect of a head of text, None where it is no table. sure: the name says that it is one."""
    whole = text.splitlines(keepends=True)
    if len(whole) > 1 and not text.endswith(("\n", "\r")):
        whole.pop()
    told = _SEP.match(text)
    single = '"' not in text and len(_SINGLE.findall(text)) > len(whole) / 2
    escape = "\\" if '\\"' in text and '""' not in text else None
    tried = [Dialect(d, True, False, 1, None, quote="'" if single else '"', escape=escape) for d in ([told[1]] if told else DELIMITERS)]
    best: tuple[float, Dialect, list[list[str]]] | None = None
    for dialect in tried:
        rows = _parsed(whole[bool(told) : 300], dialect)
        widths = Counter(len(row) for row in rows)
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        share = count / len(rows)
        if width > 1 and share >= (0.5 if sure else 0.9) and (best is None or (share, width) > (round(best[0], 1), len(best[2][0]))):
            best = (share, dialect, rows)
    if best is None:
        rows = _parsed(whole[:300], tried[0])
        if not sure or not rows:
            return None
        best = (1.0, tried[0], rows)
    _, dialect, rows = best
    width = Counter(len(row) for row in rows).most_common(1)[0][0]
    at = _header(rows, width)
    if not sure and (len(rows) < 3 or (dialect.delimiter == "," and at is None)):
        return None
    plain = replace(dialect, quoted=False, escape=None)
    bare = _parsed(whole[bool(told) : 300], plain)
    if sum(len(row) == width for row in bare) > sum(len(row) == width for row in rows):  # a stray quote that would swallow what follows it
        at = _header(bare, width)
        return replace(plain, width=width, header=None if at is None else tuple(bare[at]), above=at or 0)
    quoted = any(f"{dialect.delimiter}{dialect.quote}" in line or line.startswith(dialect.quote) for line in whole)
    spans = len(rows) < sum(1 for line in whole[bool(told) : 300] if line.strip())
    return replace(dialect, quoted=quoted, spans=spans, width=width, header=None if at is None else tuple(rows[at]), above=at or 0)


def _header(rows: Sequence[Sequence[str]], width: int) -> int | None:
    """The row that names the columns, below titles, which are short rows; None where the first full row holds data."""
    for place, row in enumerate(rows[:_ABOVE]):
        if sum(bool(cell.strip()) for cell in row) >= max(1, 0.6 * width):
            return place if looks_like_header(rows[place:]) else None
    return None


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: no cell of it is data, and it differs from the rows below or uses common words."""
    first = [cell.strip() for cell in rows[0]]
    filled = [cell for cell in first if cell]
    if not filled or sum(bool(_DATA.search(c)) or len(c) > 80 for c in filled) > 0.1 * len(filled):
        return False
    known = sum(any(t.lower() in _WORDS for t in _TOKEN.findall(c)) for c in filled)
    if known >= max(1, 0.25 * len(filled)):
        return True
    body = rows[1:50]
    differs = 0
    for place, cell in enumerate(first):
        below = [row[place].strip() for row in body if len(row) > place and row[place].strip()]
        if below and cell and sum(bool(_DATA.search(b)) for b in below) > 0.8 * len(below):
            differs += 1
    snake = all(re.fullmatch(r"[a-z][a-z0-9]*(?:[_.-][a-z0-9]+)+|[a-z]+[A-Z]\w*", c) for c in filled)
    return differs > 0 or (snake and len(set(filled)) == len(filled))


def named(header: Sequence[str] | None, width: int) -> list[Path]:
    """Names of columns: of a header, else `column_1`…; a cell that is data, empty or met twice is named by its place."""
    out: list[Path] = []
    met: set[str] = set()
    for place in range(max(width, len(header or ()))):
        name = header[place].strip().strip("\ufeff") if header and place < len(header) else ""
        if not name or name in met or is_data_key(name) or not name.isprintable():
            name = f"column_{place + 1}"
        met.add(name)
        out.append((name,))
    return out


def read(blob: Blob, name: str, dialect: Dialect, reading: Reading) -> Rows:
    csv.field_size_limit(_CELL)
    limit = reading.limits.fields
    width = max(dialect.width, len(dialect.header or ()))
    if width > limit:
        reading.problem(f"more than {limit} fields; the rest was not looked at", "raise limits.fields")
    header = named(dialect.header, width)[:limit]
    if reading.rows is not None and not dialect.spans and (drawn := scattered(blob, name, reading.rows * 2, reading.random)):
        rows = [row for row in _parsed(drawn, dialect) if len(row) == width and tuple(row) != dialect.header]
        if len(rows) >= min(reading.rows, len(drawn)) // 2:
            return Rows(iter(_cut(rows[: reading.rows], limit)), header, sampled="stride", told=told(*(dialect.header or ())))
    return Rows(_cut(_stream(blob, name, dialect), limit), header, told=told(*(dialect.header or ())))


def _stream(blob: Blob, name: str, dialect: Dialect) -> Iterator[list[str]]:
    place = 0
    for row in dialect.rows(lines(decoded(blob, name))):
        if not row or (not place and _SEP.match(dialect.delimiter.join(row) + "\n")):
            continue
        place += 1
        if dialect.header is None or place != dialect.above + 1:
            yield row


def _cut(rows: Iterator[list[str]] | list[list[str]], most: int) -> Iterator[list[str]]:
    """Rows of at most so many cells; a row longer than the header keeps what is too much in one place."""
    for row in rows:
        yield row if len(row) <= most else row[:most]


def _parsed(found: Sequence[str], dialect: Dialect) -> list[list[str]]:
    try:
        return [r for r in dialect.rows(found) if r]
    except csv.Error:
        return []
