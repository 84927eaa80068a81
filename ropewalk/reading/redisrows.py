"""Values of keys as rows: a string, hash or JSON document is a row; of a list, set, sorted set, stream or large hash each element is one."""

from __future__ import annotations

import base64
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ropewalk.config import Limits
from ropewalk.errors import SourceError
from ropewalk.reading.nested import flatten
from ropewalk.reading.redisclient import RedisClient
from ropewalk.reading.rediskeys import Name, variable

Row = dict[str, Any]
KEY, FIELD, TIME = "{key}", "{field}", "{time}"
"""Columns for what stands beside a value: the data in the key, the name of a field of a large hash, the time of a stream's entry."""
RECORDS = frozenset({"string", "hash", "ReJSON-RL"})
"""Types of keys that are one row each."""
MAP = 100
"""A hash of more fields than this is a table of its own, not a record."""
_SIZE = {"list": "LLEN", "set": "SCARD", "zset": "ZCARD", "stream": "XLEN", "hash": "HLEN", "string": "STRLEN"}
_PAGE, _LEAST, _HEAVY = 500, 10, 4 * 2**20
_STRINGS = re.compile(r"[\x20-\x7e\u00a0-\ufffc]{6,}")


@dataclass(slots=True)
class Plan:
    """What is there and what came of reading it. records: keys that are a row each; elements: rows in the other keys."""

    records: int = 0
    elements: int = 0
    binary: int = 0
    cut: int = 0
    gone: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        return self.records + self.elements


