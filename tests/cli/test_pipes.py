"""Output that nobody reads to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-c", "from ropewalk.cli import main; main()"]


@pytest.mark.parametrize("arguments", [("policy", "show"), ("policy", "show", "--format", "json"), ("--help",), ("--version",)])
def test_a_closed_pipe_ends_a_command_quietly_and_is_no_failed_control(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "ropewalk.yaml").write_text("sources: [{name: shop, uri: data, owner: me, purpose: tests}]\n")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run([*PROGRAM, "--config", str(tmp_path), *arguments], stdout=writer, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_an_error_that_nobody_reads_is_no_failed_control_either(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run([*PROGRAM, "--config", str(tmp_path / "none.yaml"), "findings"], stdout=writer, stderr=writer)
    finally:
        os.close(writer)
    assert ended.returncode == 141
