"""Records of a file: CSV (comma, semicolon, tab, bar), JSON (a list, or an object around it), JSON lines. Each knows its place.

Column names are compared in lower case, without blanks, dots, dashes and underscores: `Left at`, `left_at` and `leftAt` are one.
Errors name the file, the line or entry and the mend, and quote no cell.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ropewalk.errors import ConfigError

_LISTS = (
    "resources",
    "value",
    "rows",
    "items",
    "users",
    "hosts",
    "data",
    "entries",
    "results",
    "incidents",
    "assets",
    "contacts",
    "changes",
    "deletions",
)


@dataclass(frozen=True, slots=True)
class Record:
    """One line or entry: squeezed column name -> cell."""

    where: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """What is read of a record: the name of the field, how its cell is read, and under which names it may stand."""

    name: str
    read: Callable[[Any], Any]
    also: tuple[str, ...] = ()
    required: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(squeezed(n) for n in (self.name, *self.also))


def squeezed(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def decoded(data: bytes, where: str) -> str:
    """UTF-8 or UTF-16 text. Raises ConfigError."""
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(coding)
    except UnicodeError:
        raise ConfigError("the file is no text in UTF-8", where=where, mend="save it as CSV or JSON in UTF-8") from None


def parsed(told: str, where: str, line: int = 1) -> Any:
    """JSON data that begins in a line of the file. Raises ConfigError."""
    try:
        return json.loads(told)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"not valid JSON: {error.msg}", where=f"{where}:{error.lineno + line - 1}", mend="export it again; the file may be cut off"
        ) from None
    except (ValueError, RecursionError):
        raise ConfigError("not valid JSON: nested too deeply, or a number too long", where=where, mend="export it again") from None


def looks_like_json(told: str) -> bool:
    return told.lstrip()[:1] in {"{", "["}


def records(told: str, where: str) -> tuple[list[Record], tuple[str, ...]]:
    """The records of a text, and the names of its columns as written. Raises ConfigError."""
    if not told.strip():
        raise ConfigError("the file is empty", where=where, mend="a list without entries still has its line of column names")
    if not looks_like_json(told):
        return _csv(told, where)
    if told.lstrip().startswith("{") and (lines := _json_lines(told, where)) is not None:
        return lines
    return of_entries(listed(parsed(told, where), where), where)


def listed(data: Any, where: str) -> list[Any]:
    """The list that JSON data is, or that an object holds under a usual name."""
    if isinstance(data, list):
        return data
    known = {squeezed(k): v for k, v in data.items() if isinstance(v, list)} if isinstance(data, dict) else {}
    found = [known[k] for k in _LISTS if k in known] or (list(known.values()) if len(known) == 1 else [])
    if found:
        return list(found[0])
    raise ConfigError("the JSON holds no list of entries", where=where, mend="write a list of objects, one an entry")


def of_entries(entries: Sequence[Any], where: str) -> tuple[list[Record], tuple[str, ...]]:
    """Records of JSON objects."""
    out, columns = [], dict[str, None]()
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise ConfigError("the entry is no object", where=f"{where}: entry {number}", mend="write a list of objects, one an entry")
        columns |= dict.fromkeys(entry)
        out.append(Record(f"{where}: entry {number}", {squeezed(k): v for k, v in entry.items()}))
    return out, tuple(columns)


def _json_lines(told: str, where: str) -> tuple[list[Record], tuple[str, ...]] | None:
    """None where it is one object over several lines."""
    lines = [(n, line) for n, line in enumerate(told.splitlines(), 1) if line.strip()]
    try:
        first = json.loads(lines[0][1])
    except (ValueError, RecursionError):
        return None
    if not isinstance(first, dict) or (len(lines) == 1 and any(isinstance(v, list) and squeezed(k) in _LISTS for k, v in first.items())):
        return None
    found = [(n, parsed(line, where, n)) for n, line in lines]
    rows, columns = of_entries([d for _, d in found], where)
    return [Record(f"{where}:{n}", r.cells) for (n, _), r in zip(found, rows, strict=True)], columns


def _csv(told: str, where: str) -> tuple[list[Record], tuple[str, ...]]:
    head = told.lstrip("\r\n").splitlines()[0]
    reader = csv.reader(io.StringIO(told, newline=""), delimiter=max(",;\t|", key=head.count), strict=True)
    columns: list[str] | None = None
    out = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = [c.strip() for c in row]
                continue
            if len(row) > len(columns):
                mend = "put cells that hold the separator into double quotes"
                raise ConfigError("the line has more cells than there are columns", where=f"{where}:{reader.line_num}", mend=mend)
            cells: dict[str, str] = {}
            for name, cell in zip(columns, row, strict=False):
                if not cells.get(squeezed(name), "").strip():
                    cells[squeezed(name)] = cell
            out.append(Record(f"{where}:{reader.line_num}", cells))
    except csv.Error:
        mend = "check the double quotes near this line; save it as CSV in UTF-8"
        raise ConfigError("not valid CSV", where=f"{where}:{reader.line_num}", mend=mend) from None
    return out, tuple(columns or ())


def check_columns(columns: Sequence[str], wanted: Sequence[Column], where: str) -> tuple[str, ...]:
    """The names of columns that nothing reads. Raises ConfigError where a required column is missing."""
    have, known = {squeezed(c) for c in columns}, {n for w in wanted for n in w.names}
    for column in wanted:
        if column.required and not have & set(column.names):
            names = ", ".join(dict.fromkeys((column.name, *column.also)))
            raise ConfigError(f"there is no column {column.name!r}", where=f"{where}:1", mend=f"name a column one of: {names}")
    return tuple(c for c in columns if c and squeezed(c) not in known)


def fill(record: Record, wanted: Sequence[Column]) -> dict[str, Any]:
    """The fields of a record; those it does not have are left out. Raises ConfigError naming the line and the column."""
    out = {}
    for column in wanted:
        name = next((n for n in column.names if record.cells.get(n) not in (None, "", [])), None)
        try:
            value = None if name is None else column.read(record.cells[name])
        except ValueError as error:
            raise ConfigError(f"{column.name} {error}", where=record.where, mend=f"correct {column.name} there") from None
        if column.required and (value is None or value == ""):
            raise ConfigError(f"{column.name} is empty", where=record.where, mend="fill it in, or remove the line")
        if value is not None and value != "":
            out[column.name] = value
    return out
