"""One log file as lines of text: unpacked, decoded, unwrapped; archives member by member; what is no text is refused with its reason."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, BinaryIO

from ropewalk.config import Limits
from ropewalk.errors import SourceError
from ropewalk.reading.formats.archives import Archive
from ropewalk.reading.formats.blob import HEAD, Blob
from ropewalk.reading.formats.sniff import Unread, no_text
from ropewalk.reading.formats.text import encoding
from ropewalk.reading.loglines import unwrap
from ropewalk.reading.objects import Entry, Objects

LINE = 4 * 2**20
"""Characters of a line at most; a longer one comes in pieces."""
_WRAPPER_BYTES = 64 * 2**20
_ZEROS = 2**20
_ENTRY = 2**20
_WHOLE = ("utf-16", "utf-32", "iso2022")
"""Encodings that cannot be entered in the middle."""
_DECODER = json.JSONDecoder()


class NoTextError(SourceError):
    """The file is no text; `cipher` says what encrypted it, where that is known, `lasting` whether no scan will ever read it."""

    cipher = ""
    lasting = False


class LogFile:
    """`with LogFile(…) as lines`. header: the line that names the columns, where the format has one; problems: members that are not read."""

    def __init__(self, objects: Objects, entry: Entry, limits: Limits, start: int = 0) -> None:
        self._objects, self._entry, self._limits, self._start = objects, entry, limits, start
        self.header = ""
        self.problems: list[str] = []

    def __enter__(self) -> Iterator[str]:
        self._file = self._objects.open(self._entry)
        blob = Blob(self._file, self._entry.name)
        head = blob.head()
        for kind, is_one in (("zip", head.startswith(b"PK\x03\x04")), ("tar", head[257:262] == b"ustar")):
            if is_one:
                return self._members(Archive(blob, kind, self._limits))
        return self._text(self._file, head, self._entry.name, self._start)

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _members(self, archive: Archive) -> Iterator[str]:
        for member in archive.members():
            try:
                with closing(archive.open(member.key)) as file:
                    yield from self._text(file, Blob(file, member.key).head(), self._objects.names.shown(member.key), 0)
            except (SourceError, OSError, EOFError, UnicodeError) as error:
                reason = error.what if isinstance(error, SourceError) else f"could not be read to its end ({type(error).__name__})"
                self.problems.append(f"{self._objects.names.shown(member.key)}: {reason}")

    def _text(self, file: BinaryIO, head: bytes, name: str, start: int) -> Iterator[str]:
        if head.startswith((b"__CURSOR=", b"__REALTIME_TIMESTAMP=", b"__SEQNUM=")):
            return _journal(file)
        zeros = 0
        if not head.strip(b"\0"):
            zeros, head = _past_zeros(file)
            if zeros and not head:
                raise _refused(Unread("nothing but zero bytes", "nothing to do, unless it should hold something", no_data=True), name)
        found = encoding(head) or encoding(head.replace(b"\0", b""))
        if found is None or head.startswith((b"age-encryption.org/", b"Salted__")):
            raise _refused(no_text(head), name)
        self.header = self.header or _header(head[: HEAD // 8].decode(found, "replace"))
        if zeros > start:
            file.seek(zeros)
        elif start and not found.startswith(_WHOLE):
            file.seek(start)
            file.readline(LINE)
            return _lines(io.TextIOWrapper(file, found.removesuffix("-sig"), "replace"))
        text = io.TextIOWrapper(file, found, "replace")
        first = text.readline(LINE)
        if _wrapped(first) and self._entry.size <= _WRAPPER_BYTES:
            whole = first + text.read(_WRAPPER_BYTES)
            return iter(unwrap(whole) or whole.splitlines())
        return _apart(_chain(first, _lines(text)))


def _refused(found: Unread, name: str) -> NoTextError:
    error = NoTextError(found.reason, where=name, mend=found.mend)
    error.cipher, error.lasting = found.cipher, found.lasting
    return error


def _past_zeros(file: BinaryIO) -> tuple[int, bytes]:
    """Where the text begins in a file that was cut while it was written to, and its first bytes."""
    at = 0
    while block := file.read(_ZEROS):
        rest = block.lstrip(b"\0")
        if rest:
            return at + len(block) - len(rest), rest + file.read(HEAD)
        at += len(block)
    return at, b""


def _header(head: str) -> str:
    """`#Fields: …` of the W3C's extended format, or the column names of a VPC flow log."""
    found = re.search(r"^#Fields:[ \t]*(.*)$", head, re.M) or re.match(r"(version account-id interface-id .*)$", head, re.M)
    return found[1].strip() if found else ""


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LINE):
        yield line.replace("\0", "") if "\0" in line else line


def _chain(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first.replace("\0", "")
    yield from rest


def _wrapped(first: str) -> bool:
    start = first.lstrip()[:400]
    return start in {"{\n", "{", "[", "[\n"} or bool(re.match(r'\[\s*\{|\{\s*"(?:Records|events|logEvents)"\s*:\s*\[', start))


def _apart(lines: Iterator[str]) -> Iterator[str]:
    """JSON objects that stand in one line without a separator (as Firehose writes them) -> a line each."""
    for line in lines:
        if line[:1] != "{" or "}{" not in line:
            yield line
            continue
        at = 0
        try:
            while at < len(line.rstrip()):
                _, end = _DECODER.raw_decode(line, at)
                yield line[at:end]
                at = end
                while line[at : at + 1].isspace():
                    at += 1
        except (ValueError, RecursionError):
            yield line[at:]


def _journal(file: BinaryIO) -> Iterator[str]:
    """systemd's export format -> a JSON line an entry: `KEY=value` lines, or KEY, eight bytes of length and as many of value
    (https://systemd.io/JOURNAL_EXPORT_FORMATS)."""
    entry: dict[str, Any] = {}
    while line := file.readline(_ENTRY):
        key, mark, value = line.rstrip(b"\n").partition(b"=")
        if mark:
            entry[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        elif key:
            size = int.from_bytes(file.read(8), "little")
            entry[key.decode("utf-8", "replace")] = file.read(min(size, _ENTRY)).decode("utf-8", "replace")
            if size > _ENTRY:
                break  # a damaged length: nothing after it can be trusted
            file.read(1)
        elif entry:
            yield json.dumps(entry)
            entry = {}
    if entry:
        yield json.dumps(entry)
