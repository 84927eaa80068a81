"""One contender in a process of its own: `python -m benchmarks.contenders NAME orders.parquet CELLS`. Prints JSON.

CPU seconds are those of the whole process (all threads), without loading models and compiling patterns.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.scanning import peak
from ropewalk.detect.hits import Hit


def sample(file: str, cells: int, *, seed: int = 5) -> list[str]:
    """Non-null cells drawn at random from the first row groups, as text."""
    table = pq.ParquetFile(file).read_row_group(0).slice(0, 20_000)
    every = [str(v) for column in table.columns for v in column.to_pylist() if v is not None]
    return random.Random(seed).sample(every, min(cells, len(every)))  # noqa: S311


def columns(file: str) -> Iterator[tuple[str, list[str], int]]:
    """(name, distinct values as text, non-null cells) a column."""
    parquet = pq.ParquetFile(file)
    for name in parquet.schema_arrow.names:
        column = parquet.read(columns=[name]).column(0)
        distinct = pc.unique(column).drop_null()
        yield name, [str(v) for v in distinct.to_pylist()], len(column) - column.null_count


def stock(kind: str) -> Callable[[list[str]], Any]:
    """Presidio as it comes (`analyze`, `batch`), or its patterns only, without a model (`patterns`) or with lemmas (`lemmas`)."""
    from presidio_analyzer import BatchAnalyzerEngine
    from presidio_analyzer.nlp_engine import NoOpNlpEngine
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    from ropewalk.detect.recognisers import nlp_engine, stock_analyzer, stock_recognisers

    engine: Any = nlp_engine()
    recognisers = stock_recognisers()
    if kind == "patterns":
        engine = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
        engine.load()
    elif kind != "lemmas":
        recognisers.append(SpacyRecognizer(supported_entities=engine.get_supported_entities()))
    analyzer = stock_analyzer(recognisers, engine=engine)
    if kind == "batch":
        batch = BatchAnalyzerEngine(analyzer)
        return lambda cells: list(batch.analyze_iterator(cells, "en", batch_size=256))
    return lambda cells: [analyzer.analyze(cell, "en") for cell in cells]


def ours_patterns(file: str) -> tuple[Callable[[], int], dict[str, int]]:
    """Every cell of the table: the distinct values of each column through the exact engine."""
    from ropewalk.detect.patterns import PatternEngine
    from ropewalk.detect.recognisers import stock_recognisers

    engine = PatternEngine.of(stock_recognisers())
    engine.scan(["warm up: call 212-555-0134 or write to a@example.com"])
    told = {"distinct": 0, "hits": 0}

    def run() -> int:
        cells = 0
        for _, values, count in columns(file):
            for first in range(0, len(values), 50_000):
                told["hits"] += sum(map(len, engine.scan(values[first : first + 50_000])))
            told["distinct"] += len(values)
            cells += count
        return cells

    return run, told


def ours_names(file: str) -> tuple[Callable[[], int], dict[str, int]]:
    """The same, and names and places in the columns that look like names, and in prose where the scan would ask the models too."""
    from ropewalk.detect.names import Names
    from ropewalk.detect.prose import could_name

    run_patterns, told = ours_patterns(file)
    names, routed = Names(), router()
    names.tag(["Ann Example"], "cell")
    names.tag(["Ann Example called about her order."], "prose")
    told["tagged"] = 0

    def run() -> int:
        cells = run_patterns()
        for name, values, _ in columns(file):
            kind = routed(name, values)
            if kind == "prose":
                values = [v for v in values if could_name(v)]
            if kind:
                told["tagged"] += len(values)
                for first in range(0, len(values), 2_000):
                    names.tag(values[first : first + 2_000], kind)
        return cells

    return run, told


class Asked:
    """Stands where a scan has its name models, and keeps which kinds of texts it is asked about; it answers nothing."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()

    def tag(self, values: Sequence[str], kind: str) -> list[list[Hit]]:
        self.kinds.add(kind)
        return [[] for _ in values]


