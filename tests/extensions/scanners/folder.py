"""A connector as a user would write it: a folder of small CSV files. Files whose first line starts with `!` misbehave on purpose.

`!source-error N`: SourceError on the first N tries; `!quoting`: an error that quotes a value; `!die`: ends the process;
`!slow S`: S seconds a draw; `!rate`: Skipped with the rate it keeps;
`!denied`: Skipped; `!late`: SourceError from the second draw on. Tries are counted beside the file.
"""

from __future__ import annotations

import csv
import os
import random
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path as FilePath
from typing import ClassVar

from ropewalk.config import Limits
from ropewalk.contracts import Check, FrameTable, SqlTable
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Fact, FieldRef, Path, Sample, Skipped, Source


class FolderConnector:
    schemes: ClassVar[tuple[str, ...]] = ("folder",)

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._folder = FilePath(source.uri.removeprefix("folder://"))

    def test(self) -> Iterator[Check]:
        yield Check("reachable", self._folder.is_dir(), "a folder")

    def datasets(self) -> Iterator[Dataset | Skipped]:
        if not self._folder.is_dir():
            raise SourceError("there is no such folder", where=self._source.name, mend="correct its uri")
        for file in sorted(self._folder.glob("*.csv")):
            if file.name.startswith("hidden"):
                yield Skipped(self._source.name, file.name, "no right to read it", "grant it")
                continue
            told = file.stat()
            yield Dataset(self._source.name, file.name, "file", None, told.st_size, f"{told.st_size}-{told.st_mtime_ns}", handle=file)

    def samples(self, dataset: Dataset, *, rows: int | None, fields: Collection[Path] | None = None, turn: int = 0) -> Iterator[Sample | Skipped]:
        file = self._folder / dataset.name
        lines = file.read_text().splitlines()
        if lines and lines[0].startswith("!"):
            skip = self._misbehave(lines.pop(0), file, lines, turn)
            if skip:
                yield Skipped(self._source.name, dataset.name, skip, "grant it")
                return
        head, *body = csv.reader(lines)
        whole = rows is None or rows >= len(body)
        chosen = body if whole else random.Random(turn).sample(body, rows)
        chunk = 500 if rows is None else len(chosen) or 1
        for start in range(0, len(chosen) or 1, chunk):
            part = chosen[start : start + chunk]
            for i, name in enumerate(head):
                if fields is None or (name,) in fields:
                    yield self._sample(dataset, name, [r[i] for r in part], len(body), "full" if whole else "keyed")

    def _sample(self, dataset: Dataset, name: str, cells: list[str], total: int, method: str) -> Sample:
        values: dict[str, int] = {}
        for cell in cells:
            if cell:
                values[cell] = values.get(cell, 0) + 1
        return Sample(FieldRef(self._source.name, dataset.name, (name,)), values, len(cells), cells.count(""), total, method, "varchar")

    def _misbehave(self, order: str, file: FilePath, lines: Sequence[str], turn: int) -> str | None:
        word, _, number = order[1:].partition(" ")
        if word == "source-error":
            tries = file.with_suffix(".tries")
            done = int(tries.read_text()) if tries.exists() else 0
            tries.write_text(str(done + 1))
            if done < int(number):
                raise SourceError("the store went away", where=f"{self._source.name}/{file.name}", mend="start it")
        elif word == "quoting":
            raise ValueError(f"invalid input: {lines[-1]}")
        elif word == "die":
            os._exit(9)
        elif word == "slow":
            time.sleep(float(number))
        elif word == "rate":
            return f"{self._limits.rate:g} queries a second"
        elif word == "denied":
            return "no right to read it"
        elif word == "late" and turn:
            raise SourceError("the store got tired", where=f"{self._source.name}/{file.name}", mend="wait")
        return None

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        if (self._folder / "no-facts").exists():
            raise SourceError("facts are not told", where=self._source.name, mend="ask")
        yield Fact(self._source.name, "public_access", False, as_of, "mode of the folder")
        yield Fact(self._source.name, "encrypted_at_rest", None, as_of, "nothing tells", needs="root")

    def table(self, dataset: Dataset, paths: Sequence[Path]) -> SqlTable | FrameTable | Skipped:
        return Skipped(self._source.name, dataset.name, "no rows for controls", "")

    def close(self) -> None:
        pass
