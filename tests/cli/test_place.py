"""The sample company in a folder of one's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ropewalk import demo
from ropewalk.config import load
from ropewalk.errors import ConfigError


def test_a_copy_is_whole_and_knows_no_truth(tmp_path: Path) -> None:
    config = demo.place(tmp_path / "company")
    copied = {p.relative_to(tmp_path / "company") for p in config.parent.rglob("*") if p.is_file()}
    origin = {p.relative_to(demo.sample()) for p in demo.sample().rglob("*") if p.is_file()}
    assert origin - copied == {Path("truth.yaml")}
    assert load(config).settings.as_of is not None, "the sample's clock is frozen"


def test_a_second_time_nothing_is_touched_so_that_nothing_is_read_again(tmp_path: Path) -> None:
    config = demo.place(tmp_path / "company")
    os.utime(config, (1, 1))
    (config.parent / "ropa.yaml").write_text("changed: by the user\n", encoding="utf-8")
    assert demo.place(tmp_path / "company") == config
    assert config.stat().st_mtime == 1
    assert (config.parent / "ropa.yaml").read_text(encoding="utf-8") == "changed: by the user\n"


def test_an_older_sample_is_renewed_and_its_register_kept(tmp_path: Path) -> None:
    config = demo.place(tmp_path / "company")
    (config.parent / ".ropewalk").mkdir()
    (config.parent / ".ropewalk" / "register.db").write_bytes(b"kept")
    (config.parent / demo.MARK).write_text("older\n", encoding="utf-8")
    (config.parent / "crm.db").unlink()
    demo.place(tmp_path / "company")
    assert (config.parent / "crm.db").is_file()
    assert (config.parent / ".ropewalk" / "register.db").read_bytes() == b"kept"


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="something else"):
        demo.place(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["precious.txt"]
    with pytest.raises(ConfigError):
        demo.place(tmp_path / "precious.txt")
