"""Unpacks gzip, bzip2, xz and zstandard streams, told by their first bytes, and bounds what is read and unpacked."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from ropewalk.errors import SourceError

_BUFFER = 1 << 18
_PACKED = 1 << 10
"""Packed bytes unpacked at a time: a zstandard block of four bytes may be 128 KiB of zeros."""


def opener(head: bytes) -> Callable[[Any], Any] | None:
    """What unpacks a stream that begins so; None where it is not packed."""
    if head[:2] == b"\x1f\x8b":
        return lambda raw: gzip.GzipFile(fileobj=raw)
    if head[:3] == b"BZh" and head[3:4].isdigit():
        return bz2.BZ2File
    if head[:6] == b"\xfd7zXZ\x00":
        return lzma.LZMAFile
    if head[:4] == b"\x28\xb5\x2f\xfd":
        return lambda raw: io.BufferedReader(Zstandard(raw))
    return None


def unpacked(raw: BinaryIO, most: int, name: str) -> BinaryIO:
    """The stream, unpacked where it is packed (twice at most: `x.gz` inside `x.gz`); `most` unpacked bytes."""
    for _ in range(2):
        head = raw.read(6)
        raw.seek(0)
        how = opener(head)
        if how is None:
            break
        raw = cast(BinaryIO, io.BufferedReader(Bounded(how(raw), most, name, "expands beyond limits.expanded_bytes", packed=True), _BUFFER))
    return raw


def bounded(raw: Any, most: int, name: str) -> BinaryIO:
    """The stream, of which at most `most` bytes are read."""
    return cast(BinaryIO, io.BufferedReader(Bounded(raw, most, name, "is longer than limits.object_bytes; the rest was not read"), _BUFFER))


class Zstandard(io.RawIOBase):
    """The frames of a zstandard stream, one after the other. Going back starts again; a cut raises EOFError, which zstandard's own reader hides."""

    def __init__(self, raw: Any) -> None:
        import zstandard

        self._raw, self._make = raw, zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj
        self._start()

    def _start(self) -> None:
        self._raw.seek(0)
        self._frame, self._held, self._at, self._begun = self._make(), b"", 0, False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._raw.seekable())

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 2:
            while self.read(_BUFFER):
                pass
            return self._at
        target = offset + (self._at if whence == 1 else 0)
        if target < self._at:
            self._start()
        while self._at < target and self.read(min(target - self._at, _BUFFER)):
            pass
        return self._at

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            packed = self._frame.unused_data if self._frame.eof else b""
            packed = packed or self._raw.read(_PACKED)
            if not packed:
                if self._begun and not self._frame.eof:
                    raise EOFError("a zstandard stream that is cut off")
                return 0
            if self._frame.eof:
                self._frame = self._make()
            self._begun = True
            self._held = self._frame.decompress(packed)
        piece, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        try:
            self._raw.close()
        finally:
            super().close()


class Bounded(io.RawIOBase):
    """A stream that ends with a SourceError, not with a full memory. Seeking back is free, reading again is counted."""

    def __init__(self, inner: Any, most: int, name: str, what: str, *, packed: bool = False) -> None:
        self.packed = packed
        self._inner, self._left, self._name, self._what = inner, most, name, what

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._inner.seekable())

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._inner.seek(offset, whence))

    def tell(self) -> int:
        return int(self._inner.tell())

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            if not self._inner.read(1):
                return 0
            raise SourceError(self._what, where=self._name, mend="raise the limit if the file can be trusted")
        try:
            data = self._inner.read(min(len(buffer), self._left))
        except tarfile.ReadError:
            raise SourceError("cut off; the rest was not read", where=self._name, mend="check that the file is whole") from None
        except (SourceError, OSError, EOFError):
            raise
        except Exception as error:  # each packing has an error of its own
            what = f"damaged ({type(error).__name__}); the rest was not read"
            raise SourceError(what, where=self._name, mend="check that the file is whole") from None
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        try:
            self._inner.close()
        finally:
            super().close()
