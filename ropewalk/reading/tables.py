"""What a database's catalogue says of a table: plain, picklable, without a connection."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from ropewalk.model import path_text
from ropewalk.naming import UNKEYED, Names

_ORIGIN = re.compile(r"(?<![\w-])(?:origin|source)[=:]([A-Za-z0-9][\w./-]{0,62})")


@dataclass(frozen=True, slots=True)
class Column:
    """`type` as the store declares it, in lower case; `form`: json | bytes | nested | text | "" tells how a cell is fetched.

    label: the name as it may be shown: personal data in it (a column for each buyer) is masked.
    """

    name: str
    type: str = ""
    comment: str = ""
    form: str = ""
    names: Names = UNKEYED

    @property
    def label(self) -> str:
        return self.names.label(self.name)


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
    names: Names = UNKEYED

    def under(self, names: Names) -> Table:
        """The same table, masked with the key of the installation."""
        return replace(self, names=names, columns=tuple(replace(c, names=names) for c in self.columns))

    @property
    def dataset(self) -> str:
        """`schema.table`, or `table` where the schema goes without saying; odd names are quoted, so that it is unique."""
        parts = (self.name,) if self.bare or self.schema is None else (self.schema, self.name)
        return path_text(tuple(map(self.names.label, parts)))

    @property
    def shape(self) -> str:
        """A digest of columns and types: a database may add a column without touching a row."""
        told = "\0".join(f"{c.name}\0{c.type}" for c in self.columns)
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def origin_of(*comments: str) -> str | None:
    """The origin that a comment names: `origin=amazon-sp-api` (or `source:…`, without a blank); the first comment that does."""
    return next((m[1] for c in comments if c and (m := _ORIGIN.search(c))), None)
