"""Runs a scan: lists the sources, takes over what is unchanged, has the rest looked at, records each unit as it ends."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from ropewalk.canaries import watch
from ropewalk.config import Config, load
from ropewalk.errors import ConfigError, RopewalkError
from ropewalk.model import Dataset, Fact, Skipped, Source
from ropewalk.plugins import Plugins
from ropewalk.register import Register, open_register
from ropewalk.register.schema import clean
from ropewalk.scan.crews import Alone, Cluster, Crew, Pool
from ropewalk.scan.report import Counter, Progress, ScanReport
from ropewalk.scan.stores import Store, Stores
from ropewalk.scan.unit import JudgeMaker, Looker, Outcome, Setting, Work, detector, judge_of, told, without_dumps

TOO_OLD = timedelta(hours=24)
"""A stopped scan older than this is not taken up again: too much has changed."""
MUCH_UNITS, MUCH_BYTES, MOST_WORKERS = 24, 128 * 2**20, 8
"""From this much work on, processes are worth their start: each loads the models (3.6 CPU seconds, 200 MB; a wide table takes 1.8).
Bytes count where every row is read: a profile costs the same for any size."""


def scan(
    config: Config | str | Path, register: Register | None = None, *, sources: Sequence[str] | None = None, datasets: Sequence[str] | None = None,
    exhaustive: bool = False, resume: bool = True, full: bool = False, as_of: datetime | None = None,
    on_progress: Callable[[Progress], None] | None = None, judge: JudgeMaker = detector,
) -> ScanReport:  # fmt: skip
    """Looks at every source (or the named ones; datasets: globs of `dataset` or `source/dataset`) and records what it holds.

    exhaustive: every row, not samples; resume: go on where a killed scan stopped; full: also what is unchanged.
    A source or dataset that fails is skipped and the report is incomplete. Raises ConfigError, PluginError, RegisterError.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise ConfigError("the program starts a scan while it is imported", where="scan", mend='put it under `if __name__ == "__main__":`')
    config = config if isinstance(config, Config) else load(config)
    for name in sources or ():
        config.source_config(name)
    without_dumps()
    own = register or open_register(config)
    try:
        return Run(config, own, sources, datasets, exhaustive, full, on_progress, judge).run(resume, as_of)
    finally:
        if register is None:
            own.close()


