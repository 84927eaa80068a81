"""What an extension must offer. Built-ins and a user's own keep the same contracts; `tests/contracts` proves them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from ropewalk.model import ControlResult, Dataset, Fact, Finding, Path, Sample, Skipped, Source

if TYPE_CHECKING:
    import pandas as pd
    import sqlalchemy as sa

    from ropewalk.config import Limits


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `ropewalk sources test`: ok None means that it could not be told."""

    name: str
    ok: bool | None
    detail: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class SqlTable:
    """Rows where they lie: a control pushes its counts down. The engine is read-only and has a statement timeout."""

    engine: sa.Engine = field(repr=False)
    name: str
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class FrameTable:
    """Rows in RAM: one column per path (named by `path_text`), dtype object or datetime; `coverage` as in ControlResult."""

    frame: pd.DataFrame = field(repr=False)
    coverage: str = "full"


@runtime_checkable
class Connector(Protocol):
    """Reads one kind of store, read-only. One file in `scanners/`; found by `schemes`; constructed as `Cls(source, limits)`.

    The constructor does no I/O. Driver errors become SourceError `from None`, for they quote values. Names of datasets and segments
    of paths are kept: what is personal in them is masked first (`naming.Names(source.key)`, `naming.segment`).
    """

    schemes: ClassVar[tuple[str, ...]]

    def __init__(self, source: Source, limits: Limits) -> None: ...

    def test(self) -> Iterator[Check]:
        """Reachable? Read-only? Which version, which rights? Yields; raises nothing but SourceError."""
        ...

    def datasets(self) -> Iterator[Dataset | Skipped]:
        """Every table, view, file, log. What cannot be listed or read is Skipped."""
        ...

    def samples(self, dataset: Dataset, *, rows: int | None, fields: Collection[Path] | None = None, turn: int = 0) -> Iterator[Sample | Skipped]:
        """One Sample a field of about `rows` rows drawn at random (None: all rows, as several Samples a field that add up).

        `fields` narrows to these paths; `turn` varies the draw, so that a second call sees other rows.
        """
        ...

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        """What the store says about itself and its datasets; unknown is `value=None, needs=…`, never an exception."""
        ...

    def table(self, dataset: Dataset, paths: Sequence[Path]) -> SqlTable | FrameTable | Skipped:
        """The rows, for controls that judge row by row: pushed down where the store can, else bounded frames."""
        ...

    def least_privilege(self) -> str:
        """The script, policy or sentence that gives a reader the least rights it needs (`ropewalk sources grants`); no I/O."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a policy pack: id `2.1.a`, own words, the control that judges it, its limits and periods."""

    id: str
    clause: str
    text: str
    control: str
    severity: str = "high"
    params: Mapping[str, Any] = field(default_factory=dict)
    mend: str = ""


@dataclass(frozen=True, slots=True)
class ControlContext:
    """All that a control may look at. Frames are current views of the register (columns: docs/reference/frames.md).

    table(source, dataset, paths): rows as SqlTable or FrameTable, or Skipped; as_of: the clock, always passed in.
    declared: what people declare, as plain data: `ropa` (ropa.yaml or None), `clocks` ({source: {dataset glob: {delivered, shipped}}}),
        `chain` (call it, and it tells what the evidence chain proves),
    `separate_stores` (names of sources), `threshold` (confidence from which a field counts as personal).
    frames: further frames by name: `fields` (all of them, personal or not), `skipped`, `scans`.
    """

    requirement: Requirement
    as_of: datetime
    findings: pd.DataFrame
    facts: pd.DataFrame
    datasets: pd.DataFrame
    sources: Sequence[Source]
    attestations: pd.DataFrame
    table: Callable[[str, str, Sequence[Path]], SqlTable | FrameTable | Skipped]
    declared: Mapping[str, Any] = field(default_factory=dict)
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@runtime_checkable
class Control(Protocol):
    """Judges one requirement over its subjects. One file in `expectations/`; `control` is the file's name."""

    control: ClassVar[str]

    def run(self, context: ControlContext) -> Iterator[ControlResult]: ...


class Exporter(Protocol):
    """Writes one frame as text. One file in `ropewalk/exporters/`; `export` is the file's name."""

    export: ClassVar[str]
    suffix: ClassVar[str]

    def render(self, frame: pd.DataFrame, *, title: str, head: Mapping[str, str]) -> str: ...


class Judge(Protocol):
    """The detection core as the scan sees it; `version` changes whenever a rule changes. enough: cells below which no verdict is settled."""

    version: str
    enough: int

    def judge(self, dataset: Dataset, samples: Sequence[Sample]) -> list[Finding]:
        """One Finding per sampled field, in order; a field without personal data has `category` None."""
        ...

    def unsettled(self, findings: Sequence[Finding]) -> list[Path]:
        """The fields whose verdict more rows could change."""
        ...