def router() -> Callable[[str, list[str]], str]:
    """What a scan asks the models about a column: `prose`, `cell`, or nothing, where names are settled by lists or cannot be."""
    from ropewalk.config import Detection
    from ropewalk.detect.core import Detector
    from ropewalk.model import Dataset, FieldRef, Sample
    from ropewalk.plugins import Plugins

    asked = Asked()
    detector = Detector.of(Detection(), Plugins.of().packs(), asked)

    def routed(name: str, values: list[str]) -> str:
        asked.kinds.clear()
        some = values[:: max(1, len(values) // 500)]
        sample = Sample(FieldRef("bench", "orders", (name,)), dict.fromkeys(some, 1), len(some))
        detector.judge(Dataset("bench", "orders", "table"), [sample])
        return "prose" if "prose" in asked.kinds else "cell" if asked.kinds else ""

    return routed


def ours_profile(file: str) -> tuple[Callable[[], int], dict[str, int]]:
    """Profile mode: a draw of each field, more where the verdict is unsettled, one verdict a field."""
    from ropewalk.config import Detection, Limits
    from ropewalk.detect.core import Detector
    from ropewalk.detect.names import Names
    from ropewalk.model import Dataset, FieldRef, Sample
    from ropewalk.plugins import Plugins

    detector = Detector.of(Detection(), Plugins.of().packs(), Names())
    limits = Limits()
    told = {"fields": 0, "personal": 0, "looked": 0}

    def draw(table: pa.Table, total: int, names: list[str]) -> list[Sample]:
        out = []
        for name in names:
            column = table.column(name)
            counts = {str(v["values"]): v["counts"] for v in pc.value_counts(column.drop_null()).to_pylist()}
            out.append(Sample(FieldRef("bench", "orders", (name,)), counts, len(column), column.null_count, total, "keyed", str(column.type)))
        return out

    def run() -> int:
        parquet = pq.ParquetFile(file)
        total, rows, names = parquet.metadata.num_rows, limits.rows, list(parquet.schema_arrow.names)
        rng, found = random.Random(1), {}  # noqa: S311
        while names and rows <= min(limits.max_rows, total * 2):
            wanted = sorted(rng.sample(range(total), min(rows, total)))
            table = _take(parquet, wanted, names)
            findings = detector.judge(Dataset("bench", "orders", "table", total), draw(table, total, names))
            found.update({f.field.path[0]: f for f in findings})
            told["looked"] += len(wanted) * len(names)
            names, rows = [path[0] for path in detector.unsettled(findings)], rows * 5
        told["fields"], told["personal"] = len(found), sum(f.category is not None for f in found.values())
        return total * len(found)

    return run, told


def _take(parquet: Any, wanted: list[int], names: list[str]) -> pa.Table:
    """Rows by number, one row group in memory at a time."""
    parts, first = [], 0
    for group in range(parquet.num_row_groups):
        last = first + parquet.metadata.row_group(group).num_rows
        here = [n - first for n in wanted if first <= n < last]
        if here:
            parts.append(parquet.read_row_group(group, columns=names).take(here))
        first = last
    return pa.concat_tables(parts)


def main() -> None:
    name, file, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    told: dict[str, int] = {}
    if name.startswith("ours-"):
        run, told = {"ours-patterns": ours_patterns, "ours-names": ours_names, "ours-profile": ours_profile}[name](file)
        start = time.process_time()
        cells = run()
    else:
        analyse, some = stock(name), sample(file, count)
        analyse(some[:20])
        start = time.process_time()
        analyse(some)
        cells = len(some)
    seconds = time.process_time() - start
    print(json.dumps({"cells": cells, "seconds": seconds, "peak_mib": peak(), **told}))


def write_cells(file: str, target: Path, cells: int, rows: int) -> None:
    """The cells and rows that other tools get, as JSON."""
    table = pq.ParquetFile(file).read_row_group(0).slice(0, rows)
    data = {
        "cells": sample(file, cells),
        "table": {n: [None if v is None else str(v) for v in table.column(n).to_pylist()] for n in table.column_names},
    }
    target.write_text(json.dumps(data))


if __name__ == "__main__":
    main()