class RedisRows:
    """Reads the values of keys of one pattern in one database, in batches that shrink where values are large."""

    def __init__(self, client: RedisClient, db: int, name: Name, limits: Limits) -> None:
        self._client, self._db, self._name = client, db, name
        self._bytes = min(limits.object_bytes, _HEAVY)
        self.plan = Plan()

    def __repr__(self) -> str:
        return f"RedisRows({''.join(self._name)!r})"

    def sized(self, keys: Sequence[bytes]) -> list[tuple[bytes, str, int]]:
        """(key, type, rows in it); large hashes are of type `map`. Keys that are gone or of an unknown type are left out and counted."""
        out: list[tuple[bytes, str, int]] = []
        for start in range(0, len(keys), _PAGE):
            part = keys[start : start + _PAGE]
            kinds = [_text(k) for k in self._client.pipe([("TYPE", key) for key in part], self._db)]
            asked = [(key, kind) for key, kind in zip(part, kinds, strict=True) if kind in _SIZE]
            sizes = self._client.pipe([(_SIZE[kind], key) for key, kind in asked], self._db)
            for (key, kind), size in zip(asked, sizes, strict=True):
                if isinstance(size, Exception):
                    self.plan.unread[kind] += 1
                    continue
                self.plan.cut += kind == "string" and size > self._bytes
                out.append(
                    (key, "map" if kind == "hash" and size > MAP else kind, 1 if kind == "string" or (kind == "hash" and size <= MAP) else size)
                )
            for key, kind in zip(part, kinds, strict=True):
                if kind == "ReJSON-RL":
                    out.append((key, kind, 1))
                elif kind not in _SIZE:
                    self.plan.gone += kind == "none"
                    self.plan.unread.update([kind] if kind != "none" else [])
        for _, kind, size in out:
            self.plan.kinds[kind] += 1
            if kind in RECORDS:
                self.plan.records += 1
            else:
                self.plan.elements += size
        return out

    def all(self, keys: Sequence[tuple[bytes, str, int]]) -> Iterator[Row]:
        """Every row."""
        yield from self._records([(key, kind) for key, kind, _ in keys if kind in RECORDS])
        for key, kind, _ in keys:
            for row in self._elements(key, kind):
                yield self._named(key, row)

    def some(self, keys: Sequence[tuple[bytes, str, int]], wanted: int, draw: random.Random) -> Iterator[Row]:
        """About `wanted` rows: records drawn at random, and of the other keys their share, drawn within the key as well."""
        total = self.plan.rows or 1
        records = [(key, kind) for key, kind, _ in keys if kind in RECORDS]
        yield from self._records(draw.sample(records, min(len(records), -(-wanted * len(records) // total))))
        others = [k for k in keys if k[1] not in RECORDS]
        if len(others) > wanted:
            others = draw.sample(others, wanted)
            total = sum(size for *_, size in others) or 1
        for key, kind, size in others:
            share = max(1, round(wanted * size / total)) if size else 0
            for row in self._elements(key, kind) if share >= size else self._drawn(key, kind, size, share, draw):
                yield self._named(key, row)

    def _records(self, keys: Sequence[tuple[bytes, str]]) -> Iterator[Row]:
        place, batch = 0, _LEAST
        while place < len(keys):
            part = keys[place : place + batch]
            place += len(part)
            answers = self._client.pipe([self._whole(key, kind) for key, kind in part], self._db)
            weight = sum(map(_weight, answers))
            batch = min(batch * 2, _PAGE) if weight < _HEAVY // 4 else max(batch // 2, 1) if weight > _HEAVY else batch
            for (key, kind), answer in zip(part, answers, strict=True):
                if isinstance(answer, Exception):
                    self.plan.unread[kind] += 1
                elif not answer and kind != "string":
                    self.plan.gone += 1
                elif kind == "hash":
                    yield self._named(key, {self._string(name): self._string(value) for name, value in answer.items()})
                else:
                    yield self._named(key, {"value": self._string(answer) or None})

    def _whole(self, key: bytes, kind: str) -> tuple[Any, ...]:
        if kind == "hash":
            return ("HGETALL", key)
        return ("GETRANGE", key, 0, self._bytes - 1) if kind == "string" else ("JSON.GET", key)

    def _elements(self, key: bytes, kind: str) -> Iterator[Row]:
        """All elements of a key, page by page."""
        if kind == "list" or kind == "zset":
            start = 0
            while page := self._page(key, kind, start, _PAGE):
                yield from page
                start += _PAGE
        elif kind in {"set", "map"}:
            cursor: Any = 0
            met: set[bytes] = set()
            while True:
                cursor, page = self._client.ask("SSCAN" if kind == "set" else "HSCAN", key, cursor, "COUNT", _PAGE, db=self._db)
                for element in page:  # of a hash, HSCAN's answer is a dict
                    if element not in met:
                        met.add(element)
                        yield self._member(element) if kind == "set" else self._field(element, page[element])
                if cursor in (0, b"0"):
                    return
        elif kind == "stream":
            after = "-"
            while entries := self._client.ask("XRANGE", key, after, "+", "COUNT", _PAGE, db=self._db):
                yield from (self._entry(e) for e in entries)
                after = f"({_text(entries[-1][0])}"

    def _drawn(self, key: bytes, kind: str, size: int, share: int, draw: random.Random) -> Iterator[Row]:
        """`share` elements at random; of a list, sorted set or stream from places spread over all of it."""
        if kind == "set":
            yield from (self._member(m) for m in self._client.ask("SRANDMEMBER", key, share, db=self._db))
        elif kind == "map":
            flat = self._client.ask("HRANDFIELD", key, share, "WITHVALUES", db=self._db)
            pairs = flat.items() if isinstance(flat, dict) else zip(flat[::2], flat[1::2], strict=True)
            yield from (self._field(name, value) for name, value in pairs)
        elif kind in {"list", "zset"}:
            places = sorted(draw.sample(range(size), share))
            for start in range(0, len(places), _PAGE):
                asked = [_range(key, kind, at, at) for at in places[start : start + _PAGE]]
                for answer in self._client.pipe(asked, self._db):
                    if not isinstance(answer, Exception):
                        yield from self._listed(kind, answer)
        else:
            yield from self._along(key, share, draw)

    def _along(self, key: bytes, share: int, draw: random.Random) -> Iterator[Row]:
        """Entries of a stream that come next after times drawn at random between its first and its last."""
        (first,), (last,) = (self._client.ask("XRANGE", key, "-", "+", "COUNT", 1, db=self._db), self._last(key))
        low, high = _milliseconds(first[0]), _milliseconds(last[0])
        met: set[bytes] = set()
        for _ in range(4):
            times = sorted(draw.randint(low, high) for _ in range(share))
            asked = [("XRANGE", key, str(t), "+", "COUNT", 2) for t in times]
            for answer in self._client.pipe(asked, self._db):
                for entry in [] if isinstance(answer, Exception) else answer:
                    if entry[0] not in met and len(met) < share:
                        met.add(entry[0])
                        yield self._entry(entry)
            if len(met) >= share // 2:
                return
        for entry in self._client.ask("XRANGE", key, "-", "+", "COUNT", share, db=self._db):  # many entries of one moment
            if entry[0] not in met and len(met) < share:
                met.add(entry[0])
                yield self._entry(entry)

    def _last(self, key: bytes) -> Any:
        return self._client.ask("XREVRANGE", key, "+", "-", "COUNT", 1, db=self._db)

    def oldest(self, key: bytes) -> datetime | None:
        """The time of the first entry of a stream; None where it is empty, or its ids are no times."""
        found = self._client.ask("XRANGE", key, "-", "+", "COUNT", 1, db=self._db)
        return _moment(found[0][0]) if found else None

    def _page(self, key: bytes, kind: str, start: int, count: int) -> list[Row]:
        return list(self._listed(kind, self._client.ask(*_range(key, kind, start, start + count - 1), db=self._db)))

    def _listed(self, kind: str, answer: Sequence[Any]) -> Iterator[Row]:
        if kind == "list":
            yield from (self._member(m) for m in answer)
        else:
            pairs = answer if answer and isinstance(answer[0], (tuple, list)) else list(zip(answer[::2], answer[1::2], strict=True))
            yield from ({"value": self._string(m), "score": _text(score)} for m, score in pairs)

    def _member(self, member: bytes) -> Row:
        return {"value": self._string(member)}

    def _field(self, name: bytes, value: bytes) -> Row:
        return {FIELD: self._string(name), "value": self._string(value)}

    def _entry(self, entry: tuple[bytes, dict[bytes, bytes]]) -> Row:
        row = {self._string(name): self._string(value) for name, value in (entry[1] or {}).items()}
        moment = _moment(entry[0])
        return {TIME: moment.isoformat(), **row} if moment else row

    def _named(self, key: bytes, row: Row) -> Row:
        """The row with the data that its key holds beside it."""
        parts = variable(key, self._name)
        more = {KEY: parts[0]} if len(parts) == 1 else {f"{KEY} {n}": part for n, part in enumerate(parts, 1)}
        return {**more, **row}

    def _string(self, value: Any) -> str:
        """Text as it is; packed text as base64, which is opened later; of other bytes (pickles, protocol buffers) what can be read in them."""
        if isinstance(value, str):
            return value
        try:
            return str(value.decode("utf-8"))
        except UnicodeDecodeError:
            pass
        if len(value) <= self._bytes and any(text for _, text in flatten(value)):
            return base64.b64encode(value).decode()
        self.plan.binary += 1
        runs = _STRINGS.findall(value.decode("utf-8", "replace"))
        return "\n".join(runs) if sum(map(len, runs)) * 4 >= len(value) else base64.b64encode(value[:3000]).decode()


def _range(key: bytes, kind: str, start: int, end: int) -> tuple[Any, ...]:
    return ("LRANGE", key, start, end) if kind == "list" else ("ZRANGE", key, start, end, "WITHSCORES")


def _text(value: Any) -> str:
    if isinstance(value, Exception):
        raise SourceError("the type of a key could not be asked", where="redis", mend="`ropewalk sources grants` prints the rights") from None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _weight(answer: Any) -> int:
    if isinstance(answer, dict):
        return sum(map(len, answer.values()))
    return len(answer) if isinstance(answer, bytes) else 0


def _milliseconds(entry: bytes) -> int:
    return int(entry.partition(b"-")[0])


def _moment(entry: bytes) -> datetime | None:
    """The time in the id of an entry; ids that the writer chose otherwise tell none."""
    try:
        found = datetime.fromtimestamp(_milliseconds(entry) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year >= 2000 else None
