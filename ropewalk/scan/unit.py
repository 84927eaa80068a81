"""One unit of a scan: a dataset described so that any process can look at it, and what came of it. Neither holds a value."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from ropewalk.canaries import Watch
from ropewalk.config import Detection, Limits
from ropewalk.contracts import Judge
from ropewalk.errors import ConfigError, ReadOnlyError, RopewalkError, SourceError
from ropewalk.model import Fact, Finding, Skipped, Source
from ropewalk.plugins import Plugins
from ropewalk.reading.sqlsession import LostError
from ropewalk.scan.drawing import look_at
from ropewalk.scan.stores import Store, Stores

JudgeMaker = Callable[[Detection, Plugins], Judge]
"""Makes the judge in each process; a function of a module, so that it can be sent to workers by name."""


def detector(detection: Detection, plugins: Plugins) -> Judge:
    """The detection core with the packs of all extension folders."""
    from ropewalk.detect.core import Detector

    return Detector.of(detection, plugins.packs())


@dataclass(frozen=True)
class Setting:
    """What all units of a scan have in common. rules: of the judge that the scan was begun with; a worker must have the same."""

    scan_id: str
    limits: Limits
    plugins: Plugins
    detection: Detection
    judge: JudgeMaker
    exhaustive: bool
    watch: Watch = field(default_factory=Watch)
    rules: str = ""

    @property
    def depth(self) -> str:
        """How deep the look is: an unchanged dataset is looked at again when this changes."""
        return "exhaustive" if self.exhaustive else f"{self.limits.rows}-{self.limits.max_rows}-{self.limits.value_chars}"


@dataclass(frozen=True)
class Work:
    """A dataset to look at, by name."""

    setting: Setting
    source: Source
    dataset: str

    def __repr__(self) -> str:
        return f"Work({self.source.name!r}, {self.dataset!r})"


@dataclass(frozen=True)
class Outcome:
    """What came of a unit. status: done, skipped (the connector said why) or failed."""

    status: str
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    rows: int = 0
    error: str = ""
    facts: tuple[Fact, ...] = ()


REST, LONGEST_REST = 5.0, 300.0
"""Seconds for which a store that stayed out of reach is left alone: the first time, and at most."""


@dataclass(frozen=True)
class _Away:
    """A store out of reach: until when it is left alone, for how long that is, and why."""

    until: float
    rest: float
    what: str
    mend: str


class Looker:
    """Looks at units in one process. Never raises but for what ends the process: a failure is an outcome."""

    def __init__(self, stores: Stores, pause: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic) -> None:
        self._stores, self._pause, self._clock = stores, pause, clock
        self._away: dict[tuple[str, str], _Away] = {}

    def look(self, work: Work) -> Outcome:
        try:
            return self.patiently(work.setting, work.source, lambda store: self._once(work, store))
        except RopewalkError as error:
            return failed(work, error.what, error.mend)
        except Exception as error:
            return failed(work, *told(error))

    def patiently(self, setting: Setting, source: Source, act: Callable[[Store], Outcome]) -> Outcome:
        """Acts on an open store; after a SourceError on a new connection, `limits.retries` times, each pause twice as long.

        A store that stayed out of reach is left alone for a while, twice as long each time, so that its other datasets do not wait
        for it one by one; they fail for the same reason. Then one attempt is made.
        """
        key = (setting.scan_id, source.name)
        away = self._away.get(key)
        if away is not None and self._clock() < away.until:
            raise SourceError(away.what, where=source.name, mend=away.mend)
        retries = 0 if away is not None else setting.limits.retries
        for attempt in range(retries + 1):
            try:
                with self._stores.borrow(setting.scan_id, source, setting.limits, setting.plugins) as store:
                    outcome = act(store)
                self._away.pop(key, None)
                return outcome
            except ReadOnlyError:
                raise
            except SourceError as error:
                if attempt == retries:
                    if isinstance(error, LostError):
                        rest = min(2 * away.rest, LONGEST_REST) if away is not None else REST
                        self._away[key] = _Away(self._clock() + rest, rest, error.what, error.mend)
                    raise
                self._pause(0.5 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, keeps no secret
        raise AssertionError

    def _once(self, work: Work, store: Store) -> Outcome:
        setting = work.setting
        dataset = store.find(work.dataset)
        judge = judge_of(setting)
        if setting.rules and judge.version != setting.rules:
            raise ConfigError("its worker has other rules than the scan", mend="give all workers the same ropewalk, models and extension folders")
        findings, drawn = look_at(store.connector, dataset, judge, setting.limits, exhaustive=setting.exhaustive)
        whole = next((s for s in drawn.skipped if not s.path), None)
        if not drawn.samples and whole is not None:
            return Outcome("skipped", (), tuple(drawn.skipped), 0, whole.reason)
        seen = setting.watch.facts(drawn.samples.values(), datetime.now(UTC))
        return Outcome("done", tuple(findings), tuple(drawn.skipped), drawn.rows, facts=tuple(seen))


def failed(work: Work, reason: str, mend: str) -> Outcome:
    return Outcome("failed", (), (Skipped(work.source.name, work.dataset, reason, mend),), 0, reason)


def told(error: Exception) -> tuple[str, str]:
    """Reason and mend for an error that no connector should let out: where it arose, never what it says, for it may quote values."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"an unexpected {type(error).__name__}{place}", "this is a mistake in ropewalk or in an extension: please report it with this line"


def judge_of(setting: Setting) -> Judge:
    return _judge(setting.judge, setting.detection.model_dump_json(), setting.plugins)


@lru_cache(maxsize=2)
def _judge(make: JudgeMaker, detection: str, plugins: Plugins) -> Judge:
    """Loaded once a process: models take seconds."""
    return make(Detection.model_validate_json(detection), plugins)


@lru_cache(maxsize=1)
def _looker() -> Looker:
    """Of a worker process, which is given nothing but units."""
    without_dumps()
    return Looker(Stores())


def without_dumps() -> None:
    """A crash of this process writes no core file from here on: it would hold values."""
    with suppress(ImportError, ValueError, OSError):  # no such limits on this system
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def look(work: Work) -> Outcome:
    """What a worker process or a cluster runs."""
    return _looker().look(work)
