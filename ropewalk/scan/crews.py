"""Who looks at the units: this process, a pool of processes, or a Dask cluster. All give the same outcomes."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context, parent_process
from typing import Any, Protocol

from ropewalk.config import ExecutorConfig
from ropewalk.errors import ConfigError, LostClusterError, MissingExtraError
from ropewalk.scan.unit import Looker, Outcome, Setting, Work, failed, judge_of, look, told

AHEAD = 2
"""Units handed out for each worker: enough to keep it busy, few enough to lose little."""
TRIES = 3
"""Times that a unit is handed to a cluster. A unit itself never raises, so what it raises there is the cluster's: a worker that dies while
its answer is fetched, for example."""


class Crew(Protocol):
    """Takes units as it can do them and gives them back as they are done, each exactly once. workers: how many it looks at at once."""

    workers: int

    def run(self, works: Iterator[Work]) -> Iterator[tuple[Work, Outcome]]: ...

    def close(self, *, at_once: bool = False) -> None:
        """at_once: without waiting for what is being looked at; those units are looked at again later."""
        ...


class Alone:
    """This process, one unit after the other."""

    workers = 1

    def __init__(self, looker: Looker) -> None:
        self._looker = looker

    def run(self, works: Iterator[Work]) -> Iterator[tuple[Work, Outcome]]:
        for work in works:
            yield work, self._looker.look(work)

    def close(self, *, at_once: bool = False) -> None:
        """The stores belong to the scan."""


class Pool:
    """Processes on this machine. A unit that kills its worker is found by trying the suspects one at a time."""

    def __init__(self, setting: Setting, workers: int) -> None:
        self._setting, self.workers = setting, workers
        self._pool = self._start(workers)

    def _start(self, workers: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=(self._setting,))

    def starts(self) -> bool:
        """Whether a worker comes up: not so, for example, in a program without `if __name__ == "__main__"`."""
        try:
            return bool(self._pool.submit(os.getpid).result())
        except BrokenProcessPool:
            return False

    def run(self, works: Iterator[Work]) -> Iterator[tuple[Work, Outcome]]:
        running: dict[Future[Outcome], Work] = {}
        while True:
            suspects: list[Work] = []
            try:
                for done in _fill(self._pool, running, works, self.workers * AHEAD):
                    work = running[done]
                    try:
                        outcome = done.result()
                    except BrokenProcessPool:
                        raise
                    except Exception as error:
                        outcome = failed(work, *told(error))
                    del running[done]
                    yield work, outcome
                return
            except BrokenProcessPool:
                suspects = list(running.values())
                running.clear()
            self._restart(1)
            for work in suspects:
                yield work, self._on_trial(work)
            self._restart(self.workers)

    def _on_trial(self, work: Work) -> Outcome:
        try:
            return self._pool.submit(look, work).result()
        except BrokenProcessPool:
            self._restart(1)
            return failed(work, "its worker process died, perhaps for lack of memory", "lower limits.max_rows or limits.object_bytes, or add memory")
        except Exception as error:
            return failed(work, *told(error))

    def _restart(self, workers: int) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._start(workers)

    def close(self, *, at_once: bool = False) -> None:
        workers = list((getattr(self._pool, "_processes", None) or {}).values()) if at_once else []
        self._pool.shutdown(wait=not at_once, cancel_futures=True)
        for worker in workers:
            worker.kill()


class Cluster:
    """A Dask cluster, whose workers have ropewalk and the same extension folders. It repeats the units of a worker that dies."""

    def __init__(self, config: ExecutorConfig, workers: int = 0) -> None:
        try:
            from distributed import Client
            from distributed.security import Security
        except ModuleNotFoundError:
            raise MissingExtraError("a cluster needs dask.distributed", extra="dask", where="executor") from None
        make_client: Any = Client
        make_security: Any = Security
        tls = {"tls_ca_file": config.tls_ca, "tls_client_cert": config.tls_cert, "tls_client_key": config.tls_key}
        given = {k: v for k, v in tls.items() if v}
        try:
            security = make_security(require_encryption=True, **given) if given else None
            self._client = make_client(config.dask, security=security, timeout=config.timeout, set_as_default=False)
        except Exception as error:
            raise ConfigError(
                f"the cluster cannot be reached ({type(error).__name__})",
                where=f"executor.dask: {config.dask}",
                mend="check the address and the TLS files",
            ) from None
        self._address = config.dask
        self._executor: Executor = self._client.get_executor(pure=False)
        self.workers = workers or sum(self._client.nthreads().values()) or 1

    def run(self, works: Iterator[Work]) -> Iterator[tuple[Work, Outcome]]:
        running: dict[Future[Outcome], Work] = {}
        tried: Counter[tuple[str, str]] = Counter()
        ended = _fill(self._executor, running, works, self.workers * AHEAD)
        while True:
            try:
                done = next(ended)
            except StopIteration:
                return
            except Exception as error:
                raise self._gone(error) from None
            work = running.pop(done)
            try:
                outcome = done.result()
            except CancelledError as error:
                raise self._gone(error) from None
            except Exception as error:
                lost = type(error).__name__ == "KilledWorker"
                tried[work.source.name, work.dataset] += 1
                if not lost and tried[work.source.name, work.dataset] < TRIES:
                    running[_submit(self._executor, work)] = work
                    continue
                words = ("every worker that took it died, perhaps for lack of memory", "give the workers more memory") if lost else told(error)
                outcome = failed(work, *words)
            yield work, outcome

    def _gone(self, error: Exception) -> Exception:
        """The error to raise: nothing of a unit is known whose scheduler went away, so it is looked at again when the scan goes on."""
        if self._client.status == "running" and not isinstance(error, CancelledError):
            return error
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # its traceback tells nothing that this error does not
        return LostClusterError(
            "the cluster went away while it was scanning", where=f"executor.dask: {self._address}",
            mend="start it again and run the same command: what was looked at is kept",
        )  # fmt: skip

    def close(self, *, at_once: bool = False) -> None:
        with suppress(Exception):  # of a cluster that is gone there is nothing left to close
            self._executor.shutdown(wait=False)
            self._client.close()


def _fill(pool: Executor, running: dict[Future[Outcome], Work], works: Iterator[Work], most: int) -> Iterator[Future[Outcome]]:
    """Keeps `most` units running and yields them as they end; whoever asks removes them from `running`."""
    more = True
    while more or running:
        while more and len(running) < most:
            work = next(works, None)
            if work is None:
                more = False
            else:
                running[_submit(pool, work)] = work
        if running:
            yield from wait(running, return_when=FIRST_COMPLETED).done


def _submit(pool: Executor, work: Work) -> Future[Outcome]:
    """A pool that broke meanwhile refuses the unit: then its future says so, and the unit is not lost."""
    try:
        return pool.submit(look, work)
    except BrokenProcessPool as error:
        refused: Future[Outcome] = Future()
        refused.set_exception(error)
        return refused


def _prepare(setting: Setting) -> None:
    """A worker's start: it leaves signals to the scan, dies with it, and loads extensions and models before its first unit."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a service manager sends them to all processes, and the scan ends its workers
        signal.signal(number, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()
    setting.plugins.connectors()
    judge_of(setting)
