"""Parquet and ORC: only the columns that are needed, row groups (stripes) in random order, counted by Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ropewalk.model import Path
from ropewalk.naming import is_data_key, told
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.rows import CHUNK_CELLS, Chunk, Reading, labelled

_GROUPS = 8
_BEGIN = 131_072
"""Rows read of a row group larger than this; of one group that was drawn all, so that no place is out of reach."""
_BUFFER = 2**18
"""Bytes of each column that are fetched at a time where a group is not read to its end."""


def parquet(blob: Blob, reading: Reading) -> Iterator[Chunk]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(blob.file, memory_map=False, pre_buffer=False)
    schema = file.schema_arrow
    groups = [file.metadata.row_group(g) for g in range(file.metadata.num_row_groups)]
    columns, names = _wanted(schema, reading)
    labels = told(*schema.names)
    step = max(100, min(10_000, CHUNK_CELLS // max(len(columns), 1)))
    picked, share = _draw([g.num_rows for g in groups], reading)
    plan = {g: groups[g].num_rows for g in picked}
    if reading.rows is not None and file.metadata.num_rows > reading.rows:
        plan = _bounded(plan, {g: _packed(groups[g], len(columns) / max(len(schema.names), 1)) for g in picked}, reading, blob.near)
        share = min(1.0, reading.rows / max(sum(plan.values()), 1))
        if blob.near and any(rows < groups[g].num_rows for g, rows in plan.items()):
            file = pq.ParquetFile(blob.file, memory_map=False, pre_buffer=False, buffer_size=_BUFFER)
    for group, most in plan.items():
        keep = _lots(most, share, reading)
        seen = 0
        for batch in file.iter_batches(batch_size=step, row_groups=[group], columns=columns):
            mine = None if keep is None else [i - seen for i in keep if seen <= i < seen + batch.num_rows]
            seen += batch.num_rows
            if mine is None or mine:
                piece, labels = labelled(chunk(batch if mine is None else batch.take(mine), names), labels, reading)
                yield piece
            if seen >= most:
                break
    _tell(reading, file.metadata.num_rows)


def orc(blob: Blob, reading: Reading) -> Iterator[Chunk]:
    from pyarrow import orc as arrow_orc

    file = arrow_orc.ORCFile(blob.file)
    columns, names = _wanted(file.schema, reading)
    labels = told(*file.schema.names)
    even = -(-file.nrows // max(file.nstripes, 1))
    picked, share = _draw([even] * file.nstripes, reading)
    for stripe in picked:
        batch = file.read_stripe(stripe, columns=columns)
        keep = _lots(batch.num_rows, share, reading)
        step = max(100, CHUNK_CELLS // max(len(columns), 1))
        part = batch if keep is None else batch.take(keep)
        for start in range(0, part.num_rows, step):
            piece, labels = labelled(chunk(part.slice(start, step), names), labels, reading)
            yield piece
    _tell(reading, file.nrows)


def origin(blob: Blob) -> str:
    """The `origin` of Parquet's key-value metadata, or nothing."""
    import pyarrow.parquet as pq

    found = (pq.read_metadata(blob.file).metadata or {}).get(b"origin", b"")
    return bytes(found).decode("utf-8", "replace")


def chunk(batch: Any, names: dict[str, Path]) -> Chunk:
    """An Arrow batch as a chunk: strings as they are, numbers and times as Python's, structs as dicts."""
    columns: dict[Path, Sequence[Any]] = {}
    types: dict[Path, str] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        path = names.get(name)
        if path is None or path in columns:
            continue
        columns[path] = _cells(column)
        types[path] = type_name(column.type)
    return Chunk(batch.num_rows, columns, types)


def _cells(column: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_map(column.type):
        return [None if cell is None else dict(cell) for cell in column.to_pylist()]
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, UnicodeDecodeError, ImportError):  # times that Python cannot hold; strings that are not UTF-8
        target = pa.binary() if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) else pa.string()
        cells = column.cast(target).to_pylist()
        return [c.decode("utf-8", "replace") if isinstance(c, bytes) else c for c in cells]


def type_name(kind: Any) -> str:
    """Arrow's type in the words of databases: `varchar`, `bigint`, `timestamp`, …"""
    import pyarrow as pa

    words = (
        (pa.types.is_string, "varchar"), (pa.types.is_large_string, "varchar"), (pa.types.is_boolean, "boolean"), (pa.types.is_integer, "bigint"),
        (pa.types.is_floating, "double"), (pa.types.is_decimal, "decimal"), (pa.types.is_timestamp, "timestamp"), (pa.types.is_date, "date"),
        (pa.types.is_struct, "struct"), (pa.types.is_map, "map"), (pa.types.is_list, "list"), (pa.types.is_binary, "binary"),
        (pa.types.is_dictionary, "varchar"),
    )  # fmt: skip
    return next((word for test, word in words if test(kind)), str(kind).split("[")[0])


def _wanted(schema: Any, reading: Reading) -> tuple[list[str], dict[str, Path]]:
    """Arrow's column names that were asked for, and their paths; a name that is data is shown by its place."""
    names: dict[str, Path] = {}
    for place, name in enumerate(schema.names):
        path = (f"column_{place + 1}" if is_data_key(name) or not name.isprintable() or not name else name,)
        if reading.wants(path):
            names[name] = path
    most = reading.limits.fields
    if len(names) > most:
        reading.problem(f"more than {most} fields; the rest was not looked at", "raise limits.fields")
        names = dict(list(names.items())[:most])
    return list(names), names


def _draw(sizes: Sequence[int], reading: Reading) -> tuple[list[int], float]:
    """Which groups to read, and the share of their rows that is kept."""
    order = list(range(len(sizes)))
    total = sum(sizes)
    if reading.rows is None or total <= reading.rows:
        return order, 1.0
    reading.random.shuffle(order)
    picked = order[:_GROUPS]
    while sum(sizes[g] for g in picked) < reading.rows and len(picked) < len(order):
        picked = order[: len(picked) + _GROUPS]
    return picked, min(1.0, reading.rows / max(sum(sizes[g] for g in picked), 1))


def _bounded(plan: dict[int, int], packed: dict[int, int], reading: Reading, near: bool) -> dict[int, int]:
    """Group -> rows to read of it, so that large groups cost no more than small ones and limits.object_bytes is kept."""
    left = 0.8 * reading.limits.object_bytes
    out: dict[int, int] = {}
    for group, rows in plan.items():
        most = rows if not out and packed[group] < left / 2 else min(rows, _BEGIN)
        left -= packed[group] * (most / max(rows, 1) if near else 1.0)
        if out and left < 0:
            break
        out[group] = most
    return out


def _packed(group: Any, share: float) -> int:
    """The bytes of a row group as they lie, of the columns that are read."""
    return int(share * sum(group.column(i).total_compressed_size for i in range(group.num_columns)))


def _lots(size: int, share: float, reading: Reading) -> list[int] | None:
    """Places of the rows to keep, None for all."""
    if share >= 1.0:
        return None
    return sorted(reading.random.sample(range(size), min(size, max(1, round(size * share)))))


def _tell(reading: Reading, total: int) -> None:
    reading.total = total
    reading.method = "full" if reading.rows is None or total <= reading.rows else "stride"
