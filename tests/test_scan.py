"""The scan, over a connector and a judge that are loaded as a user's own: what it records, skips, repeats and takes over."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from quick_judge import later, quick
from servers import make_certificates

import ropewalk as rw
from ropewalk.config import Config, Limits, load
from ropewalk.errors import ConfigError, RegisterError
from ropewalk.model import Dataset, FieldRef, Sample, Skipped, Source
from ropewalk.plugins import Plugins
from ropewalk.register import Register, open_register
from ropewalk.scan import Progress, ScanReport, drawing
from ropewalk.scan.drawing import Drawn, look_at
from ropewalk.scan.stores import Stores

EXTENSIONS = Path(__file__).parent / "extensions" / "scanners"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Shop:
    """A folder source with its configuration and register."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.data.mkdir(parents=True)
        self.configure()

    def configure(self, *, sources: str = "", **settings: object) -> None:
        lines = [f"{k}: {v}" for k, v in {"limits": "{retries: 0}", "workers": 1, **settings}.items()]
        own = f"- {{name: shop, uri: 'folder://{self.data}', owner: me, purpose: tests}}"
        text = "\n".join([f"scanners: [{EXTENSIONS}]", *lines, "sources:", own, sources])
        (self.folder / "ropewalk.yaml").write_text(text)

    def write(self, name: str, *rows: str, head: str = "name,mail", order: str = "") -> None:
        (self.data / name).write_text("\n".join([*([order] if order else []), head, *rows]) + "\n")

    @property
    def config(self) -> Config:
        return load(self.folder)

    @property
    def register(self) -> Register:
        return open_register(self.config)

    def scan(self, **options: Any) -> ScanReport:
        return rw.scan(self.config, **{"judge": quick, "as_of": AT, **options})

    def fields(self, frame: str = "findings") -> list[str]:
        with self.register as register:
            return sorted(register.frame(frame)["field"])

    def units(self) -> dict[str, str]:
        with self.register as register:
            last = register.frame("scans")["scan_id"].iloc[-1]
            units = register.frame("units")
            return {r.dataset: r.status for r in units[units["scan_id"] == last].itertuples()}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write("a.csv", "Ann,ann@example.com", "Bo,")
    made.write("b.csv", "1,2", head="x,y")
    return made


def test_what_a_scan_records(shop: Shop) -> None:
    report = shop.scan()
    assert (report.status, report.units, report.done, report.fields, report.personal, report.rows) == ("complete", 2, 2, 4, 1, 3)
    assert report.exit_code == 0
    assert shop.fields() == ["shop/a.csv#mail"]
    with shop.register as register:
        facts = register.frame("facts")
        assert facts.set_index("name")["needs"].to_dict() == {"public_access": "", "encrypted_at_rest": "root"}
        found = register.frame("findings").iloc[0]
        assert (found["observed_at"].to_pydatetime(), found["rules_version"], found["sampled"], found["matched"]) == (AT, "quick-1", 1, 1)
        assert register.open_scan() is None


def test_a_path_is_enough_and_the_package_is_callable_after_its_import(shop: Shop) -> None:
    import ropewalk.scan

    assert rw.scan(shop.folder / "ropewalk.yaml", judge=quick).status == "complete"
    assert ropewalk.scan(str(shop.folder), judge=quick).unchanged == 2


def test_progress_tells_every_unit_and_ends_at_all(shop: Shop) -> None:
    told: list[Progress] = []
    shop.scan(on_progress=told.append)
    assert [(p.dataset, p.units_done, p.units) for p in told] == [("", 0, 0), ("a.csv", 1, 2), ("b.csv", 2, 2)]
    assert told[0].eta is None
    assert told[-1].eta == 0
    assert told[-1].bytes == sum(f.stat().st_size for f in shop.data.iterdir())
    told.clear()
    shop.scan(on_progress=told.append)
    assert [(p.dataset, p.units_done, p.units) for p in told][-1] == ("b.csv", 2, 2)


# What fails


