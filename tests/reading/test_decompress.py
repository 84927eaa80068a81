"""Packed streams: every packing is read, sought in, bounded, and its cuts are told."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
from collections.abc import Callable

import pytest
import zstandard

from ropewalk.errors import SourceError
from ropewalk.reading.decompress import unpacked

TEXT = b"".join(b"%d,ann%d@example.com\n" % (n, n) for n in range(20_000))
PACKINGS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.ZstdCompressor(write_checksum=True).compress}


@pytest.fixture(params=PACKINGS)
def pack(request: pytest.FixtureRequest) -> Callable[[bytes], bytes]:
    return PACKINGS[request.param]


def opened(data: bytes, most: int = 2**24) -> io.BufferedIOBase:
    return unpacked(io.BytesIO(data), most, "x")  # type: ignore[return-value]


def test_read_and_sought(pack: Callable[[bytes], bytes]) -> None:
    stream = opened(pack(TEXT))
    assert stream.read(40) == TEXT[:40]
    assert (stream.seek(0), stream.read()) == (0, TEXT)
    assert (stream.seek(200_000), stream.read(9)) == (200_000, TEXT[200_000:200_009])
    assert (stream.seek(7), stream.read(9)) == (7, TEXT[7:16])
    assert stream.seek(0, 2) == len(TEXT)


def test_streams_one_after_the_other_and_one_in_the_other(pack: Callable[[bytes], bytes]) -> None:
    assert opened(pack(TEXT) + pack(b"end")).read() == TEXT + b"end"
    assert opened(pack(pack(TEXT))).read() == TEXT


def test_a_cut_is_told(pack: Callable[[bytes], bytes]) -> None:
    whole = pack(TEXT)
    with pytest.raises((EOFError, OSError, ValueError, lzma.LZMAError, SourceError)):
        opened(whole[: len(whole) // 2]).read()


def test_a_bomb_is_told(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SourceError, match="expanded_bytes"):
        opened(pack(bytes(64 * 2**20)), most=2**20).read()


def test_damage_is_told(pack: Callable[[bytes], bytes]) -> None:
    data = bytearray(pack(random.Random(5).randbytes(200_000)))
    for place in range(20_000, 21_000):
        data[place] ^= 0xFF
    with pytest.raises((SourceError, OSError, EOFError)):
        opened(bytes(data) + pack(TEXT)).read()
