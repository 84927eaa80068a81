"""Keys of a key store: `customer:1042:cart` -> `customer:{id}:cart`. Keys of one pattern are one dataset, named without data.

Digits, UUIDs, hexadecimal and other ids are told by their form; names (`user:ann`) by how many siblings have next to no keys
of their own.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ropewalk.naming import UUID, is_data_key

ID = "{id}"
_SEPARATORS = re.compile(r"([:/|])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}(?![0-9A-Za-z])")
_NUMBER = re.compile(r"\d+(?:[.,T_-]?\d+)*Z?")
_VERSION = re.compile(r"v\d{1,2}$", re.I)
_TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_+=-]{12,}$|[A-Za-z0-9_+=-]{32,}$")
_RARE, _ROOT_FEW, _FEW, _MOST = 5, 24, 8, 100

Name = tuple[str, ...]
"""A pattern in segments, separators among them: `("customer", ":", "{id}")`."""


@dataclass(slots=True)
class Keys:
    """Keys of one pattern: how many, and all of them or some drawn at random."""

    count: int = 0
    kept: list[bytes] = field(default_factory=list, repr=False)
    mark: int = 0

    @property
    def whole(self) -> bool:
        return len(self.kept) == self.count

    def add(self, key: bytes, mark: int, most: int, draw: random.Random) -> None:
        self.count += 1
        self.mark ^= mark
        if len(self.kept) < most:
            self.kept.append(key)
        elif (place := int(draw.random() * self.count)) < most:
            self.kept[place] = key

    def join(self, other: Keys, most: int, draw: random.Random) -> None:
        """Adds the keys of another pattern; where both are too many, each keeps its share."""
        both = self.kept + other.kept
        if len(both) > most:
            share = round(most * self.count / (self.count + other.count))
            both = draw.sample(self.kept, min(share, len(self.kept))) + draw.sample(other.kept, min(most - share, len(other.kept)))
        self.kept, self.count, self.mark = both, self.count + other.count, self.mark ^ other.mark


def mark(key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")


def name_of(key: bytes) -> Name:
    """The pattern as the form of the key tells it."""
    return tuple(part if i % 2 else _segment(part) for i, part in enumerate(_SEPARATORS.split(key.decode("utf-8", "replace"))))


def _segment(part: str) -> str:
    if not part or _VERSION.match(part):
        return part
    short = _NUMBER.sub(ID, _HEX.sub(ID, UUID.sub(ID, part)))
    if "@" in part or _TOKEN.match(part) or len(part) > 64 or is_data_key(re.sub(r"\{id\}", "", short)):
        return ID
    return "".join(c if c.isprintable() else "?" for c in short)


def patterns(found: dict[Name, Keys], most: int, seed: str) -> dict[str, tuple[Name, Keys]]:
    """name -> the pattern and its keys, after segments that turned out to be data became `{id}`."""
    draw = random.Random(seed)  # noqa: S311 - sampling, not a secret
    out: dict[str, tuple[Name, Keys]] = {}
    for name, old in sorted(_collapsed([(n, n) for n in sorted(found)], found, 0)):
        text = "".join(name) or ID
        keys = out.setdefault(text, (name, Keys()))[1]
        keys.join(found[old], most, draw)
    return out


def _collapsed(names: list[tuple[Name, Name]], found: dict[Name, Keys], depth: int) -> Iterator[tuple[Name, Name]]:
    """(pattern, what it was) for patterns that agree in their first `depth` segments."""
    groups: dict[str, list[tuple[Name, Name]]] = defaultdict(list)
    for name, old in names:
        if len(name) <= depth:
            yield name, old
        else:
            groups[name[depth]].append((name, old))
    sizes = {part: sum(found[old].count for _, old in group) for part, group in groups.items() if part != ID}
    rare = {part for part, size in sizes.items() if size <= _RARE}
    data = set(rare) if len(rare) > (_FEW if depth else _ROOT_FEW) else set()
    if depth and len(sizes) > _MOST:
        data = set(sizes)
    joined: dict[str, list[tuple[Name, Name]]] = defaultdict(list)
    for part, group in groups.items():
        for name, old in group:
            joined[ID if part in data else part].append(((*name[:depth], ID, *name[depth + 1 :]) if part in data else name, old))
    for group in joined.values():
        if all(len(name) <= depth + 1 for name, _ in group):
            yield from group
        else:
            yield from _collapsed(group, found, depth + 1)


def fits(key: bytes, name: Name) -> bool:
    """Whether a key is of a pattern."""
    own = name_of(key)
    return len(own) == len(name) and all(p == w or w == ID for p, w in zip(own, name, strict=True))


def variable(key: bytes, name: Name) -> list[str]:
    """The segments of a key that its pattern does not name: the data in it."""
    parts = _SEPARATORS.split(key.decode("utf-8", "replace"))
    return [part for part, own in zip(parts, name, strict=False) if ID in own]


def gather(keys: Iterable[bytes], most: int, seed: str) -> dict[Name, Keys]:
    """Counts and keeps keys by pattern; a key that a scan gives twice counts once."""
    draw = random.Random(seed)  # noqa: S311 - sampling, not a secret
    found: dict[Name, Keys] = {}
    seen: set[int] = set()
    for key in keys:
        number = mark(key)
        if number not in seen:
            seen.add(number)
            found.setdefault(name_of(key), Keys()).add(key, number, most, draw)
    return found
