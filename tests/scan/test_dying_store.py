"""A real database server that dies in the middle of a scan: what was read stays, the rest is skipped with its reason or read when it is back."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest
import servers
from quick_judge import quick

import ropewalk as rw
from ropewalk.config import Detection, Limits
from ropewalk.errors import SourceError
from ropewalk.model import Source
from ropewalk.plugins import Plugins
from ropewalk.reading.sqlsession import LostError
from ropewalk.scan import Progress
from ropewalk.scan.stores import Stores
from ropewalk.scan.unit import Looker, Outcome, Setting

TABLES = 12


class Server:
    """A PostgreSQL that can die and come back on its port, with its data."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.home, self.port, self._stack = home, servers.free_port(), stack
        self._programs = servers._postgres_programs()
        servers.run([self._programs / "initdb", "-D", home / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"], home)
        self.admin = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"
        self.start()

    def start(self) -> None:
        command = [self._programs / "postgres", "-D", self.home / "data", "-p", self.port, "-h", "127.0.0.1", "-k", self.home]
        self._process = self._stack.enter_context(servers.process(command, self.home, lambda: servers._postgres_answers(self.admin)))

    def die(self) -> None:
        """As in a crash: no client is told goodbye, nothing is written."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(20)


@pytest.fixture
def server() -> Iterator[Server]:
    with servers._home("pg") as home, ExitStack() as stack:
        made = Server(home, stack)
        with closing(psycopg.connect(made.admin, autocommit=True)) as connection:
            for i in range(TABLES):
                connection.execute(f"CREATE TABLE t{i:02} AS SELECT 'a' || i || '@example.com' AS mail FROM generate_series(1, 30) i")
        yield made


def configure(folder: Path, server: Server, retries: int) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "o.csv").write_text("mail\nann@example.com\n")
    (folder / "ropewalk.yaml").write_text(
        f"workers: 1\nlimits: {{retries: {retries}}}\nsources:\n"
        f"  - {{name: db, uri: 'postgresql://postgres@127.0.0.1:{server.port}/postgres', owner: me, purpose: tests}}\n"
        "  - {name: other, uri: other, owner: me, purpose: tests}\n"
    )


@pytest.mark.server
def test_a_server_that_dies_is_told_and_the_rest_goes_on(server: Server, tmp_path: Path) -> None:
    configure(tmp_path, server, retries=1)

    def kill(progress: Progress) -> None:
        if progress.units_done == 4:
            server.die()

    started = time.monotonic()
    report = rw.scan(tmp_path, judge=quick, on_progress=kill)
    assert (report.status, report.exit_code, report.failed, report.done) == ("incomplete", 3, TABLES - 4, 5)
    assert time.monotonic() - started < 60, "the tables do not wait for the dead server one by one"
    reasons = {s.reason for s in report.skipped if s.dataset.startswith("public.t")}
    assert reasons <= {"the connection was lost", "the server cannot be reached"}, reasons
    assert all(s.mend for s in report.skipped)
    with rw.open_register(rw.load_config(tmp_path)) as register:
        assert len(register.frame("findings")) == 5, "what was read before stays, and the other store was read"
    server.start()
    again = rw.scan(tmp_path, judge=quick)
    assert (again.status, again.done) == ("complete", TABLES + 1)
    with rw.open_register(rw.load_config(tmp_path)) as register:
        assert len(register.frame("findings")) == TABLES + 1
        assert register.frame("skipped").empty


@pytest.mark.server
def test_a_server_that_comes_back_in_time_costs_nothing(server: Server, tmp_path: Path) -> None:
    configure(tmp_path, server, retries=6)
    threads: list[threading.Thread] = []

    def restart(progress: Progress) -> None:
        if progress.units_done == 3 and not threads:
            server.die()
            threads.append(threading.Thread(target=server.start))
            threads[0].start()

    report = rw.scan(tmp_path, judge=quick, on_progress=restart)
    threads[0].join()
    assert (report.status, report.done, report.skipped) == ("complete", TABLES + 1, ())


def test_a_store_out_of_reach_is_left_alone_for_longer_and_longer() -> None:
    now, pauses, tries = [0.0], list[float](), [0]
    folder = Path(__file__).parent.parent / "extensions" / "scanners"
    setting = Setting("s", Limits(retries=2), Plugins.of([folder]), Detection(), quick, False)
    source, looker = Source("shop", f"folder://{folder}"), Looker(Stores(), pauses.append, lambda: now[0])
    dead = [True]

    def act(store: object) -> Outcome:
        tries[0] += 1
        if dead[0]:
            raise LostError("the server cannot be reached", mend="start it")
        return Outcome("done")

    def attempt(at: float) -> int:
        now[0], before = at, tries[0]
        with pytest.raises(SourceError, match="cannot be reached"):
            looker.patiently(setting, source, act)
        return tries[0] - before

    assert attempt(0) == 3
    assert len(pauses) == 2
    assert pauses[0] < 1 < 2 * pauses[1] + 1
    assert [attempt(t) for t in (1, 4.9, 5, 6, 14.9, 15)] == [0, 0, 1, 0, 0, 1], "5 s, then 10 s, and one attempt after each"
    dead[0] = False
    now[0] = 35
    assert looker.patiently(setting, source, act).status == "done"
    dead[0] = True
    assert attempt(36) == 3, "once it was reached, it has its retries again"
