"""The distinct values of a field in bounded memory: exact up to a cap, then a fair sample of them.

Up to `cap` distinct values are kept with exact counts. Beyond it the values with the smallest keyed hashes stay (bottom-k):
every distinct value has the same chance whatever its count or place, a value that stays has its exact count, and the key,
drawn anew for each field, keeps anybody from choosing values that hide. Values live in RAM and in no repr.
The hash is Python's own of the text (SipHash, which a text remembers) times a random odd number, modulo 2^64: a cryptographic
one took a third of a whole exhaustive scan.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import NoReturn

CAP = 200_000
BYTES = 64 * 2**20
_ALL = 2**64 - 1


class Distinct:
    """Counts the values of one field. cap: most distinct values kept; bytes: most characters kept, a second cap."""

    def __init__(self, cap: int = CAP, *, bytes: int = BYTES, key: bytes | None = None) -> None:
        if cap < 1:
            raise ValueError("cap must be at least 1")
        self._cap, self._room = cap, bytes
        self._key = int.from_bytes(key or secrets.token_bytes(8)) | 1
        self._counts: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._size = 0
        self._limit = -1
        self.cells = self.nulls = 0

    def __repr__(self) -> str:
        return f"Distinct({len(self._counts)} kept, {self.cells} cells, capped={self.capped})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Distinct holds personal values and is never serialised")

    @property
    def capped(self) -> bool:
        """Whether values were left out; `counts` is then a sample of the distinct values."""
        return self._limit >= 0

    @property
    def counts(self) -> Mapping[str, int]:
        return self._counts

    @property
    def estimate(self) -> int:
        """The number of distinct values: exact while not capped, else estimated from the share of hashes kept."""
        return len(self._counts) if not self.capped else round(len(self._counts) * 2**64 / (self._limit + 1))

    @property
    def seen(self) -> int:
        """Cells whose value is kept."""
        return sum(self._counts.values())

    def add(self, value: str | None, count: int = 1) -> None:
        if value is None:
            self.nulls += count
            return
        self.cells += count
        have = self._counts.get(value)
        if have is not None:
            self._counts[value] = have + count
            return
        if not self.capped:
            self._counts[value] = count
            self._size += len(value)
            self._overflow()
            return
        rank = self._hash(value)
        if rank >= self._limit:
            return
        self._counts[value] = count
        self._size += len(value)
        heappush(self._heap, (-rank, value))
        self._evict()

    def merge(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Adds counted values; returns those that were left out, and those dropped for others, with their counts so far."""
        self.cells += sum(counts.values())
        own = self._counts
        get, fresh = own.get, []
        for value, count in counts.items():
            have = get(value)
            if have is None:
                fresh.append(value)
            else:
                own[value] = have + count
        if not self.capped:
            own.update((v, counts[v]) for v in fresh)
            self._size += sum(map(len, fresh))
            return self._overflow()
        limit, key = self._limit, self._key
        left: dict[str, int] = {}
        for value in fresh:
            if (rank := hash(value) * key & _ALL) < limit:
                own[value] = counts[value]
                self._size += len(value)
                heappush(self._heap, (-rank, value))
            else:
                left[value] = counts[value]
        return left | self._evict()

    def shrink(self, cap: int) -> dict[str, int]:
        """Lowers the cap and returns what was dropped; a larger cap changes nothing, for what was left out is gone."""
        if cap >= self._cap:
            return {}
        self._cap = max(cap, 1)
        return self._overflow()

    def update(self, values: Iterable[str | None]) -> None:
        for value in values:
            self.add(value)

    def _overflow(self) -> dict[str, int]:
        """Ranks the values at the first overflow, and drops what is over a cap."""
        if len(self._counts) <= self._cap and self._size <= self._room:
            return {}
        gone: dict[str, int] = {}
        if not self.capped:
            self._heap = sorted((-self._hash(v), v) for v in self._counts)  # sorted lists are heaps
            over = len(self._heap) - self._cap
            if over > 0:
                gone = {v: self._counts.pop(v) for _, v in self._heap[:over]}
                self._size -= sum(map(len, gone))
                self._limit = -self._heap[over - 1][0]
                del self._heap[:over]
        return gone | self._evict()

    def _evict(self) -> dict[str, int]:
        """Drops the largest hashes until both caps hold; at least one value stays."""
        gone: dict[str, int] = {}
        while len(self._counts) > 1 and (len(self._counts) > self._cap or self._size > self._room):
            rank, value = heappop(self._heap)
            gone[value] = self._counts.pop(value)
            self._size -= len(value)
            self._limit = -rank if self._limit < 0 else min(self._limit, -rank)
        return gone

    def _hash(self, value: str) -> int:
        return hash(value) * self._key & _ALL
