"""Lines of a log -> tallies per field. JSON lines are read by the block, other formats line by line."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ropewalk.model import FieldRef, Path, Sample, Skipped
from ropewalk.naming import KEY, segment
from ropewalk.reading.gather import pieces
from ropewalk.reading.logcolumns import w3c
from ropewalk.reading.logfields import ACCESS_NAMES, Fields, LineFormat, access_block, add_message, add_request
from ropewalk.reading.logformats import FORMATS, JSON, PLAIN, ranked
from ropewalk.reading.nested import flatten
from ropewalk.reading.tally import Tally

BLOCK = 20_000
Columns = defaultdict[Path, Counter[str]]
_MESSAGES = frozenset({"message", "msg", "log", "@message", "MESSAGE", "text"})
_SPACE = re.compile(r"\s*")
_DECODER = json.JSONDecoder()
_WRAPPED = ("Records", "events", "logEvents")


class LogTallies:
    """The fields of a log so far: `tallies[path]`, `lines` read, `formats` met (name -> lines), what was `left` (path, reason -> mend)."""

    def __init__(self, *, depth: int, chars: int, fields: int, cap: int = 50_000) -> None:
        self.tallies: dict[Path, Tally] = {}
        self.lines = 0
        self.formats: Counter[str] = Counter()
        self.left: dict[tuple[Path, str], str] = {}
        self._depth, self._chars, self._fields, self._cap = depth, chars, fields, cap
        self._paths: dict[str, Path] = {}

    def read(self, lines: Iterable[str], wanted: int | None = None, header: str = "") -> int:
        """Reads lines (all, or until `wanted` are read) and returns how many; the format is recognised on the first block.

        header: the names of the columns, of a file that has them.
        """
        form: LineFormat | None = w3c(header) if header else None
        self._others = FORMATS
        read = 0
        for block in _blocks(lines, BLOCK if wanted is None else min(BLOCK, wanted)):
            if wanted is not None:
                block = block[: wanted - read]
            if form is None:
                form, *others = ranked(block[:: max(1, len(block) // 200)][:400])
                self._others = tuple(others) if form is PLAIN else FORMATS
            self._block(block, form)
            read += len(block)
            if wanted is not None and read >= wanted:
                break
        return read

    def samples(self, source: str, dataset: str, fields: Collection[Path] | None, partial: bool) -> Iterator[Sample | Skipped]:
        """One Sample a field, and what was left. partial: not every line of the log was read."""
        for (path, reason), mend in self.left.items():
            yield Skipped(source, dataset, reason, mend, path)
        for path, tally in sorted(self.tallies.items()):
            if fields is not None and path not in fields:
                continue
            method = "templates" if tally.reduced else "stride" if partial else "full"
            met = max(self.lines, tally.rows)  # a line may hold several values of a list
            total = None if partial else self.lines
            yield Sample(FieldRef(source, dataset, path), tally.values, met, met - tally.rows, total, method, "text")

    def _block(self, block: list[str], form: LineFormat) -> None:
        columns: Columns = defaultdict(Counter)
        self.formats[form.name] += len(block)
        documents = block if form is JSON else [line for line in block if line[0] == "{"]
        if documents:
            self._json(documents, columns)
        if form is not JSON:
            self._plain([line for line in block if line[0] != "{"] if documents else block, form, columns)
        self.lines += len(block)
        for path, counts in columns.items():
            tally = self.tallies.get(path)
            if tally is None:
                if len(self.tallies) >= self._fields:
                    self.left[(), f"more than {self._fields} fields; the rest was not looked at"] = "raise limits.fields"
                    continue
                tally = self.tallies[path] = Tally(self._cap)
            if max(map(len, counts), default=0) > self._chars:
                cut: Counter[str] = Counter()
                for value, count in counts.items():
                    parts, left = pieces(value, self._chars)
                    for part in parts:
                        cut[part] += count
                    if left:
                        self.left[path, left] = "raise limits.value_chars"
                counts = cut
            tally.add(counts)

    def _plain(self, block: list[str], form: LineFormat, columns: Columns) -> None:
        if form.name == "access" and _access(block, columns):
            return
        for line in block:
            parsed = None if form is PLAIN else form.parse(line)
            for path, value in (self._other(line) if parsed is None else parsed).items():
                columns[path][value] += 1

    def _other(self, line: str) -> Fields:
        for form in self._others:
            if form is not JSON and (parsed := form.parse(line)) is not None:
                return parsed
        return PLAIN.parse(line) or {}

    def _json(self, block: list[str], columns: Columns) -> None:
        records: list[Any]
        try:
            records = _decode("[" + ",".join(block) + "]")
            if len(records) != len(block):
                raise ValueError
        except (ValueError, RecursionError):
            records = [_one(line) for line in block]
        shapes: dict[tuple[str, ...] | None, list[Any]] = {}
        for record, line in zip(records, block, strict=True):
            if type(record) is dict:
                shapes.setdefault(tuple(record), []).append(record)
            else:
                for path, text in self._other(line).items():
                    columns[path][text] += 1
        for keys, own in shapes.items():
            for key in keys or ():
                self._column(key, [r[key] for r in own], columns)
                if self._path(key) == ("*",):
                    columns[KEY,][key] += len(own)

    def _column(self, key: str, values: list[Any], columns: Columns) -> None:
        kinds = set(map(type, values))
        if kinds != {str}:
            for value in values:
                if type(value) is bool:
                    columns[self._path(key)]["true" if value else "false"] += 1
                elif value is not None and type(value) is not str:
                    self._nested(key, value, columns)
            values = [v for v in values if type(v) is str]
        counts = Counter(values)
        counts.pop("", None)
        if key in _MESSAGES:
            for value, count in [(v, c) for v, c in counts.items() if "=" in v or v[0] in "{[" or '] "' in v or v.rstrip()[-1:] == "}"]:
                del counts[value]
                self._message(key, value, count, columns)
        if counts:
            columns[self._path(key)].update(counts)

    def _path(self, key: str) -> Path:
        path = self._paths.get(key)
        if path is None:
            path = self._paths[key] = (segment(key),) if len(self._paths) < 100_000 else ("*",)
        return path

    def _message(self, key: str, value: str, count: int, columns: Columns) -> None:
        if value[0] in "{[" and (nested := [(path, text) for path, text in flatten(value, depth=self._depth) if path and text]):
            for path, text in nested:
                columns[(key, *path)][str(text)] += count
            return
        fields: Fields = {}
        add_message(fields, value)
        for path, text in fields.items():
            columns[(key, *path[1:])][text] += count

    def _nested(self, key: str, value: Any, columns: Columns) -> None:
        if type(value) is list and value and key.isupper() and (plain := _bytes(value)):  # journalctl -o json: a message that is not plain text
            columns[self._path(key)][plain] += 1
            return
        for path, text in flatten(value, depth=self._depth):
            if text:
                columns[(*self._path(key), *path)][text] += 1


def _access(block: list[str], columns: Columns) -> bool:
    """A block of access lines by column; False where a line is of another format."""
    found = access_block("\n".join(block))
    if len(found) != len(block):
        return False
    for name, values in zip(ACCESS_NAMES, zip(*found, strict=True), strict=True):
        counts = Counter(values)
        if name == "request":
            for request, count in counts.items():
                fields: Fields = {}
                add_request(fields, request)
                for path, value in fields.items():
                    columns[path][value] += count
            continue
        counts.pop("-", None)
        counts.pop("", None)
        if counts:
            columns[(name,)].update(counts)
    return True


def _bytes(value: list[Any]) -> str:
    try:
        return bytes(map(int, value)).decode("utf-8", "replace")
    except (TypeError, ValueError):
        return ""


def _decode(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str)


def _one(line: str) -> Any:
    try:
        return _decode(line)
    except (ValueError, RecursionError):
        return None


def _blocks(lines: Iterable[str], size: int) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lines:
        line = line.rstrip("\r\n")
        if not line or line.isspace():
            continue
        block.append(line)
        if len(block) >= size:
            yield block
            block = []
    if block:
        yield block


def unwrap(text: str) -> list[str] | None:
    """JSON over several lines -> a line an event: of CloudTrail (`Records`) and CloudWatch (`events`, `logEvents`) what they wrap, of other
    documents each; None for what is no JSON."""
    documents: list[Any] = []
    at = 0
    try:
        while (at := _SPACE.match(text, at).end()) < len(text):  # type: ignore[union-attr]
            document, at = _DECODER.raw_decode(text, at)
            documents.append(document)
    except (ValueError, RecursionError):
        return None
    out: list[str] = []
    for document in documents:
        events = document if isinstance(document, list) else None
        if isinstance(document, dict):
            events = next((document[k] for k in _WRAPPED if isinstance(document.get(k), list)), [document] if document else [])
        out += [json.dumps(e, ensure_ascii=False) for e in events or () if isinstance(e, dict)]
    return out or None
