"""One file as a format sees it: a stream that is already unpacked, its name and what is known of its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

HEAD = 64 * 1024


@dataclass(slots=True)
class Blob:
    """size: bytes of the stream, None where it is unpacked on the way; near: seeking costs nothing (a local file);
    partitions: columns that stand in the names of its folders."""

    file: BinaryIO = field(repr=False)
    name: str
    size: int | None = None
    near: bool = True
    partitions: Mapping[str, str | None] = field(default_factory=dict, repr=False)

    def head(self, most: int = HEAD) -> bytes:
        """The first bytes; the stream stands at its start again."""
        out = b""
        while len(out) < most and (piece := self.file.read(most - len(out))):
            out += piece
        self.file.seek(0)
        return out

    @property
    def suffix(self) -> str:
        """`a/b.CSV.gz` -> `csv`."""
        parts = [p.lower() for p in self.name.rpartition("/")[2].split(".")[1:]]
        while parts and parts[-1] in {"gz", "bz2", "xz", "zst"}:
            parts.pop()
        return parts[-1] if parts else ""
