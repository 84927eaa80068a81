"""Canaries: kept as keyed hashes, met in every kind of cell away from home, and never written anywhere."""

from __future__ import annotations

import base64
import io
import stat
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quick_judge import quick

import ropewalk as rw
from ropewalk.alarms import raise_alarms
from ropewalk.canaries import VARIABLE, Watch, digest_of, key_file, read_key
from ropewalk.cli import main
from ropewalk.config import Config
from ropewalk.encodings import written_out
from ropewalk.errors import ConfigError, RegisterError
from ropewalk.model import FieldRef, Sample
from ropewalk.register import open_register

KEY = b"0123456789abcdef0123456789abcdef"
CANARY, PERSON = "quill.wren4711@example.com", "Quorvella Zimthwaite"


def place(folder: Path, more: str = "") -> Path:
    for name, text in {
        "shop": f"id,email\n1,{CANARY}\n2,ann@example.com\n",
        "leak": f"id,note\n1,wrote to <{CANARY.upper()}> twice\n2,nothing\n",
    }.items():
        (folder / name).mkdir()
        (folder / name / "data.csv").write_text(text)
    sources = "".join(f"  - {{name: {n}, uri: 'file://{n}', owner: operations, purpose: tests}}\n" for n in ("shop", "leak"))
    (folder / "ropewalk.yaml").write_text(f"version: 1\nworkers: 1\nsources:\n{sources}{more}")
    return folder


def command(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    return int(end.value.code or 0)


def register_canary(folder: Path, monkeypatch: pytest.MonkeyPatch, *more: str, value: str = CANARY) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(value + "\n"))
    return command("canary", "register", "wren", "--home", "shop", "--by", "ann", *more, "--config", str(folder))


def seen(config: Config) -> list[tuple[str, object]]:
    rw.scan(config, judge=quick)
    with open_register(config) as register:
        facts = register.frame("facts")
    return [(str(f["subject"]), f["value"]) for f in facts[facts["name"] == "canary_seen"].to_dict("records")]


def test_a_canary_away_from_home_is_seen_and_written_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = place(tmp_path)
    assert seen(rw.load_config(folder)) == []
    assert register_canary(folder, monkeypatch) == 0
    assert seen(rw.load_config(folder)) == [("leak/data.csv#note", {"wren": 1})]  # also in files that did not change
    assert command("canary", "list", "--config", str(folder)) == 0
    told = capsys.readouterr()
    assert "wren" in told.out
    kept = b"".join(p.read_bytes() for p in (folder / ".ropewalk").iterdir()).lower() + (told.out + told.err).lower().encode()
    assert CANARY.encode() not in kept
    assert b"quill" not in kept
    assert stat.S_IMODE(key_file(rw.load_config(folder)).stat().st_mode) == 0o600
    assert command("canary", "remove", "wren", "--config", str(folder)) == 0
    assert seen(rw.load_config(folder)) == []


def test_a_canary_in_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    folder = place(tmp_path)
    monkeypatch.setenv(VARIABLE, KEY.decode())
    assert register_canary(folder, monkeypatch, "--print") == 0
    printed = capsys.readouterr().out
    with (folder / "ropewalk.yaml").open("a") as file:
        file.write(printed)
    assert [subject for subject, _ in seen(rw.load_config(folder))] == ["leak/data.csv#note"]
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ConfigError, match="their key is not here"):
        rw.scan(rw.load_config(folder), judge=quick)


def test_what_is_no_canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    folder = place(tmp_path)
    assert register_canary(folder, monkeypatch, value="ann") == 2
    assert register_canary(folder, monkeypatch) == 0
    assert register_canary(folder, monkeypatch, value="another.value@example.com") == 2
    assert "another name" in capsys.readouterr().err
    config = rw.load_config(folder)
    key_file(config).chmod(0o644)
    with pytest.raises(ConfigError, match="others may read"):
        read_key(config)
    with open_register(config) as register, pytest.raises(RegisterError, match="no canary"):
        register.duties.drop_canary("none")


def watch(value: str) -> Watch:
    _, many, mac = digest_of(KEY, value).split(":")
    return Watch(KEY, {int(many): {bytes.fromhex(mac): ("c", ("home",))}})