def test_a_bad_dataset_stops_nothing_and_says_why_without_a_value(shop: Shop) -> None:
    shop.write("c.csv", "Cy,zzsecret@example.com", order="!quoting")
    shop.write("d.csv", "Di,di@example.com", order="!denied")
    shop.write("e.csv", "Ed,ed@example.com", order="!source-error 9")
    shop.write("f.csv", "Flo,flo@example.com")
    shop.write("hidden.csv", "x,y")
    report = shop.scan()
    assert (report.status, report.exit_code, report.failed, report.left_out) == ("incomplete", 3, 2, 2)
    assert shop.units() == {
        "a.csv": "done",
        "b.csv": "done",
        "c.csv": "failed",
        "d.csv": "skipped",
        "e.csv": "failed",
        "f.csv": "done",
        "hidden.csv": "skipped",
    }
    told = {s.dataset: (s.reason, s.mend) for s in report.skipped}
    assert told["c.csv"][0].startswith("an unexpected ValueError at folder.py:")
    assert told["e.csv"] == ("the store went away", "start it")
    assert told["d.csv"] == told["hidden.csv"] == ("no right to read it", "grant it")
    with shop.register as register:
        assert dict(zip(register.frame("skipped")["dataset"], register.frame("skipped")["reason"], strict=True)) == {d: t[0] for d, t in told.items()}
    assert "zzsecret" not in repr(report)


def test_a_store_that_comes_back_is_read(shop: Shop) -> None:
    shop.configure(limits="{retries: 1}")
    shop.write("c.csv", "Cy,cy@example.com", order="!source-error 1")
    assert shop.scan().status == "complete"
    assert "shop/c.csv#mail" in shop.fields()


def test_a_source_that_fails_leaves_the_others_and_what_was_known(shop: Shop) -> None:
    bad = [f"- {{name: {n}, uri: '{u}', owner: me, purpose: tests}}" for n, u in (("gone", "folder:///nowhere/at/all"), ("odd", "gopher://x"))]
    shop.configure(sources="\n".join(bad))
    report = shop.scan()
    assert report.status == "incomplete"
    assert {s.source for s in report.skipped} == {"gone", "odd"}
    assert shop.fields() == ["shop/a.csv#mail"]
    (shop.data).rename(shop.folder / "moved")
    again = shop.scan()
    assert {(s.source, s.dataset, s.reason) for s in again.skipped if s.source == "shop"} == {("shop", "", "there is no such folder")}
    assert shop.fields() == ["shop/a.csv#mail"]
    with shop.register as register:
        assert register.frame("skipped")["source"].value_counts().to_dict() == {"shop": 1, "gone": 1, "odd": 1}


def test_facts_that_cannot_be_told_are_skipped(shop: Shop) -> None:
    (shop.data / "no-facts").touch()
    report = shop.scan()
    assert (report.status, report.done) == ("incomplete", 2)
    assert [s.reason for s in report.skipped] == ["what the store says about itself could not be read: facts are not told"]


# What is read again


def test_unchanged_datasets_are_carried_over_and_changed_ones_read(shop: Shop) -> None:
    shop.scan()
    second = shop.scan()
    assert (second.unchanged, second.rows, second.personal) == (2, 0, 1)
    shop.write("b.csv", "Bo,bo@example.com,x", head="name,mail,more")
    third = shop.scan()
    assert (third.unchanged, third.done) == (1, 2)
    assert shop.fields() == ["shop/a.csv#mail", "shop/b.csv#mail"]
    assert shop.scan(full=True).unchanged == 0
    assert shop.scan(judge=later).unchanged == 0
    assert shop.scan(judge=later).unchanged == 2
    shop.configure(limits="{rows: 50, retries: 0}")
    assert shop.scan(judge=later).unchanged == 0
    assert shop.scan(judge=later, exhaustive=True).unchanged == 0
    assert shop.scan(judge=later).unchanged == 2
    assert shop.fields() == ["shop/a.csv#mail", "shop/b.csv#mail"]


def test_a_dataset_that_failed_or_is_gone(shop: Shop) -> None:
    shop.scan()
    (shop.data / "a.csv").unlink()
    assert shop.scan().units == 1
    assert shop.fields() == []
    assert len(shop.fields("observations")) == 4


def test_a_narrowed_scan_forgets_nothing(shop: Shop) -> None:
    shop.scan()
    shop.write("b.csv", "Bo,bo@example.com")
    report = shop.scan(datasets=["shop/b*"])
    assert (report.units, report.done) == (1, 1)
    assert shop.fields() == ["shop/a.csv#mail", "shop/b.csv#mail"]
    assert shop.scan(sources=["shop"]).units == 2
    with pytest.raises(ConfigError, match="no source is called"):
        shop.scan(sources=["none"])


