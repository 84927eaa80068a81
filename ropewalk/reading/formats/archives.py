"""Members of zip and tar archives: named, bounded in number and size, opened where they lie."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from ropewalk.config import Limits
from ropewalk.errors import SourceError
from ropewalk.reading.decompress import Bounded, unpacked
from ropewalk.reading.formats.blob import Blob

_TAIL = 66_000


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive. `key` is its own name; encrypted says that it cannot be read without a password."""

    key: str = field(repr=False)
    size: int
    encrypted: bool = False


class Archive:
    """An opened zip or tar. Links in it are left out, for they lead nowhere here."""

    def __init__(self, blob: Blob, kind: str, limits: Limits) -> None:
        self._blob, self._limits = blob, limits
        if kind == "zip" and (count := _announced(blob)) > limits.datasets:
            raise SourceError(f"an archive of {count} members", where=blob.name, mend="raise limits.datasets if it can be trusted")
        try:
            self._zip = zipfile.ZipFile(blob.file) if kind == "zip" else None
            self._tar = tarfile.open(fileobj=blob.file, mode="r:") if kind == "tar" else None  # noqa: SIM115
        except (zipfile.BadZipFile, tarfile.TarError, NotImplementedError, OSError, ValueError, EOFError) as error:
            raise SourceError(f"a damaged archive ({type(error).__name__})", where=blob.name, mend="check that the file is whole") from None

    def members(self) -> Iterator[Member]:
        """Regular files. Raises SourceError where the archive is cut off or holds too many."""
        if self._zip is not None:
            yield from (Member(i.filename, i.file_size, bool(i.flag_bits & 1)) for i in self._zip.infolist() if not i.is_dir())
            return
        try:
            for count, info in enumerate(self._tar or ()):
                if count >= self._limits.datasets:
                    raise SourceError(f"an archive of more than {count} members", where=self._blob.name, mend="raise limits.datasets")
                if info.isreg():
                    yield Member(info.name, info.size)
        except (tarfile.TarError, OSError, EOFError, ValueError) as error:
            raise SourceError(f"an archive that is cut off ({type(error).__name__})", where=self._blob.name, mend="check that it is whole") from None

    def open(self, key: str) -> BinaryIO:
        """The unpacked bytes of a member. Raises SourceError where it is encrypted, damaged or gone."""
        name = self._blob.name
        try:
            inner = self._zip.open(key) if self._zip is not None else self._in_tar(key)
        except RuntimeError:
            raise SourceError("encrypted with a password", where=name, mend="its owner must declare what it holds") from None
        except Exception as error:
            raise SourceError(f"a member cannot be read ({type(error).__name__})", where=name, mend="pack the archive again") from None
        most = self._limits.expanded_bytes
        return unpacked(cast(BinaryIO, io.BufferedReader(Bounded(inner, most, name, "expands beyond limits.expanded_bytes"))), most, name)

    def _in_tar(self, key: str) -> Any:
        """Stops at the member, so that one before a cut can still be read."""
        tar = cast(tarfile.TarFile, self._tar)
        return tar.extractfile(next(info for info in tar if info.name == key and info.isreg()))


def _announced(blob: Blob) -> int:
    """The number of members that the end of a zip announces, without reading its directory."""
    blob.file.seek(0, 2)
    end = blob.file.tell()
    blob.file.seek(max(end - _TAIL, 0))
    tail = blob.file.read(_TAIL)
    blob.file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 12:
        raise SourceError("a zip archive without its end", where=blob.name, mend="check that the file is whole")
    count = struct.unpack("<H", tail[at + 10 : at + 12])[0]
    wide = tail.rfind(b"PK\x06\x06", 0, at)
    if count == 0xFFFF and wide >= 0 and len(tail) >= wide + 40:
        count = struct.unpack("<Q", tail[wide + 32 : wide + 40])[0]
    return int(count)
