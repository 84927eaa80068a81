"""Scans in the register: running, dead, taken up, and several writers at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from register_rows import AT, begin, finding, table, verdict

from ropewalk.errors import RegisterError
from ropewalk.evidence import verify
from ropewalk.model import (
    Status,
)
from ropewalk.register import Register, open_register


def test_a_running_scan_is_not_taken_over(register: Register) -> None:
    scan_id = begin(register, "orders")
    opened = register.open_scan()
    assert opened is not None
    assert (opened.scan_id, opened.alive, opened.as_of) == (scan_id, True, AT)
    assert list(register.frame("scans")["status"]) == ["running"]
    assert set(register.frame("units")["status"]) == {"pending"}
    with pytest.raises(RegisterError, match="a scan is running"):
        begin(register, "orders")
    with pytest.raises(RegisterError, match="another process"):
        register.take_up_scan(scan_id)
    register.release_scan(scan_id)
    register.take_up_scan(scan_id)
    register.finish_scan(scan_id, "incomplete")
    assert register.open_scan() is None


def test_a_scan_of_a_dead_process_can_be_taken_up_or_ends_as_incomplete(url: str) -> None:
    code = "import sys; from register_rows import begin, open_register; begin(open_register(sys.argv[1]), 'orders', 'other')"
    subprocess.run([sys.executable, "-c", code, url], check=True, cwd=Path(__file__).parents[1])
    with open_register(url) as register:
        opened = register.open_scan()
        assert opened is not None
        assert not opened.alive
        assert list(register.frame("scans")["status"]) == ["stopped"]
        assert set(register.frame("units")["status"]) == {"stopped"}
        second = register.begin_scan(as_of=AT, config_hash="c1", rules_version="r1")
        assert list(register.frame("scans")["status"]) == ["incomplete", "running"]
        assert list(register.frame("units")["status"]) == ["failed", "failed"]
        assert list(register.frame("skipped")["reason"]) == ["the scan ended before it was looked at"] * 2
        register.finish_scan(second, "complete")


def test_an_unknown_scan_is_named(register: Register) -> None:
    with pytest.raises(RegisterError, match="no scan nothing"):
        register.record_unit("nothing", table())


def test_hostile_names_are_kept_readable(register: Register) -> None:
    names = ["a\0b'; DROP TABLE unit; --\udcff\n\u202e" + "x" * 300, "a\0b'; DROP TABLE unit; --\udcfe\n\u202e" + "x" * 300]
    scan_id = begin(register, *names)
    for name in names:
        assert register.record_unit(scan_id, table(name), findings=[finding(dataset=name)])
        assert not register.record_unit(scan_id, table(name))
    register.finish_scan(scan_id, "complete")
    assert len(register.frame("findings")) == 2
    assert "DROP TABLE" in register.frame("datasets").iloc[0]["dataset"]


def test_two_writers_lose_nothing(url: str) -> None:
    """A deferred transaction fails here; IMMEDIATE and the lock on the head do not."""
    open_register(url).close()

    def write(register: Register) -> None:
        for _ in range(25):
            register.record_results([verdict(), verdict(Status.PASS)], at=AT)

    registers = [open_register(url) for _ in range(4)]
    threads = [threading.Thread(target=write, args=(r,)) for r in registers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verify(registers[0])
    assert found.ok
    assert found.entries == 4 * 25 * 3
    assert len(registers[0].frame("results")) == 2
    assert len(registers[0].frame("results_history")) == 200
    for opened in registers:
        opened.close()


def test_many_open_a_new_register_at_once(url: str) -> None:
    made: list[Register] = []
    threads = [threading.Thread(target=lambda: made.append(open_register(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(r.frame("scans")) for r in made] == [0] * 4
    for opened in made:
        opened.close()
