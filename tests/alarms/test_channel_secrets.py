"""What a channel holds (an address with a token, a secret, a password) is in no error, log, repr, message or register."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from receivers import http
from test_channels import MESSAGE

import ropewalk as rw
from ropewalk.alarms.channels import deliver
from ropewalk.cli import main
from ropewalk.duties import Channel
from ropewalk.errors import ConfigError

TOKEN, PASSWORD = "T0ken-of-the-hook", "pass-of-the-post-4711"


def configured(folder: Path, channel: str) -> Path:
    (folder / "shop").mkdir()
    (folder / "shop" / "a.csv").write_text("id\n1\n")
    text = f"version: 1\nworkers: 1\nsources: [{{name: shop, uri: 'file://shop', owner: o, purpose: p}}]\nalarms:\n  channels:\n    - {channel}\n"
    (folder / "ropewalk.yaml").write_text(text)
    return folder


@pytest.mark.parametrize(
    "channel",
    [
        f"{{kind: slack, url: 'ftp://hooks.example.com/{TOKEN}'}}",
        f"{{kind: slack, url: 'http://hooks.example.com/{TOKEN}'}}",
        f"{{kind: slack, url: 'https://hooks.example.com/{TOKEN}', speed: fast}}",
        f"{{kind: webhook, url: 'https://hooks.example.com/{TOKEN}', secret: {PASSWORD[:9]}}}",
        f"{{kind: mail, host: h, sender: none, to: [a@example.com], username: u, password: {PASSWORD}}}",
        f"{{kind: mail, host: h, sender: a@example.com, to: [a@example.com], username: u, password: {PASSWORD}, tls: none}}",
        f"{{kind: post, password: {PASSWORD}, url: 'https://hooks.example.com/{TOKEN}'}}",
    ],
)
def test_a_configuration_that_is_wrong_is_told_without_them(tmp_path: Path, channel: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = configured(tmp_path, channel)
    with pytest.raises(ConfigError) as caught:
        rw.load_config(folder)
    with pytest.raises(SystemExit) as end:
        main(["alarms", "test", "--config", str(folder)])
    assert end.value.code == 2
    told = str(caught.value) + repr(caught.value) + capsys.readouterr().err
    assert "ropewalk.yaml:" in told, "the place"
    assert TOKEN not in told
    assert PASSWORD[:9] not in told


def test_what_is_kept_and_told_of_a_channel_that_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with http() as server:
        server.status = 500
        folder = configured(tmp_path, f"{{kind: webhook, url: '{server.url}/{TOKEN}', secret: {PASSWORD}}}")
        with caplog.at_level(logging.DEBUG):
            for words in (["alarms", "test"], ["check", "--once"], ["alarms", "list", "--format", "json"], ["schedule", "history"]):
                with pytest.raises(SystemExit):
                    main([*words, "--config", str(folder), "--debug"])
        told = capsys.readouterr()
        sent = b"".join(body for _, _, body in server.got).decode()
    assert server.got, "it was tried"
    kept = b"".join(p.read_bytes() for p in (folder / ".ropewalk").iterdir()).decode("utf-8", "replace")
    everything = told.out + told.err + caplog.text + sent + kept + repr(rw.load_config(folder).settings)
    assert "answered 500" in everything
    assert not [s for s in (TOKEN, PASSWORD, "s3cret-path") if s in everything]


@pytest.mark.parametrize("kind", ["slack", "webhook", "mail"])
def test_a_server_that_never_answers_holds_nothing_up(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        given = {
            "slack": {"url": f"http://127.0.0.1:{port}/{TOKEN}"},
            "webhook": {"url": f"http://127.0.0.1:{port}/{TOKEN}", "secret": PASSWORD},
            "mail": {"host": "127.0.0.1", "port": port, "sender": "a@example.com", "to": ["b@example.com"], "username": "u", "password": PASSWORD},
        }[kind]
        channel: Channel = TypeAdapter(Channel).validate_python({"kind": kind, **given})
        error = deliver(channel, MESSAGE, timeout=0.3, resolve=Path).error
    assert "did not answer in time" in error if kind == "mail" else "cannot be reached (TimeoutError)" in error
    assert TOKEN not in error
