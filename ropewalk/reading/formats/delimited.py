"""CSV and TSV: delimiter, quotes and header told by content. A first row that holds data is not taken for a header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ropewalk.masking import is_data_key
from ropewalk.model import Path
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.text import decoded, lines, scattered
from ropewalk.reading.rows import Reading, Rows

DELIMITERS = (",", "\t", ";", "|", "\x01")
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
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True, slots=True)
class Dialect:
    """delimiter; quoted: whether `"` quotes; spans: a quoted cell holds a line break; width: cells of most rows; header."""

    delimiter: str
    quoted: bool
    spans: bool
    width: int
    header: tuple[str, ...] | None


def sniff(text: str, *, sure: bool) -> Dialect | None:
    """The dialect of a head of text, None where it is no table. sure: the name says that it is one."""
    whole = text.splitlines(keepends=True)
    if len(whole) > 1 and not text.endswith(("\n", "\r")):
        whole.pop()
    best: tuple[float, str, list[list[str]]] | None = None
    for delimiter in DELIMITERS:
        rows = _parsed(whole[:300], delimiter)
        widths = Counter(len(row) for row in rows)
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        share = count / len(rows)
        if width > 1 and share >= (0.5 if sure else 0.9) and (best is None or (share, width) > (round(best[0], 1), len(best[2][0]))):
            best = (share, delimiter, rows)
    if best is None:
        rows = _parsed(whole[:300], ",")
        if not sure or not rows:
            return None
        best = (1.0, ",", rows)
    _, delimiter, rows = best
    if not sure and (len(rows) < 3 or (delimiter == "," and not looks_like_header(rows))):
        return None
    width = Counter(len(row) for row in rows).most_common(1)[0][0]
    quoted = any(f'{delimiter}"' in line or line.startswith('"') for line in whole)
    spans = len(rows) < sum(1 for line in whole[:300] if line.strip())
    return Dialect(delimiter, quoted, spans, width, tuple(rows[0]) if looks_like_header(rows) else None)


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
        rows = [row for row in _parsed(drawn, dialect.delimiter, quoted=dialect.quoted) if len(row) == width and tuple(row) != dialect.header]
        if len(rows) >= min(reading.rows, len(drawn)) // 2:
            return Rows(iter(_cut(rows[: reading.rows], limit)), header, sampled="stride")
    return Rows(_cut(_stream(blob, name, dialect), limit), header)


def _stream(blob: Blob, name: str, dialect: Dialect) -> Iterator[list[str]]:
    reader = csv.reader(lines(decoded(blob, name)), delimiter=dialect.delimiter, quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE)
    skip = dialect.header is not None
    for row in reader:
        if not row:
            continue
        if skip:
            skip = False
            continue
        yield row


def _cut(rows: Iterator[list[str]] | list[list[str]], most: int) -> Iterator[list[str]]:
    """Rows of at most so many cells; a row longer than the header keeps what is too much in one place."""
    for row in rows:
        yield row if len(row) <= most else row[:most]


def _parsed(found: Sequence[str], delimiter: str, *, quoted: bool = True) -> list[list[str]]:
    try:
        return [r for r in csv.reader(found, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE) if r]
    except csv.Error:
        return []