def test_a_stopped_scan_goes_on(shop: Shop) -> None:
    class Stop(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.units_done == 1:
            raise Stop

    with pytest.raises(Stop):
        shop.scan(on_progress=stop)
    assert shop.units() == {"a.csv": "done", "b.csv": "pending"}
    report = shop.scan()
    assert (report.resumed, report.status, report.done, report.rows) == (True, "complete", 2, 1)
    with shop.register as register:
        assert len(register.frame("scans")) == 1
        assert len(register.frame("observations")) == 4
        assert len(register.frame("facts")) == 2


@pytest.mark.parametrize("change", ["no-resume", "other rules", "other configuration", "other clock"])
def test_a_stopped_scan_is_not_taken_up_when_something_changed(shop: Shop, change: str) -> None:
    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.scan(on_progress=stop)
    if change == "other configuration":
        shop.configure(company="another")
    options = {"no-resume": {"resume": False}, "other rules": {"judge": later}, "other clock": {"as_of": AT.replace(day=2)}}
    report = shop.scan(**options.get(change, {}))
    assert (report.resumed, report.status) == (False, "complete")
    with shop.register as register:
        assert list(register.frame("scans")["status"]) == ["incomplete", "complete"]
        assert register.frame("skipped").empty


def test_a_dataset_that_went_while_the_scan_was_stopped(shop: Shop) -> None:
    def stop(progress: Progress) -> None:
        if progress.units_done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.scan(on_progress=stop)
    (shop.data / "b.csv").unlink()
    report = shop.scan()
    assert (report.resumed, report.status, report.units) == (True, "complete", 1)


def test_two_scans_never_run_at_once(shop: Shop) -> None:
    def again(progress: Progress) -> None:
        shop.scan()

    with pytest.raises(RegisterError, match="a scan is running"):
        shop.scan(on_progress=again)


# How much is read


def test_draws_grow_until_the_verdict_is_settled(shop: Shop) -> None:
    rows = [f"n{i},{'u@example.com' if i == 1700 else ''}x,k{i}@example.com" for i in range(3000)]
    shop.write("big.csv", *rows, head="name,rare,mail")
    shop.configure(limits="{rows: 50, max_rows: 1000, retries: 0}")
    shop.scan()
    with shop.register as register:
        seen = register.frame("fields").query("dataset == 'big.csv'").set_index("path")
    assert seen.loc["mail", "rows"] == 50
    assert seen.loc["name", "rows"] == 50 + 200 + 750
    assert seen.loc["name", "method"] == "keyed"
    assert shop.scan(exhaustive=True).status == "complete"
    with shop.register as register:
        seen = register.frame("fields").query("dataset == 'big.csv'").set_index("path")
    assert (seen["rows"] == 3000).all()
    assert (seen["method"] == "full").all()
    assert (seen.loc["rare", "category"], seen.loc["rare", "matched"]) == ("email", 1)


def test_a_store_that_tires_leaves_the_first_verdict_and_says_so(shop: Shop) -> None:
    shop.configure(limits="{rows: 2, retries: 0}")
    shop.write("tired.csv", *["x,y@example.com"] * 9, order="!late")
    report = shop.scan()
    assert "shop/tired.csv#mail" in shop.fields()
    assert [s.reason for s in report.skipped] == ["more rows could not be read, so some verdicts rest on 2 rows: the store got tired"]
    assert report.status == "complete"
    assert shop.scan().unchanged == 2


def test_too_many_values_are_told_as_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "VALUES", 10)
    field = FieldRef("s", "d", ("a",))
    drawn = Drawn()
    drawn.take(Sample(field, {f"v{i}-{part}": 2 for i in range(20)}, 45, 5) for part in range(3))
    sample = drawn.samples["a",]
    assert (sample.method, sample.rows, sample.nulls, len(sample.values)) == ("distinct", 135, 15, 10)
    assert set(sample.values.values()) == {2}


