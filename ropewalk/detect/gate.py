"""The gate: which patterns could match in which values, found in one Hyperscan pass over many values joined together.

It may say yes too often and never says no wrongly: patterns that Hyperscan cannot run exactly are compiled as a
prefilter (a superset), and everything whose meaning could differ stays outside the gate and is tried on every value.
Only plain ASCII values are gated. Without Hyperscan (platforms without a wheel) nothing is gated: same findings, slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

hyperscan: Any
try:
    import hyperscan
except ImportError:  # no wheel for this platform: every pattern is tried on every value
    hyperscan = None

try:
    from re import _constants as sre_constants  # type: ignore[attr-defined]
    from re import _parser as sre_parse  # type: ignore[attr-defined]
except ImportError:  # a Python without these modules: nothing is gated
    sre_parse = None

BLOCK = 1 << 20
"""Bytes joined into one scan: bounds the memory of the gate."""

_STRANGE = re.compile(r"[^\x20-\x7e\t\n\r]")
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_POSIX = re.compile(r"\[\[|\[:\^?[A-Za-z]+:\]")
_ODD = re.compile(r"\{(?!\d+(?:,\d*)?\})|[*+?}]\+|\(\?(?:[|R&+(]|\d)|\(\?>|\(\*")
"""Outside classes and escapes: braces that count nothing (fuzzy matching), possessive, recursive, atomic, conditional."""
_FLAGS = int(re.DOTALL | re.MULTILINE | re.IGNORECASE)


def plain(value: str) -> bool:
    """Whether a value may enter the byte-mode database: printable ASCII with tab, newline and carriage return."""
    return value.isascii() and (value.isprintable() or _STRANGE.search(value) is None)


def gateable(pattern: str, flags: int) -> bool:
    """Whether a pattern means the same to `regex`, to Hyperscan and inside a joined buffer (as a superset)."""
    if sre_parse is None or not pattern.isascii() or flags & ~(_FLAGS | int(re.UNICODE)):
        return False
    if _POSIX.search(pattern) or _ODD.search(_ATOM.sub("a", pattern)):
        return False
    try:
        tree = sre_parse.parse(pattern, flags & _FLAGS)
    except (re.error, OverflowError, RecursionError):
        return False
    known = tree.state.flags
    if known & ~(_FLAGS | int(re.UNICODE)):
        return False
    return tree.getwidth()[0] > 0 and not _anchored(tree, bool(known & re.MULTILINE))


def _anchored(tree: Any, multiline: bool) -> bool:
    """Whether the start or end of a value decides: at a seam of the buffer there is a newline instead."""
    allowed = {sre_constants.AT_BOUNDARY, sre_constants.AT_NON_BOUNDARY}
    if multiline:
        allowed |= {sre_constants.AT_BEGINNING, sre_constants.AT_END}
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, sre_parse.SubPattern):
            stack.extend(item.data)
        elif isinstance(item, tuple):
            if len(item) == 2 and item[0] is sre_constants.AT and item[1] not in allowed:
                return True
            stack.extend(i for i in item if isinstance(i, tuple | list | sre_parse.SubPattern))
        elif isinstance(item, list):
            stack.extend(i for i in item if isinstance(i, tuple | list | sre_parse.SubPattern))
    return False


class Gate:
    """A compiled set of patterns. `always` lists the patterns outside it, which the caller tries on every value."""

    def __init__(self, patterns: Sequence[tuple[str, int]]) -> None:
        """patterns: (regular expression, flags of the `regex` module); their position is their number."""
        usable = [n for n, (pattern, flags) in enumerate(patterns) if hyperscan is not None and gateable(pattern, flags)]
        try:
            self._database = _compile([patterns[n] for n in usable], usable)
        except hyperscan.error:  # one of them is too much for it: the others go in
            usable = [n for n in usable if _compiles(*patterns[n])]
            self._database = _compile([patterns[n] for n in usable], usable)
        self.always = sorted(set(range(len(patterns))).difference(usable))
        self.gated = tuple(usable)

    def __reduce__(self) -> Any:
        raise TypeError("a Gate is compiled for one process: build it anew in the other")

    def passes(self, values: Sequence[str]) -> Iterator[tuple[int, int]]:
        """(number of value, number of pattern) pairs that may match, sorted, each once. Values must be `plain`."""
        if self._database is None:
            return
        first = 0
        while first < len(values):
            size, last = 0, first
            while last < len(values) and (size < BLOCK or last == first):
                size += len(values[last]) + 1
                last += 1
            yield from self._block(values[first:last], first)
            first = last

    def _block(self, values: Sequence[str], offset: int) -> Iterator[tuple[int, int]]:
        ends = np.cumsum(np.fromiter((len(v) + 1 for v in values), dtype=np.int64, count=len(values)))
        hits: list[tuple[int, int]] = []
        append = hits.append

        def seen(number: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            append((number, end))

        self._database.scan(("\n".join(values) + "\n").encode("ascii"), match_event_handler=seen)
        if not hits:
            return
        found = np.array(hits, dtype=np.int64)
        # a match that ends at offset e belongs to the value that holds byte e - 1
        which = np.searchsorted(ends, found[:, 1] - 1, side="right")
        keys = np.unique((which << 16) + found[:, 0])
        for key in keys.tolist():
            yield offset + (key >> 16), key & 0xFFFF


def _flags(flags: int) -> int:
    out = hyperscan.HS_FLAG_PREFILTER
    for ours, theirs in (
        (re.DOTALL, hyperscan.HS_FLAG_DOTALL),
        (re.MULTILINE, hyperscan.HS_FLAG_MULTILINE),
        (re.IGNORECASE, hyperscan.HS_FLAG_CASELESS),
    ):
        if flags & ours:
            out |= theirs
    return int(out)


def _compile(patterns: Sequence[tuple[str, int]], numbers: Sequence[int]) -> Any:
    if not patterns:
        return None
    database = hyperscan.Database()
    database.compile(
        expressions=[p.encode("ascii") for p, _ in patterns], ids=list(numbers), elements=len(patterns), flags=[_flags(f) for _, f in patterns]
    )
    return database


def _compiles(pattern: str, flags: int) -> bool:
    try:
        _compile([(pattern, flags)], [0])
    except hyperscan.error:
        return False
    return True
