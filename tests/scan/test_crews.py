"""Many workers: a pool of processes, a real cluster, and units that kill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import Executor, Future
from pathlib import Path

import pytest
from distributed import LocalCluster
from quick_judge import fickle
from scan_shop import CLUSTER, Shop
from servers import make_certificates

from ropewalk.errors import ConfigError, LostClusterError
from ropewalk.scan import Progress, crews
from ropewalk.scan.unit import Outcome, Work


def fill(shop: Shop, count: int = 12) -> None:
    for i in range(count):
        shop.write(f"t{i:02}.csv", *[f"n{j},u{j}@example.com" for j in range(30)])


def known(shop: Shop) -> list[tuple[object, ...]]:
    with shop.register as register:
        frame = register.frame("fields")
        columns = ["field", "category", "confidence", "matched", "sampled", "rows", "bound", "method", "fingerprint", "shapes"]
        return sorted(map(str, frame[columns].itertuples(index=False)))  # type: ignore[arg-type]


def test_a_pool_finds_what_one_process_finds_and_survives_a_unit_that_kills(shop: Shop) -> None:
    fill(shop)
    shop.scan()
    alone = known(shop)
    (shop.folder / ".ropewalk" / "register.db").rename(shop.folder / "old.db")
    for rest in (shop.folder / ".ropewalk").iterdir():
        rest.unlink()
    shop.write("killer.csv", "Kit,kit@example.com", order="!die")
    shop.configure(workers=2)
    report = shop.scan()
    assert (report.status, report.failed, report.units) == ("incomplete", 1, 15)
    assert [(s.dataset, s.reason) for s in report.skipped] == [("killer.csv", "its worker process died, perhaps for lack of memory")]
    assert known(shop) == alone


@pytest.mark.parametrize("workers", [1, 2])
def test_the_rate_of_a_source_is_shared_by_its_workers(shop: Shop, workers: int) -> None:
    for name in ("c.csv", "d.csv"):
        shop.write(name, "Ann,ann@example.com", order="!rate")
    shop.configure(workers=workers, limits="{rate: 10, retries: 0}")
    assert {s.reason for s in shop.scan().skipped} == {f"{10 / workers:g} queries a second"}


def test_ctrl_c_does_not_wait_for_units_that_take_long(shop: Shop) -> None:
    for name in ("c.csv", "d.csv", "e.csv"):
        shop.write(name, "Ann,ann@example.com", order="!slow 3600")
    shop.configure(workers=2)

    def stop(progress: Progress) -> None:
        if progress.units_done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.scan(on_progress=stop)
    assert list(shop.units().values()).count("done") == 2
    for name in ("c.csv", "d.csv", "e.csv"):
        shop.write(name, "Ann,ann@example.com")
    report = shop.scan()
    assert (report.resumed, report.status, report.done) == (True, "complete", 5)


def test_a_program_without_a_guard_still_ends(shop: Shop) -> None:
    fill(shop, 3)
    shop.configure(workers=2)
    program = shop.folder / "program.py"
    start = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})"
    program.write_text(f"{start}\nimport ropewalk as rw; from quick_judge import quick\nprint(rw.scan({str(shop.folder)!r}, judge=quick).status)\n")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "complete", done.stderr


@pytest.mark.slow
@pytest.mark.server
def test_a_cluster_finds_the_same_though_a_worker_is_killed(shop: Shop, tmp_path: Path) -> None:
    for i in range(16):
        shop.write(f"t{i:02}.csv", *[f"n{j},u{j}@example.com" for j in range(30)], order="!slow 0.2")
    shop.scan()
    alone = known(shop)
    for rest in (shop.folder / ".ropewalk").iterdir():
        rest.unlink()
    program = tmp_path / "cluster.py"
    program.write_text(CLUSTER)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    tls = make_certificates(tmp_path)
    files = [str(tls.ca), str(tls.cert), str(tls.key)]
    with subprocess.Popen([sys.executable, str(program), *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as cluster:
        assert cluster.stdout is not None
        assert cluster.stdin is not None
        address, first, _ = cluster.stdout.readline().split()
        killed: list[int] = []

        def kill(progress: Progress) -> None:
            if progress.units_done == 4 and not killed:
                killed.append(int(first))
                os.kill(int(first), 9)

        assert address.startswith("tls://")
        shop.configure(executor=f"{{dask: '{address}', tls_ca: '{files[0]}', tls_cert: '{files[1]}', tls_key: '{files[2]}'}}")
        report = shop.scan(on_progress=kill)
        cluster.stdin.close()
    assert killed
    assert (report.status, report.units, report.failed) == ("complete", 18, 0)
    assert known(shop) == alone


@pytest.mark.slow
@pytest.mark.server
def test_a_cluster_that_goes_away_loses_nothing(shop: Shop, tmp_path: Path) -> None:
    for i in range(12):
        shop.write(f"t{i:02}.csv", "Ann,ann@example.com", order="!slow 0.2")
    program, tls = tmp_path / "cluster.py", make_certificates(tmp_path)
    program.write_text(CLUSTER)
    env, files = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}, [str(tls.ca), str(tls.cert), str(tls.key)]
    words = [sys.executable, str(program), *files]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, start_new_session=True) as cluster:
        assert cluster.stdout is not None
        address = cluster.stdout.readline().split()[0]
        shop.configure(executor=f"{{dask: '{address}', tls_ca: '{files[0]}', tls_cert: '{files[1]}', tls_key: '{files[2]}'}}")

        def kill(progress: Progress) -> None:
            if progress.units_done == 4:
                os.killpg(cluster.pid, 9)

        with pytest.raises(LostClusterError, match="the cluster went away") as caught:
            shop.scan(on_progress=kill)
    assert address in caught.value.where
    assert set(shop.units().values()) == {"done", "stopped"}
    shop.configure()
    report = shop.scan()
    assert (report.status, report.units, report.failed) == ("complete", 14, 0)


@pytest.mark.slow
def test_a_unit_whose_answer_a_cluster_loses_is_looked_at_again_but_not_for_ever(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """distributed hands over a TypeError where a worker dies between its answer's arrival and the look at its state."""
    handed: Counter[str] = Counter()
    submit = crews._submit

    def losing(pool: Executor, work: Work) -> Future[Outcome]:
        handed[work.dataset] += 1
        if work.dataset == "t01.csv" or (work.dataset == "t02.csv" and handed["t02.csv"] == 1):
            lost: Future[Outcome] = Future()
            lost.set_exception(TypeError("cannot unpack non-iterable Outcome object"))
            return lost
        return submit(pool, work)

    monkeypatch.setattr(crews, "_submit", losing)
    fill(shop, 4)
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, host="tcp://127.0.0.1") as cluster:
        shop.configure(executor=f"{{dask: '{cluster.scheduler_address}'}}")
        report = shop.scan()
    assert (handed["t00.csv"], handed["t01.csv"], handed["t02.csv"]) == (1, crews.TRIES, 2)
    assert (report.status, report.failed) == ("incomplete", 1)
    assert [(s.dataset, s.reason.partition(" at ")[0]) for s in report.skipped] == [("t01.csv", "an unexpected TypeError")]


def test_a_worker_with_other_rules_judges_nothing(shop: Shop) -> None:
    fill(shop, 3)
    shop.configure(workers=2)
    report = shop.scan(judge=fickle)
    assert (report.status, report.failed) == ("incomplete", 5)
    assert {s.reason for s in report.skipped} == {"its worker has other rules than the scan"}


def test_a_cluster_that_is_not_there_is_the_users_error(shop: Shop) -> None:
    shop.configure(executor="{dask: 'tcp://127.0.0.1:9', timeout: 0.5}")
    with pytest.raises(ConfigError, match="cluster cannot be reached"):
        shop.scan()