def cells(value: str, *cells: str, source: str = "away") -> int:
    from datetime import UTC, datetime

    sample = Sample(FieldRef(source, "t", ("f",)), dict.fromkeys(cells, 3), 3 * len(cells))
    return sum(f.value["c"] for f in watch(value).facts([sample], datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize(
    "cell",
    [
        PERSON,
        PERSON.upper(),
        f"  {PERSON} ",
        f"to {PERSON}, today",
        f'{{"name": "{PERSON}"}}',
        "buyer=quorvella zimthwaite&x=1",
        f"{PERSON}.",
        "GET /buyers?name=Quorvella+Zimthwaite&page=2 200",
        "/buyers/Quorvella%20Zimthwaite/orders",
        "buyer:Quorvella Zimthwaite:17",
    ],
)
def test_words_inside_a_longer_value(cell: str) -> None:
    assert cells(PERSON, cell, "other") == 3
    assert cells(PERSON, cell, source="home") == 0


@pytest.mark.parametrize("cell", ["Quorvella", "Zimthwaite Quorvella", "Quorvella X Zimthwaite", "XQuorvella Zimthwaite", ""])
def test_something_else_is_not_met(cell: str) -> None:
    assert cells(PERSON, cell) == 0


@given(st.text(string.ascii_letters + string.digits + "@._-+", min_size=8), st.text(), st.text())
def test_any_value_is_met_between_any_texts(value: str, before: str, after: str) -> None:
    if len(value.strip(".")) >= 8:
        assert cells(value, f"{before} {value} {after}") == 3


def test_no_repr_shows_a_key() -> None:
    assert "0123456789abcdef" not in repr(watch(PERSON))
    assert not Watch()
    assert Watch().tag == ""
    assert watch(PERSON).tag != watch(CANARY).tag


@pytest.mark.parametrize(
    "cell", [f"GET /buyers/{CANARY}/orders HTTP/1.1", "/find?mail=quill.wren4711%40example.com", f"mailto:{CANARY}", f"s3://b/{CANARY}"]
)
def test_inside_an_address(cell: str) -> None:
    assert cells(CANARY, cell) == 3


BASE64 = base64.b64encode(CANARY.encode()).decode()


@pytest.mark.parametrize(
    "cell",
    [
        BASE64,
        f"Authorization: Basic {base64.b64encode(f'{CANARY}:secret'.encode()).decode()}",
        base64.urlsafe_b64encode(f'{{"sub": "{CANARY}", "x": "~~~???"}}'.encode()).decode().rstrip("="),
        f"/in?mail={BASE64.replace('=', '%3D')}&x=1",
        CANARY.encode().hex(),
        f"payload={CANARY.upper().encode().hex().upper()};",
        f"mail: {CANARY.replace('@', '%2540')}",
        f'{{"mail": "{CANARY.replace("@", chr(92) + "u0040")}"}}',
        f"a\\n{CANARY}\\n",
        CANARY.replace("@", "&#64;").replace(".", "&period;"),
        f"<a href='mailto:{CANARY.replace('@', '&#x40;')}'>",
    ],
)
def test_in_other_words(cell: str) -> None:
    assert cells(CANARY, cell) == 3


@given(st.text(), st.binary())
def test_any_text_can_be_written_out(text: str, data: bytes) -> None:
    assert text in written_out(text)
    assert written_out(base64.b64encode(data).decode() + " " + data.hex())


def test_a_planted_record_is_shown_once_and_met_where_it_leaked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = place(tmp_path, "alarms: {channels: [{kind: syslog, to: 'file://alarms.jsonl'}]}\n")
    assert command("canary", "plant", "wren", "--home", "shop", "--by", "ann", "--config", str(folder)) == 0
    told = capsys.readouterr()
    record = dict(line.split(": ", 1) for line in told.out.splitlines())
    assert set(record) == {"name", "email", "address"}
    assert not [v for v in record.values() if v in told.err]
    config = rw.load_config(folder)
    assert seen(config) == []
    (folder / "shop" / "data.csv").write_text(f"id,email,name\n1,{record['email']},{record['name']}\n")
    (folder / "leak" / "app.log").write_text(f"2026-03-01 12:00:00 INFO {record['name']} GET /buyers/{record['email'].replace('@', '%40')}?page=2\n")
    assert [v for _, v in seen(config)] == [{"wren-email": 1, "wren-name": 1}]
    with open_register(config) as register:
        raise_alarms(config, register)
        titles = list(register.frame("alarms")["title"])
    for part in ("email", "name"):
        assert any(t.startswith(f"canary wren-{part} was seen away from home: leak/app.log") for t in titles)
    kept = b"".join(p.read_bytes() for p in [*(folder / ".ropewalk").iterdir(), folder / "alarms.jsonl"]).decode("utf-8", "replace").lower()
    assert not [v for v in record.values() if v.lower() in kept]
    assert command("canary", "plant", "wren", "--home", "shop", "--config", str(folder)) == 2, "the name is taken"
    assert command("canary", "plant", "robin", "--home", "nowhere", "--config", str(folder)) == 2
