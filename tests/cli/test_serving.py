"""The dashboard is served on this machine, says its address once it answers, and ends with its command."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from ropewalk import demo
from ropewalk.cli import serving
from ropewalk.errors import ConfigError


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_ends(how: signal.Signals, tmp_path: Path) -> None:
    config = demo.place(tmp_path / "company")
    command = [sys.executable, "-c", "from ropewalk.cli import main; main()", "--config", str(config), "app", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as app:
        assert app.stderr is not None
        try:
            told = app.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)", told)
            assert found, told
            with urllib.request.urlopen(f"{found[0]}/_stcore/health", timeout=20) as answer:
                assert answer.status == 200
        finally:
            app.send_signal(how)
            code = app.wait(30)
    assert code == 0
    with closing(socket.socket()) as probe:
        assert probe.connect_ex((serving.ADDRESS, int(found[1]))) != 0, "the server outlived its command"


def test_a_taken_port_is_said() -> None:
    with closing(socket.socket()) as taken:
        taken.bind((serving.ADDRESS, 0))
        taken.listen()
        with pytest.raises(ConfigError, match="taken"):
            serving.free_port(taken.getsockname()[1])
    assert serving.free_port(0) > 0


def test_it_listens_on_this_machine_only_and_tells_nobody() -> None:
    command = serving.command(8501)
    assert "--server.address=127.0.0.1" in command
    assert "--browser.gatherUsageStats=false" in command
    assert "--server.headless=true" in command