def test_a_skip_is_told_once_and_a_whole_reading_replaces_parts() -> None:
    field, drawn, skip = FieldRef("s", "d", ("a",)), Drawn(), Skipped("s", "d", "too deep", "", ("b",))
    drawn.take([Sample(field, {"x": 1}, 1, method="keyed"), skip, skip])
    assert drawn.take([Sample(field, {"x": 1, "y": 1}, 2, method="full"), Sample(FieldRef("s", "d", ("z",)), {"q": 1}, 1)], [("a",)]) == 2
    assert drawn.samples["a",].values == {"x": 1, "y": 1}
    assert drawn.skipped == [skip]


def test_a_fields_whole_draw_is_asked_once() -> None:
    connector = Plugins.of([EXTENSIONS]).connector("folder", "test")(Source("s", f"folder://{EXTENSIONS}"), Limits())
    with pytest.raises(FileNotFoundError):
        look_at(connector, Dataset("s", "none.csv", "file"), quick(None, None), Limits(), exhaustive=False)  # type: ignore[arg-type]


def test_limits_of_datasets_and_twins_are_told(shop: Shop) -> None:
    shop.configure(limits="{datasets: 1, retries: 0}")
    report = shop.scan()
    assert report.units == 1
    assert "more than 1 datasets" in report.skipped[0].reason


def test_stores_are_opened_once_a_scan() -> None:
    stores, plugins = Stores(), Plugins.of([EXTENSIONS])
    source = Source("s", f"folder://{EXTENSIONS}")
    with stores.borrow("1", source, Limits(), plugins) as first:
        with stores.borrow("1", source, Limits(), plugins) as other:
            assert other is not first
        first.list()
    with stores.borrow("1", source, Limits(), plugins) as again:
        assert again is first or again is other
    with stores.borrow("2", source, Limits(), plugins) as fresh:
        assert fresh is not first
    with pytest.raises(ValueError, match="x"), stores.borrow("2", source, Limits(), plugins):
        raise ValueError("x")
    with stores.borrow("2", source, Limits(), plugins) as last:
        assert last is not fresh
    stores.close()


# Many workers


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


def test_a_program_without_a_guard_still_ends(shop: Shop) -> None:
    fill(shop, 3)
    shop.configure(workers=2)
    program = shop.folder / "program.py"
    start = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
    program.write_text(f"{start}\nimport ropewalk as rw; from quick_judge import quick\nprint(rw.scan({str(shop.folder)!r}, judge=quick).status)\n")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "complete", done.stderr


CLUSTER = textwrap.dedent("""
    import sys
    from distributed import LocalCluster
    from distributed.security import Security
    if __name__ == "__main__":
        ca, cert, key = sys.argv[1:]
        files = {f"tls_{who}_{what}": file for who in ("client", "scheduler", "worker") for what, file in (("cert", cert), ("key", key))}
        tls = Security(tls_ca_file=ca, require_encryption=True, **files)
        cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="tls://127.0.0.1", security=tls)
        print(cluster.scheduler_address, *(w.pid for w in cluster.workers.values()), flush=True)
        sys.stdin.read()
""")


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
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
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


def test_a_cluster_that_is_not_there_is_the_users_error(shop: Shop) -> None:
    shop.configure(executor="{dask: 'tcp://127.0.0.1:9', timeout: 0.5}")
    with pytest.raises(ConfigError, match="cluster cannot be reached"):
        shop.scan()


# Values


def test_no_value_reaches_the_register_a_log_or_a_repr(shop: Shop) -> None:
    letters = "quorvelzimth"
    for i, order in enumerate(("", "!quoting", "!denied", "!late", "!source-error 9")):
        shop.write(f"c{i}.csv", *[f"{letters}{chr(97 + j)} Vexmoor,{letters}{j}@example.com" for j in range(20)], order=order)
    shop.configure(limits="{rows: 5, retries: 0}")
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    held = shop.register
    try:
        report = rw.scan(shop.config, held, as_of=AT)
        held.record_results([], at=AT)
        names = {p.name for p in (shop.folder / ".ropewalk").iterdir()}
        assert "register.db-wal" in names
        data = b"".join(p.read_bytes() for p in (shop.folder / ".ropewalk").iterdir()) + log.getvalue().encode() + repr(report).encode()
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(logging.WARNING)
    assert report.personal >= 2
    assert letters.encode() not in data.lower()
    assert b"vexmoor" not in data.lower()
    data += b"".join(repr(held.frame(n).to_dict()).encode() for n in ("fields", "facts", "skipped", "units"))
    assert letters.encode() not in data.lower()
