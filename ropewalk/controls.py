"""Checks what the register knows against a policy: each requirement's control over its subjects, recorded as evidence.

`import ropewalk as rw; report = rw.check(rw.load_config())`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ropewalk.contracts import Control, ControlContext, Requirement
from ropewalk.judging import COMPANY
from ropewalk.judging.exceptions import excuse
from ropewalk.judging.material import Material, material
from ropewalk.judging.rows import Rows
from ropewalk.model import ControlResult, Status, worst
from ropewalk.policy import Pack, load_policy, meaning, plugins_of

if TYPE_CHECKING:
    from ropewalk.config import Config
    from ropewalk.register import Register

Progress = Callable[[Requirement, int, int], None]
"""Called before each requirement: which one, its number, how many there are."""


@dataclass(frozen=True)
class CheckReport:
    """One check: its verdicts, by which policy, as of when. run_id is empty for a narrowed check, which is not recorded."""

    run_id: str
    as_of: datetime
    policy: Pack
    results: tuple[ControlResult, ...]

    @property
    def status(self) -> Status:
        return worst(self.results)

    @property
    def by_clause(self) -> dict[str, Status]:
        """clause -> the worst verdict in it."""
        clauses = dict.fromkeys(r.clause for r in self.results)
        return {c: worst([r for r in self.results if r.clause == c]) for c in clauses}

    @property
    def failures(self) -> tuple[ControlResult, ...]:
        return tuple(r for r in self.results if r.status == Status.FAIL)

    @property
    def excused(self) -> tuple[ControlResult, ...]:
        """Failures that an exception bears for now: they fail, and do not count for the exit code."""
        return tuple(r for r in self.failures if r.excused)

    @property
    def exit_code(self) -> int:
        """0 nothing failed (or all that failed is excused), 1 a control failed, 3 a control could not be run."""
        return 1 if len(self.failures) > len(self.excused) else 3 if any(r.status == Status.ERROR for r in self.results) else 0


def check(
    config: Config,
    register: Register | None = None,
    *,
    as_of: datetime | None = None,
    clauses: Sequence[str] | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> CheckReport:
    """Judges every requirement of the policy and records the verdicts in the register.

    as_of: the clock of the verdicts (default: the configuration's); now: the clock of the record. clauses narrows to clauses
    or requirements (`2.1`, `2.1.a`); a narrowed check is a look, and is not recorded. A control that fails becomes the verdict
    `error` of its requirement and stops nothing. Raises ConfigError, PluginError, RegisterError.
    """
    pack, plugins = load_policy(config), plugins_of(config)
    needs, controls = pack.narrowed(clauses), plugins.controls()
    when = as_of or config.as_of
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    opened = None
    if register is None:
        from ropewalk.register import open_register

        register = opened = open_register(config)
    try:
        known = material(config, register, when)
        results: list[ControlResult] = []
        from ropewalk.scan.unit import without_dumps

        without_dumps()
        with Rows(config.sources(), plugins, config.settings.limits) as rows:
            for number, need in enumerate(needs, 1):
                if progress:
                    progress(need, number, len(needs))
                results += _judge(pack, need, controls, known, rows)
        run_id = "" if clauses is not None else register.record_results(results, at=now or datetime.now(UTC))
        return CheckReport(run_id, when, pack, tuple(results))
    finally:
        if opened is not None:
            opened.close()


def _judge(pack: Pack, need: Requirement, controls: Mapping[str, type[Control]], known: Material, rows: Rows) -> Iterator[ControlResult]:
    context = known.context(need, rows.table)
    for result in _run(need, controls, context) or [_nothing(need, known)]:
        note = pack.notes.get(need.id)
        details = {**result.details, "severity": need.severity} | ({"override": note} if note else {})
        reason = f"{result.reason} (limits overridden: {note})" if note else result.reason
        borne = excuse(known.exceptions, need.id, result.subject, result.status.value, known.as_of)
        yield replace(
            result, control=need.control, clause=need.clause, requirement=need.id, details=details, meaning=meaning(need), excused=borne.excused,
            reason=f"{reason} ({borne.note})" if borne.note else reason, policy=f"{pack.id} {pack.version}", policy_hash=pack.hash,
            as_of=known.as_of,
        )  # fmt: skip


def _run(need: Requirement, controls: Mapping[str, type[Control]], context: ControlContext) -> list[ControlResult]:
    if need.control not in controls:
        why, mend = f"there is no control {need.control}", "correct the policy pack, or add the control to an expectations folder"
        return [_verdict(need, Status.ERROR, why, mend)]
    try:
        return list(controls[need.control]().run(context))
    except Exception as error:  # its text may quote a value
        why = f"the control {need.control} failed: {type(error).__name__}"
        return [_verdict(need, Status.ERROR, why, "report it with `ropewalk check --debug`; the other verdicts stand")]


def _nothing(need: Requirement, known: Material) -> ControlResult:
    """No subject at all: not applicable only where a finished scan shows that there is nothing to judge."""
    gap = known.gap()
    if gap:
        return _verdict(need, Status.UNKNOWN, gap, "run `ropewalk scan`, and mend what it skipped")
    return _verdict(need, Status.NOT_APPLICABLE, f"{_datasets(known)} looked at in a finished scan, and nothing that this asks about is there")


def _datasets(known: Material) -> str:
    return "1 dataset was" if len(known.datasets) == 1 else f"{len(known.datasets)} datasets were"


def _verdict(need: Requirement, status: Status, reason: str, mend: str = "") -> ControlResult:
    return ControlResult(need.control, need.clause, need.id, COMPANY, status, reason, mend=mend)
