"""A judge that loads at once, for tests of the scan: an `@` is an e-mail, and three kinds are told by a name."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ropewalk.config import Detection
from ropewalk.model import Category, Dataset, Finding, Path, Sample, Signal, Strength
from ropewalk.plugins import Plugins


class QuickJudge:
    version = "quick-1"
    enough = 0

    def judge(self, dataset: Dataset, samples: Sequence[Sample]) -> list[Finding]:
        return [self._finding(s) for s in samples]

    def _finding(self, sample: Sample) -> Finding:
        hits = sum(n for v, n in sample.values.items() if "@" in v)
        email = hits > 0
        return Finding(
            sample.field, "EMAIL_ADDRESS" if email else None, Category.EMAIL if email else None, Strength.DIRECT, 0.9 if email else 0.1, hits,
            sample.cells, sample.rows, 3 / sample.cells if sample.cells else 1.0, sample.method,
            signals=(Signal("value", 3.0, f"{hits} of {sample.cells} cells hold an e-mail"),), declared_type=sample.declared_type,
        )  # fmt: skip

    def unsettled(self, findings: Sequence[Finding]) -> list[Path]:
        return [f.field.path for f in findings if f.method != "full" and f.category is None]


class LaterJudge(QuickJudge):
    version = "quick-2"


def quick(detection: Detection, plugins: Plugins) -> QuickJudge:
    return QuickJudge()


def later(detection: Detection, plugins: Plugins) -> LaterJudge:
    return LaterJudge()


def fickle(detection: Detection, plugins: Plugins) -> QuickJudge:
    """Its rules are others in each process, as on a cluster whose workers have another release."""
    judge = QuickJudge()
    judge.version = f"quick-{os.getpid()}"
    return judge
