"""ropewalk.yaml: secrets from the environment in memory only, paths relative to the file, errors with line and mend."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.config import load, parse
from ropewalk.errors import ConfigError

ONE = "sources:\n- {name: shop, uri: %s, owner: me, purpose: tests}\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "ropewalk.yaml"
    file.write_text(text)
    return file


def test_the_smallest_configuration(tmp_path: Path) -> None:
    config = load(written(tmp_path, ONE % "bucket"))
    source = config.sources()[0]
    assert (source.uri, source.scheme, source.owner) == (str(tmp_path / "bucket"), "file", "me")
    assert config.register_url == f"sqlite:///{tmp_path}/.ropewalk/register.db"
    assert load(tmp_path).digest == config.digest


def test_secrets_come_from_the_environment_and_show_nowhere(tmp_path: Path) -> None:
    text = "register: postgresql://r:${REG}@h/x\n" + ONE % '"postgresql://app:${PASSWORD}@${HOST:-localhost}/shop"'
    config = load(written(tmp_path, text), env={"PASSWORD": "hunter2", "REG": "hunter3"})
    assert config.sources()[0].uri == "postgresql://app:hunter2@localhost/shop"
    assert config.register_url == "postgresql://r:hunter3@h/x"
    shown = f"{config!r}{config.settings!r}{config.settings.sources!r}{config.sources()!r}"
    assert "hunter" not in shown
    with pytest.raises(ConfigError, match="PASSWORD is not set") as caught:
        load(tmp_path, env={"REG": "x"})
    assert caught.value.where.endswith("ropewalk.yaml:3")
    assert "export PASSWORD" in caught.value.mend


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sqlite:///shop.db", "sqlite:///{0}/shop.db"), ("sqlite:////data/shop.db", "sqlite:////data/shop.db"), ("sqlite://", "sqlite://"),
        ("duckdb:///a.db?x=1", "duckdb:///{0}/a.db?x=1"), ("logs://logs/app", "logs://{0}/logs/app"), ("s3://bucket/x", "s3://bucket/x"),
        ("logs:///var/log", "logs:///var/log"), ("/data", "/data"),
    ],
)  # fmt: skip
def test_relative_paths_are_relative_to_the_file(tmp_path: Path, uri: str, expected: str) -> None:
    assert load(written(tmp_path, ONE % f"'{uri}'")).sources()[0].uri == expected.format(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("sources: []\n", 1, "sources: at least one is needed"),
        ("source:\n- {name: shop, uri: x, owner: me, purpose: tests}\n", 1, "source: there is no such key; did you mean sources?"),
        ("sources:\n- name: shop\n  url: x\n  owner: me\n  purpose: tests\n", 3, "sources[shop].url: there is no such key; did you mean uri?"),
        ("limits: {rows: many}\n" + ONE % "x", 1, "limits.rows: a whole number is needed"),
        (ONE.replace("me,", "me, environment: prod,") % "x", 2, "sources[shop].environment: must be 'production' or 'test'"),
        (ONE.replace("me,", "me, clocks: {orders: {deliverd: a}},") % "x", 2, "did you mean delivered?"),
        (ONE.replace("me,", "me, clocks: {orders: a},") % "x", 2, "sources[shop].clocks.orders: must be keys with their values: {created, deliv"),
        ("alarms:\n  channels:\n  - {kind: slack, url: 'https://example.com', sevrity: low}\n" + ONE % "x", 3, "did you mean severity?"),
        ("version: 1\nlimits: {rows: 0}\n" + ONE % "x", 2, "limits.rows"),
        ("version: 1\nlimits:\n  rows: 5\n  rwos: 5\n" + ONE % "x", 4, "limits.rwos"),
        ("company: 'a\nb: [\n", 3, "not valid YAML"),
        ("company: a\ncompany: b\n" + ONE % "x", 2, "stands twice"),
        (ONE % "x" + "- {name: shop, uri: y, owner: me, purpose: tests}\n", 3, "two sources are called shop"),
        ("- a\n", 1, "keys and values"),
        ("", 1, "keys and values"),
        ("sources:\n- {name: 'a b', uri: x, owner: me, purpose: tests}\n", 2, "sources[1].name: must be at most 63 letters, digits and - _ ."),
        ("sources:\n- {name: a, uri: x, owner: '', purpose: tests}\n", 2, "owner"),
    ],
)
def test_errors_name_file_line_and_mend(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    assert caught.value.where == f"{tmp_path / 'ropewalk.yaml'}:{line}"
    assert words in caught.value.what
    assert caught.value.mend
    assert caught.value.exit_code == 2


def test_a_key_that_was_meant_is_not_also_missed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, "sources:\n- {name: shop, url: x, ownr: me, purpose: tests}\n"))
    assert "needed" not in caught.value.what
    assert caught.value.mend.startswith("write ")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "ropewalk.yaml").write_bytes(b"version: 1\ncompany: J\xfcrgen\n")
    with pytest.raises(ConfigError, match="not UTF-8") as caught:
        load(tmp_path)
    assert caught.value.where.endswith(":2")
    (tmp_path / "ropewalk.yaml").write_bytes(b"\xef\xbb\xbf" + (ONE % "x").encode())
    assert load(tmp_path).sources()[0].name == "shop"


def test_an_error_quotes_no_input(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, "register: {password: hunter2}\n" + ONE % "x"))
    assert "hunter2" not in f"{caught.value}{caught.value!r}"


def test_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "none.yaml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"no ropewalk\.yaml here"):
        load()
    (tmp_path / "ropewalk.yml").write_text(ONE % "x")
    assert load().path == tmp_path / "ropewalk.yml"


def test_a_frozen_clock_is_in_utc(tmp_path: Path) -> None:
    assert load(written(tmp_path, "as_of: 2026-03-01T12:00:00\n" + ONE % "x")).as_of == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert load(written(tmp_path, "as_of: 2026-03-01T12:00:00+09:00\n" + ONE % "x")).as_of == datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert abs((load(written(tmp_path, ONE % "x")).as_of - datetime.now(UTC)).total_seconds()) < 60


def test_a_source_that_is_switched_off_and_one_that_is_not_known(tmp_path: Path) -> None:
    config = load(written(tmp_path, "sources:\n- {name: shop, uri: x, owner: me, purpose: tests, enabled: false}\n"))
    assert config.sources() == []
    assert config.source_config("shop").enabled is False
    with pytest.raises(ConfigError, match="no source is called 'other'") as caught:
        config.source_config("other")
    assert "shop" in caught.value.mend


def test_the_files_of_a_cluster_are_relative_to_the_configuration(tmp_path: Path) -> None:
    config = load(written(tmp_path, "executor: {dask: 'tls://h:8786', tls_ca: tls/ca.pem}\n" + ONE % "x"))
    executor = config.settings.executor.resolved(config.resolve)
    assert (executor.tls_ca, executor.tls_cert) == (str(tmp_path / "tls" / "ca.pem"), None)


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    refused = None
    try:
        parse(text, "x.yaml")
    except ConfigError as error:
        refused = error
    assert refused is None or (refused.where.startswith("x.yaml") and refused.mend)
