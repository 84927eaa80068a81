"""What a database in a file tells about itself without being opened: is it readable without a key, and by whom?"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ropewalk.model import Fact


def file_facts(source: str, file: Path, as_of: datetime, magic: bytes, offset: int) -> Iterator[Fact]:
    """transit, encrypted_at_rest and public_access of one file. `magic` at `offset` is what a readable file holds."""
    yield Fact(source, "transit", "local", as_of, "a file on this machine: nothing travels")
    how = "the first bytes of the file"
    try:
        with file.open("rb") as opened:
            start = opened.read(offset + len(magic))
        mode = file.stat().st_mode
    except OSError:
        for name in ("encrypted_at_rest", "public_access"):
            yield Fact(source, name, None, as_of, how, "read permission on the file")
        return
    if start[offset:] == magic:
        yield Fact(source, "encrypted_at_rest", {"layer": "file", "algorithm": "none"}, as_of, how)
    else:
        yield Fact(
            source, "encrypted_at_rest", {"layer": "file", "algorithm": "opaque"}, as_of, f"{how} are of no known kind", "its algorithm, attested"
        )
    others = [{"grantee": "everyone on this machine", "privilege": p} for p, bit in (("read", stat.S_IROTH), ("write", stat.S_IWOTH)) if mode & bit]
    yield Fact(source, "public_access", others, as_of, "permission bits of the file")
