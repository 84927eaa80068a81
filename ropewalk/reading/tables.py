"""What a database's catalogue says of a table: plain, picklable, without a connection."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from ropewalk.model import path_text

_PERSONAL = re.compile(r"[^@\s]@[^@\s]+\.\w|^\+?\d{7,}$")
_ORIGIN = re.compile(r"(?<![\w-])(?:origin|source)[=:]([A-Za-z0-9][\w./-]{0,62})")


@dataclass(frozen=True, slots=True)
class Column:
    """`type` as the store declares it, in lower case; `form`: json | bytes | nested | text | "" tells how a cell is fetched."""

    name: str
    type: str = ""
    comment: str = ""
    form: str = ""

    @property
    def label(self) -> str:
        return label(self.name)


@dataclass(frozen=True, slots=True)
class Table:
    """kind: table | view; stored: whether it has rows of its own to draw from; rows, bytes, pages: the store's estimates.

    key: an indexed integer column through which single rows can be drawn; "" where there is none. id: the store's own number for it.
    bare: whether the schema goes without saying in its dataset's name.
    """

    name: str
    columns: tuple[Column, ...] = ()
    schema: str | None = None
    kind: str = "table"
    stored: bool = True
    rows: int | None = None
    bytes: int | None = None
    pages: int | None = None
    comment: str = ""
    key: str = ""
    fingerprint: str = ""
    id: int = 0
    bare: bool = False

    @property
    def dataset(self) -> str:
        """`schema.table`, or `table` where the schema goes without saying; odd names are quoted, so that it is unique."""
        parts = (self.name,) if self.bare or self.schema is None else (self.schema, self.name)
        return path_text(tuple(map(label, parts)))

    @property
    def shape(self) -> str:
        """A digest of columns and types: a database may add a column without touching a row."""
        told = "\0".join(f"{c.name}\0{c.type}" for c in self.columns)
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def label(name: str) -> str:
    """The name as it may be shown: one that is personal data (an e-mail, a phone number) or cannot be printed is masked."""
    if _PERSONAL.search(name):
        return f"*{_mark(name)}"
    if not name.isprintable():
        return "".join(c if c.isprintable() else "?" for c in name) + f"*{_mark(name)}"
    return name


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def origin_of(*comments: str) -> str | None:
    """The origin that a comment names: `origin=amazon-sp-api` (or `source:…`, without a blank); the first comment that does."""
    return next((m[1] for c in comments if c and (m := _ORIGIN.search(c))), None)
