"""A tag, a spot that can carry one, a change of tags. No value, no comment of the owner's and no key of an object is in any repr."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from ropewalk.errors import SourceError
from ropewalk.model import Skipped

VERSION = "v=1"
_WORD = re.compile(r"[^A-Za-z0-9._:/-]+")
_LONGEST, _MOST = 62, 8


class TagError(SourceError):
    """A spot could not be tagged; the others go on. `lost`: the whole store is out of reach."""

    def __init__(self, what: str, *, mend: str = "", lost: bool = False) -> None:
        super().__init__(what, mend=mend)
        self.lost = lost


@dataclass(frozen=True, slots=True)
class Tag:
    """origin: a word; classes: categories; operations: of the marketplace API. Empty where nothing is known."""

    origin: str = ""
    classes: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def parts(self) -> Mapping[str, str]:
        """name -> value, as comments write it; at most eight classes and three operations, each of letters, digits and `._:/-`."""
        said = {"origin": word(self.origin), "class": _joined(self.classes, _MOST), "op": _joined(self.operations, 3)}
        return {k: v for k, v in said.items() if v}

    @property
    def text(self) -> str:
        """`[ropewalk origin=amazon-sp-api class=address op=getOrderAddress v=1]`, or nothing."""
        return f"[ropewalk {' '.join(f'{k}={v}' for k, v in self.parts.items())} {VERSION}]" if self else ""


def word(text: str) -> str:
    return _WORD.sub("-", text.strip())[:_LONGEST].strip("-")


def _joined(words: tuple[str, ...], most: int) -> str:
    return ",".join(w for w in map(word, words[:most]) if w)


@dataclass(frozen=True, slots=True)
class Spot:
    """What can carry a tag. dataset, column: as findings name them (column "" is the dataset itself); names: as the store does.

    now: what stands there: a comment (None: none), or the tags of an object.
    """

    dataset: str
    column: str
    names: tuple[str, ...] = field(repr=False)
    now: Any = field(default=None, repr=False)


class Form(Protocol):
    """How a tag stands in what a store keeps: in a text, or among other tags."""

    def put(self, now: Any, tag: Tag) -> Any:
        """The owner's part, with this tag instead of an older one. Raises TagError where it does not fit."""
        ...

    def drop(self, now: Any) -> Any:
        """The owner's part as it was before."""
        ...

    def said(self, now: Any) -> str:
        """Our own tag as text, "" where there is none."""
        ...

    def origin(self, now: Any) -> str:
        """The origin that the owner's part names."""
        ...


class TagStore(Protocol):
    """Reads and writes what can carry tags. `kind` names the store for people; `place` says where it writes, without a secret."""

    kind: ClassVar[str]
    form: Form
    place: str

    def spots(self, datasets: set[str]) -> Iterator[Spot | Skipped]:
        """The spots of these datasets. Raises TagError where the store cannot be read."""
        ...

    def write(self, spot: Spot, new: Any) -> None:
        """Writes `new` if the spot is still as it was read, and reads it back. Raises TagError."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan. action: add, change, remove, keep (it stands there already) or cannot (reason and mend say why).

    tag: the tag as it will be ("" for remove); was: as it is; basis: who says the origin; spots: one column, or the objects of a dataset.
    """

    source: str
    dataset: str
    column: str
    action: str
    tag: str = ""
    was: str = ""
    basis: str = ""
    reason: str = ""
    mend: str = ""
    spots: tuple[tuple[Spot, Any], ...] = field(default=(), repr=False)

    @property
    def subject(self) -> str:
        return "/".join(p for p in (self.source, self.dataset) if p) + (f"#{self.column}" if self.column else "")

    @property
    def writes(self) -> bool:
        return self.action in {"add", "change", "remove"}
