"""A register of every earlier version is brought up to date with all that it holds, and keeps its promises."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from register_rows import AT, begin, fields, finding, table, verdict

from ropewalk.errors import RegisterError
from ropewalk.evidence import verify
from ropewalk.migrations import HEAD
from ropewalk.model import Fact, Skipped, Status
from ropewalk.register import Register, open_register
from ropewalk.register.opening import VERSION_TABLE, _engine, _migrate, _parse, writing

VERSIONS = [f"{n:04}" for n in range(1, int(HEAD) + 1)]


@contextmanager
def engine_of(url: str) -> Iterator[sa.Engine]:
    engine = _engine(_parse(url))
    yield engine
    engine.dispose()


def old_register(url: str, version: str) -> None:
    """A register as that version left it, with a scan that was recorded by today's code: the tables of scans are those of the first."""
    with engine_of(url) as engine:
        with writing(engine) as connection:
            _migrate(connection, version)
        register = Register(engine, "old")
        scan_id = begin(register, "orders", "kept", skipped=(Skipped("shop", "secret", "no right to read it", "GRANT SELECT"),))
        register.record_facts(scan_id, "shop", [Fact("shop", "tls_min_version", "1.2", AT, "SHOW")])
        for name in ("orders", "kept"):
            register.record_unit(scan_id, table(name), findings=[finding(dataset=name), finding("status", dataset=name, category=None)])
        register.finish_scan(scan_id, "complete")
        register.record_results([verdict(), verdict(Status.PASS)], at=AT)
        register.record_decision("fp-kept-buyer_email", "dismiss", by="Bo", at=AT, reason="test accounts")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_earlier_version_is_brought_up_to_date(url: str, version: str) -> None:
    old_register(url, version)
    with open_register(url) as register:
        with register._read() as connection:
            assert connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar() == HEAD
        assert fields(register, "findings") == ["shop/orders#buyer_email"]
        assert [len(register.frame(n)) for n in ("fields", "facts", "skipped", "results", "checks", "trend")] == [4, 1, 1, 2, 1, 1]
        assert verify(register).ok
        assert register.unchanged(table("orders"), "r1", as_of=AT)
        register.record_results([verdict()], at=AT)
        with pytest.raises(RegisterError, match="never changed"), register._write() as connection:
            connection.exec_driver_sql("DELETE FROM observation")
    open_register(url).close()


def test_many_upgrade_one_register_at_once(url: str) -> None:
    old_register(url, VERSIONS[0])
    opened: list[Register] = []
    threads = [threading.Thread(target=lambda: opened.append(open_register(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [fields(r, "findings") for r in opened] == [["shop/orders#buyer_email"]] * 4
    for register in opened:
        register.close()


def test_an_upgrade_that_is_cut_off_leaves_the_old_register_whole(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'r.db'}"
    old_register(url, VERSIONS[0])
    program = (
        "import os, sys; from ropewalk.register import opening; from alembic import op\n"
        "made = op.create_index\n"
        "def last(name, *a, **k):\n"
        "    made(name, *a, **k)\n"
        "    if name == 'observation_personal': os._exit(9)\n"
        "op.create_index = last\n"
        "opening.connect(sys.argv[1])\n"
    )
    assert subprocess.run([sys.executable, "-c", program, url]).returncode == 9
    with engine_of(url) as engine, engine.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar() == VERSIONS[0]
        assert "document" not in sa.inspect(connection).get_table_names()
    with open_register(url) as register:
        assert fields(register, "findings") == ["shop/orders#buyer_email"]
