"""The ledger of what is planted: becomes truth.yaml, which tests read and the product never does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Ledger:
    """violations, unknowns and passes name control and subject; fields name source, dataset and path (globs allowed)."""

    violations: list[dict[str, Any]] = field(default_factory=list)
    unknowns: list[dict[str, Any]] = field(default_factory=list)
    passes: list[dict[str, Any]] = field(default_factory=list)
    pii_fields: list[dict[str, Any]] = field(default_factory=list)
    clean_fields: list[dict[str, Any]] = field(default_factory=list)

    def violation(self, name: str, clause: str, control: str, subject: str, what: str, failed: int = 1, at_most: int = 0) -> None:
        """`failed`: how many rows, fields or settings break it; `at_most` where a second clock may add to them."""
        row = {"id": name, "clause": clause, "control": control, "subject": subject, "what": what, "failed": failed}
        self.violations.append(row | ({"at_most": at_most} if at_most else {}))

    def unknown(self, name: str, clause: str, control: str, subject: str, what: str) -> None:
        self.unknowns.append({"id": name, "clause": clause, "control": control, "subject": subject, "what": what})

    def passing(self, control: str, subject: str, what: str) -> None:
        self.passes.append({"control": control, "subject": subject, "what": what})

    def personal(self, source: str, dataset: str, **paths: str) -> None:
        """path=category, further right answers after `|`; `__` in a keyword stands for a dot."""
        self.personal_paths(source, dataset, {k.replace("__", "."): v for k, v in paths.items()})

    def personal_paths(self, source: str, dataset: str, paths: dict[str, str]) -> None:
        for path, categories in paths.items():
            first, *others = categories.split("|")
            row = {"source": source, "dataset": dataset, "path": path, "category": first}
            self.pii_fields.append(row | ({"or": others} if others else {}))

    def clean(self, source: str, dataset: str, *paths: str) -> None:
        self.clean_fields.extend({"source": source, "dataset": dataset, "path": path} for path in paths)
