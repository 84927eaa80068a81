"""Marks of files: whatever changes the bytes changes the mark, also where size and date stay as they were."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ropewalk.config import Limits
from ropewalk.reading.filemarks import file_mark
from ropewalk.reading.objects import Entry, Objects
from ropewalk.reading.shapes import shapes


def settled(file: Path) -> str:
    return file_mark(file.stat(), time.time_ns() + 10_000_000_000)


def test_a_file_of_the_same_size_and_date_is_not_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("ann@example.com")
    before = file.stat()
    first = settled(file)
    assert first == settled(file) != ""
    time.sleep(0.02)
    file.write_text("bob@example.com")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert settled(file) != first


def test_another_file_put_in_its_place_is_not_the_same(tmp_path: Path) -> None:
    file, other = tmp_path / "a.csv", tmp_path / "b.csv"
    for one, text in ((file, "ann@example.com"), (other, "bob@example.com")):
        one.write_text(text)
        os.utime(one, ns=(10**18, 10**18))
    first = settled(file)
    time.sleep(0.02)
    other.rename(file)
    assert settled(file) != first


def test_a_file_changed_just_now_bears_no_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x")
    info = file.stat()
    assert file_mark(info, info.st_ctime_ns + 1_000_000) == ""
    assert file_mark(info, info.st_ctime_ns + 3_000_000_000) != ""
    os.utime(file, ns=(4 * 10**18, 4 * 10**18))  # a date in the future, as archives leave it
    assert settled(file) != ""


@pytest.mark.parametrize(("marks", "known"), [(("a", "b"), True), (("a", ""), False)])
def test_a_group_with_an_object_without_a_mark_bears_none(marks: tuple[str, ...], known: bool) -> None:
    entries = [Entry(f"day-{n}.csv", f"day-{n}.csv", 5, None, mark) for n, mark in enumerate((*marks, "c"), 1)]
    (group,) = shapes(entries, "seed")
    assert bool(group.fingerprint) is known


def test_a_store_that_tells_neither_tags_nor_times_of_change_gives_no_mark() -> None:
    """The file system in memory tells when an object was made, and keeps that when it is written anew."""
    objects = Objects("memory://marks", {}, Limits())
    with objects.fs.open("/marks/a.csv", "wb") as file:
        file.write(b"ann@example.com")
    (entry,) = (e for e in objects.list() if isinstance(e, Entry))
    assert entry.mark == ""
