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


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7"])
def test_others_reach_it_only_behind_a_login(address: str) -> None:
    with pytest.raises(ConfigError, match="no login") as caught:
        serving.checked(address, behind_login=False)
    assert "--behind-login" in caught.value.mend
    assert serving.checked(address, behind_login=True) == address


def test_what_is_no_address_of_this_machine() -> None:
    for own in ("127.0.0.1", "::1"):
        assert serving.checked(own, behind_login=False) == own
    with pytest.raises(ConfigError, match="not an IP address"):
        serving.checked("ropewalk.example.com", behind_login=True)
    with pytest.raises(ConfigError, match="does not have this address"):
        serving.free_port(0, "192.0.2.7")


def _asked_as(origin: str, port: int) -> int:
    """The status of an attempt to open the dashboard's socket from a page of this origin."""
    lines = (
        "GET /_stcore/stream HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", f"Origin: {origin}", "", "",
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), 30) as stream:
        stream.sendall("\r\n".join(lines).encode())
        return int(stream.recv(4096).split()[1])


@pytest.mark.slow
@pytest.mark.server
def test_a_page_from_elsewhere_is_refused_and_nobody_is_asked_about_us(tmp_path: Path) -> None:
    """The proxy is this test: whatever the dashboard would ask of the internet comes here."""
    config, port = demo.place(tmp_path / "company"), serving.free_port(0)
    with socket.create_server(("127.0.0.1", 0)) as internet:
        internet.settimeout(0.1)
        proxy = f"http://127.0.0.1:{internet.getsockname()[1]}"
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"), proxy)
        command = serving.command(port, public_name="ropewalk.example.com")
        with subprocess.Popen(command, env={**serving.environment(config), **proxies, "no_proxy": ""}, stderr=subprocess.DEVNULL) as app:
            try:
                assert serving._answers(app, port, "127.0.0.1")
                for own in (f"http://127.0.0.1:{port}", f"http://localhost:{port}", "https://ropewalk.example.com"):
                    assert _asked_as(own, port) == 101, own
                assert _asked_as("https://evil.example.com", port) == 403
            finally:
                app.terminate()
        with pytest.raises(TimeoutError):
            internet.accept()


def test_it_listens_on_this_machine_only_and_tells_nobody() -> None:
    command = serving.command(8501)
    assert "--server.address=127.0.0.1" in command
    assert "--browser.gatherUsageStats=false" in command
    assert "--server.headless=true" in command
