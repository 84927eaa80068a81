"""Builds samples in few words, for the tests of the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ropewalk import plugins
from ropewalk.config import Detection
from ropewalk.detect.core import Detector
from ropewalk.model import Dataset, FieldRef, Finding, Sample


@cache
def detector() -> Detector:
    return Detector.of(Detection(ner=False), plugins.Plugins.of().packs())


def sample(
    name: str | tuple[str, ...], values: Sequence[str] = (), *, dataset: str = "t", kind: str = "", rows: int = 0, method: str = "full"
) -> Sample:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    path = (name,) if isinstance(name, str) else name
    return Sample(FieldRef("shop", dataset, path), counts, rows or len(values), max(0, rows - len(values)), None, method, kind)


def judge(*samples: Sample, dataset: str = "t", by: Detector | None = None) -> list[Finding]:
    return (by or detector()).judge(Dataset("shop", dataset, "table"), samples)


def one(name: str | tuple[str, ...], values: Sequence[str] = (), *, dataset: str = "t", kind: str = "") -> Finding:
    return judge(sample(name, values, dataset=dataset, kind=kind), dataset=dataset)[0]