class Run:
    """One scan from its begin or its resumption to its end."""

    def __init__(
        self, config: Config, register: Register, sources: Sequence[str] | None, datasets: Sequence[str] | None, exhaustive: bool, full: bool,
        on_progress: Callable[[Progress], None] | None, judge: JudgeMaker,
    ) -> None:  # fmt: skip
        settings = config.settings
        self._config, self._register, self._full = config, register, full
        self._globs = list(datasets or ())
        self._sources = [s for s in config.sources() if sources is None or s.name in sources]
        self._narrowed = bool(sources or datasets)
        plugins = Plugins.of([config.resolve(p) for p in settings.scanners], [config.resolve(p) for p in settings.expectations])
        detection = settings.detection.model_copy(update={"packs": [str(config.resolve(p)) for p in settings.detection.packs]})
        self._setting = Setting("", settings.limits, plugins, detection, judge, exhaustive or settings.limits.mode == "exhaustive")
        self._setting = replace(self._setting, watch=watch(config, register))
        tag = self._setting.watch.tag
        self._setting = replace(self._setting, rules=judge_of(self._setting).version)
        self._rules = self._setting.rules + (f"+canaries-{tag}" if tag else "")
        self._stores = Stores()
        self._looker = Looker(self._stores)
        self._counter = Counter(on_progress)
        self._skipped: list[Skipped] = []
        self._unchanged = self._source_failures = 0

    def run(self, resume: bool, as_of: datetime | None) -> ScanReport:
        scan_id, clock, resumed = self._open(resume, as_of)
        self._setting = replace(self._setting, scan_id=scan_id)
        try:
            todo = [pair for source in self._sources for pair in self._list(source, clock)]
            self._look(todo)
            status = self._end()
        except BaseException:
            self._register.release_scan(scan_id)
            raise
        finally:
            self._stores.close()
        return self._report(status, resumed)

    def _open(self, resume: bool, as_of: datetime | None) -> tuple[str, datetime, bool]:
        key = f"{self._config.digest}|{self._setting.depth}|{self._full}"
        config_hash = hashlib.sha256(key.encode()).hexdigest()
        clock = as_of or self._config.as_of
        old = self._register.open_scan()
        if resume and old is not None and not old.alive and not self._narrowed and not old.narrowed:
            same = (old.config_hash, old.rules_version) == (config_hash, self._rules)
            frozen = as_of is not None or self._config.settings.as_of is not None
            if same and (old.as_of == clock if frozen else clock - old.as_of < TOO_OLD):
                self._register.take_up_scan(old.scan_id)
                return old.scan_id, old.as_of, True
        scan_id = self._register.begin_scan(as_of=clock, config_hash=config_hash, rules_version=self._rules, narrowed=self._narrowed)
        return scan_id, clock, False

    # Sources

    def _list(self, source: Source, clock: datetime) -> list[tuple[Source, Dataset]]:
        """Lists a source, records its facts, carries over what is unchanged; returns what is to be looked at."""
        self._counter.tell(source.name)
        found: dict[str, Dataset] = {}
        left: list[Skipped] = []

        def listing(store: Store) -> Outcome:
            store.list()
            found.update(store.datasets)
            left.extend(store.skipped)
            return Outcome("done")

        ok = self._try(source, listing, left, "")
        chosen = [d for d in found.values() if self._is_chosen(d)]
        if self._globs:
            left = [s for s in left if not s.dataset or any(_matches(g, source.name, s.dataset) for g in self._globs)]
        self._skipped += left
        scan_id = self._setting.scan_id
        self._register.add_source(scan_id, source.name, chosen, whole=not self._globs, skipped=left)
        if ok:
            self._facts(source, clock)
        ended = self._register.ended_units(scan_id)
        todo = [d for d in chosen if (source.name, clean(d.name)) not in ended]
        days = 0.0 if self._full else self._setting.limits.unchanged_days
        same = self._register.unchanged_among(source.name, todo, self._rules, self._setting.depth, as_of=clock, days=days)
        self._register.carry_over(scan_id, same)
        self._unchanged += len(same)
        self._counter.units += len(chosen)
        self._counter.done += len(chosen) - len(todo)
        for dataset in same:
            self._counter.ended(source.name, dataset.name, read=False)
        taken = {d.name for d in same}
        return [(source, d) for d in todo if d.name not in taken]

    def _facts(self, source: Source, clock: datetime) -> None:
        scan_id = self._setting.scan_id
        if self._register.has_facts(scan_id, source.name):
            return
        facts: list[Fact] = []
        left: list[Skipped] = []

        def asking(store: Store) -> Outcome:
            facts[:] = store.connector.facts(clock)
            return Outcome("done")

        if self._try(source, asking, left, "what the store says about itself could not be read: "):
            self._register.record_facts(scan_id, source.name, facts)
        self._register.record_skipped(scan_id, left)
        self._skipped += left

    def _try(self, source: Source, act: Callable[[Store], Outcome], left: list[Skipped], words: str) -> bool:
        try:
            self._looker.patiently(self._setting, source, act)
        except RopewalkError as error:
            left.append(Skipped(source.name, "", words + error.what, error.mend))
        except Exception as error:
            reason, mend = told(error)
            left.append(Skipped(source.name, "", words + reason, mend))
        else:
            return True
        self._source_failures += 1
        return False

    def _is_chosen(self, dataset: Dataset) -> bool:
        return not self._globs or any(_matches(g, dataset.source, dataset.name) for g in self._globs)

    # Units

    def _look(self, todo: list[tuple[Source, Dataset]]) -> None:
        known = {(s.name, d.name): d for s, d in todo}
        crew = self._crew(todo)
        self._share_rate(crew.workers)

        def works() -> Iterator[Work]:
            for source, dataset in todo:
                self._register.start_unit(self._setting.scan_id, source.name, dataset.name)
                yield Work(self._setting, source, dataset.name)

        try:
            for work, outcome in crew.run(works()):
                self._record(known[work.source.name, work.dataset], outcome)
        except BaseException:
            crew.close(at_once=True)
            raise
        crew.close()

    def _share_rate(self, workers: int) -> None:
        """The limit is of a source, not of a worker: each worker has connections of its own, and may ask so much less."""
        limits = self._setting.limits
        self._setting = replace(self._setting, limits=limits.model_copy(update={"rate": limits.rate / workers}))

    def _record(self, dataset: Dataset, outcome: Outcome) -> None:
        self._register.record_unit(
            self._setting.scan_id, dataset, findings=outcome.findings, facts=outcome.facts, skipped=outcome.skipped, rows=outcome.rows,
            bytes=dataset.bytes, status=outcome.status, error=outcome.error, depth=self._setting.depth,
        )  # fmt: skip
        self._skipped += outcome.skipped
        self._counter.ended(dataset.source, dataset.name, rows=outcome.rows, size=dataset.bytes or 0)

    def _crew(self, todo: list[tuple[Source, Dataset]]) -> Crew:
        settings = self._config.settings
        if settings.executor.dask and todo:
            return Cluster(settings.executor.resolved(self._config.resolve))
        workers = settings.workers or min(os.cpu_count() or 1, MOST_WORKERS)
        large = self._setting.exhaustive and sum(d.bytes or 0 for _, d in todo) >= MUCH_BYTES
        much = len(todo) >= MUCH_UNITS or large
        wanted = settings.workers > 1 or (settings.workers == 0 and much)
        if wanted and workers > 1 and len(todo) > 1:
            pool = Pool(self._setting, min(workers, len(todo)))
            if pool.starts():
                return pool
            pool.close()
        return Alone(self._looker)

    def _end(self) -> str:
        counts = self._register.unit_statuses(self._setting.scan_id)
        left = counts.get("failed", 0) + counts.get("pending", 0) + counts.get("running", 0)
        status = "incomplete" if left or self._source_failures or self._unread() else "complete"
        self._register.finish_scan(self._setting.scan_id, status)
        return status

    def _unread(self) -> int:
        """How many datasets could not be read that another scan may read, once somebody mends them or grants the right."""
        lasting, others = ({(s.source, clean(s.dataset)) for s in self._skipped if s.lasting is told and not s.path} for told in (True, False))
        return len(self._register.skipped_units(self._setting.scan_id) - (lasting - others))

    def _report(self, status: str, resumed: bool) -> ScanReport:
        counts, told_ = self._register.unit_statuses(self._setting.scan_id), self._counter
        units = sum(n for s, n in counts.items() if s != "gone")
        fields, personal = self._register.field_counts()
        return ScanReport(
            self._setting.scan_id, status, units, counts.get("done", 0), self._unchanged, counts.get("failed", 0), counts.get("skipped", 0),
            self._unread(), fields, personal, told_.rows, told_.bytes, told_.seconds, resumed, tuple(dict.fromkeys(self._skipped)),
        )  # fmt: skip


def _matches(glob: str, source: str, dataset: str) -> bool:
    return fnmatchcase(dataset, glob) or fnmatchcase(f"{source}/{dataset}", glob)
