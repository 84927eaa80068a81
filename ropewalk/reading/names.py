"""What may be shown of a file's name, and the pattern that objects of one shape share.

A name can hold a value (`requests/ann@example.com.json`): such a part is masked and stays apart by a short hash.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote

from ropewalk.masking import is_data_key

_SUFFIX = re.compile(r"(?:\.[A-Za-z][A-Za-z0-9]{0,7})?(?:\.(?:gz|bz2|xz|zst))?$")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}(?![0-9A-Za-z])")
_STAMP = re.compile(r"\d+(?:[T_.:-]?\d+)*Z?")
_PARTITION = re.compile(r"([A-Za-z_][\w-]{0,63})=([^/]*)")
_SUFFIXES = frozenset(
    "csv tsv txt json jsonl ndjson parquet avro orc xlsx xls ods zip tar tgz gz bz2 xz zst xml html htm md log eml mbox pdf docx pptx bin dat".split()
)


def shown(name: str) -> str:
    """A name fit to be shown: parts that hold data or cannot be printed are masked, and stay apart by a short hash."""
    return "/".join(map(_part, name.split("/")))


def _part(part: str) -> str:
    safe = part.encode("utf-8", "replace").decode("utf-8")
    printable = "".join(c if c.isprintable() else "?" for c in safe)
    stem = printable.partition(".")[0]
    if found := _PARTITION.fullmatch(printable):
        value = unquote(found[2])
        return f"{found[1]}=*{_mark(part)}" if is_data_key(value) and not _dated(f"x{value}") else printable
    if "@" in printable or (is_data_key(stem) and not re.fullmatch(r"[\d_.T:-]*Z?", stem) and not _UUID.fullmatch(stem) and not _dated(stem)):
        return f"*{_mark(part)}{_suffix(printable)}"
    if len(printable) > 128:
        return f"{printable[:40]}*{_mark(part)}{_suffix(printable)}"
    return printable if printable == part else f"{printable}*{_mark(part)}"


def _dated(stem: str) -> bool:
    """`orders_20261101`, `part-00000`: structure and a number, of which a date or a counter is no person's."""
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z_.=-]{0,40}(?:\d{1,8}|\d{4}-\d\d-\d\d)(?:[-_T]\d{1,6})?", stem))


def _suffix(name: str) -> str:
    found = _SUFFIX.search(name)
    parts = [p for p in found.group(0).split(".") if p.lower() in _SUFFIXES] if found else []
    return "".join(f".{p}" for p in parts)


def _mark(part: str) -> str:
    return hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def pattern(name: str) -> str:
    """`orders/2026-01-02/part-00017.parquet` -> `orders/*/part-*.parquet`; names of one pattern are of one shape."""
    folder, slash, file = name.rpartition("/")
    suffix = _SUFFIX.search(file)
    end = suffix.start() if suffix else len(file)
    return "/".join(map(_starred, folder.split("/"))) + slash + _starred(file[:end]) + file[end:]


def partitions(key: str) -> dict[str, str | None]:
    """`sales/country=DE/dt=2026-11-01/part-0.parquet` -> country, dt: columns that Hive, Spark and Athena keep in names of folders."""
    found = (_PARTITION.fullmatch(part) for part in key.split("/")[:-1])
    values = {m[1]: unquote(m[2]) for m in found if m}
    return {name: None if value == "__HIVE_DEFAULT_PARTITION__" else value for name, value in values.items()}


def _starred(part: str) -> str:
    if part.startswith("*"):
        return "*"
    if found := _PARTITION.fullmatch(part):
        return f"{found[1]}=*"
    out = _STAMP.sub("*", _HEX.sub("*", _UUID.sub("*", part)))
    return re.sub(r"\*(?:[-_.]?\*)+", "*", out)
