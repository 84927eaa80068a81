"""The pattern that names of objects of one shape share. What is masked in a name (naming.py) counts as varying."""

from __future__ import annotations

import re
from urllib.parse import unquote

from ropewalk.naming import MASKED, PARTITION, SUFFIX, UUID

_HEX = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}(?![0-9A-Za-z])")
_STAMP = re.compile(r"\d+(?:[T_.:-]?\d+)*Z?")


def pattern(name: str) -> str:
    """`orders/2026-01-02/part-00017.parquet` -> `orders/*/part-*.parquet`; names of one pattern are of one shape."""
    folder, slash, file = name.rpartition("/")
    suffix = SUFFIX.search(file)
    end = suffix.start() if suffix else len(file)
    return "/".join(map(_starred, folder.split("/"))) + slash + _starred(file[:end]) + file[end:]


def partitions(key: str) -> dict[str, str | None]:
    """`sales/country=DE/dt=2026-11-01/part-0.parquet` -> country, dt: columns that Hive, Spark and Athena keep in names of folders."""
    found = (PARTITION.fullmatch(part) for part in key.split("/")[:-1])
    values = {m[1]: unquote(m[2]) for m in found if m}
    return {name: None if value == "__HIVE_DEFAULT_PARTITION__" else value for name, value in values.items()}


def _starred(part: str) -> str:
    if found := PARTITION.fullmatch(part):
        return f"{found[1]}=*"
    out = _STAMP.sub("*", _HEX.sub("*", UUID.sub("*", MASKED.sub("*", part))))
    return re.sub(r"\*(?:[-_.]?\*)+", "*", out)
