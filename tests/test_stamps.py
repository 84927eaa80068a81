"""Timestamps of the chain's head, by a real authority: asked for, kept, checked, and worth nothing where they are forged."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import example, given
from hypothesis import strategies as st
from register_urls import postgres_url, url
from timestamp_authority import Authority, authority, certificates, openssl_says

from ropewalk.cli import main
from ropewalk.config import Config, load
from ropewalk.errors import ConfigError, EvidenceError
from ropewalk.evidence import stamp, verify_configured
from ropewalk.evidence.der import sorted_certificates
from ropewalk.evidence.tokens import check
from ropewalk.model import ControlResult, Status
from ropewalk.register import Register, open_register
from ropewalk.register.chain import START, follow

__all__ = ["postgres_url", "url"]

pytestmark = pytest.mark.server
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAD = "ab" * 32
"""What tests/golden/timestamp/head.tsr stamps; made by tests/timestamp_authority.py, whose certificates have ended since."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Authority]:
    with authority(tmp_path / "authority") as made:
        yield made


def configured(folder: Path, server: Authority, *, url: str = "sqlite:///register.db", ca: Path | None = None) -> Config:
    stamps = f"{{timestamp: {{url: '{server.url}', ca: '{ca or server.root}'}}}}"
    text = f"register: {url}\nevidence: {stamps}\nsources: [{{name: shop, uri: 'file://shop', owner: o, purpose: p}}]\n"
    (folder / "ropewalk.yaml").write_text(text)
    return load(folder)


def grown(register: Register, days: int) -> None:
    for day in range(days):
        register.record_results([ControlResult("c", "2.1", "2.1.a", f"shop/t{n}", Status.FAIL, "old") for n in range(3)], at=AT + timedelta(days=day))


def problems(config: Config, register: Register, *stamps: Path) -> list[tuple[int, str]]:
    return [(p.sequence, p.kind) for p in verify_configured(config, register, stamps=stamps).problems]


def test_a_head_is_stamped_and_the_stamp_tells_when(tmp_path: Path, server: Authority, url: str) -> None:
    config = configured(tmp_path, server, url=url)
    with open_register(config) as register:
        grown(register, 2)
        made = stamp(config, register)
        assert (made.sequence, made.entry) == (8, 9)
        assert abs(datetime.now(UTC) - made.at) < timedelta(hours=1)
        assert made.authority == "CN=Ropewalk test stamps"
        grown(register, 1)
        second = stamp(config, register)
        found = verify_configured(config, register)
    assert found.ok
    assert [(s.sequence, s.entry, s.head) for s in found.stamps] == [(8, 9, made.head), (13, 14, second.head)]
    file = tmp_path / "head.tsr"
    file.write_bytes(made.answer)
    assert openssl_says(made.head, file, server.root)
    assert not openssl_says(second.head, file, server.root)


def test_nothing_new_is_not_stamped_twice(tmp_path: Path, server: Authority) -> None:
    config = configured(tmp_path, server)
    with open_register(config) as register:
        grown(register, 1)
        assert stamp(config, register) == stamp(config, register)
        assert register.evidence_head()[0] == 5
    assert server.asked == 1


def forge(register: Register, changed: int, *, drop: bool = False) -> None:
    """What somebody with the whole register does: changes an entry and computes every hash anew; or drops the stamps too."""
    connection = sqlite3.connect(register.where)
    for name in ("evidence_no_update", "evidence_no_delete"):
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    rows = connection.execute("SELECT sequence, kind, at, record FROM evidence ORDER BY sequence").fetchall()
    connection.execute("DELETE FROM evidence")
    head = (0, START)
    for sequence, kind, at, record in rows:
        said = json.loads(record)
        if drop and kind == "timestamp":
            continue
        if sequence == changed:
            said["reason"] = "forged"
        made = follow(head, [(kind, datetime.fromisoformat(at), said)])[0]
        connection.execute("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?)", (made.sequence, kind, at, made.record, made.previous, made.hash))
        head = (made.sequence, made.hash)
    connection.execute("UPDATE evidence_head SET sequence = ?, hash = ?", head)
    connection.commit()
    connection.close()


def test_a_chain_written_anew_is_told_by_its_stamps(tmp_path: Path, server: Authority) -> None:
    config = configured(tmp_path, server)
    with open_register(config) as register:
        grown(register, 2)
        made = stamp(config, register)
        file = tmp_path / "head.tsr"
        file.write_bytes(made.answer)
        assert problems(config, register, file) == []
        assert [s.entry for s in verify_configured(config, register, stamps=[file]).stamps] == [9, 0]
        forge(register, 3)
        assert problems(config, register) == [(9, "timestamp")]
        forge(register, 3, drop=True)
        assert problems(config, register) == [], "who drops the stamp too is seen only by what was kept elsewhere"
        assert problems(config, register, file) == [(8, "timestamp")]


def test_an_entry_that_only_looks_like_a_stamp(tmp_path: Path, server: Authority) -> None:
    config = configured(tmp_path, server)
    with open_register(config) as register:
        grown(register, 1)
        answer = base64.b64encode(stamp(config, register).answer).decode()
        broken = base64.b64encode(b"\x30\x03\x02\x01\x00").decode()
        for record in (
            {},
            {"sequence": 2, "answer": answer},
            {"sequence": 4, "answer": broken},
            {"sequence": 999, "answer": answer},
            {"sequence": "x"},
        ):
            register.record_evidence("timestamp", record, at=AT)
        assert problems(config, register) == [(n, "timestamp") for n in range(6, 11)]


def test_another_authority_and_one_that_may_not_stamp(tmp_path: Path, server: Authority) -> None:
    config = configured(tmp_path, server)
    with open_register(config) as register:
        grown(register, 1)
        stamp(config, register)
        other = tmp_path / "other"
        other.mkdir()
        certificates(other)
        config = configured(tmp_path, server, ca=other / "root.pem")
        assert problems(config, register) == [(5, "timestamp")]
        grown(register, 1)
        with pytest.raises(EvidenceError, match="does not hold"):
            stamp(config, register)
        certificates(server.root.parent, ExtendedKeyUsageOID.SERVER_AUTH)
        config, head = configured(tmp_path, server), register.evidence_head()
        with pytest.raises(Exception):  # noqa: B017, PT011 - openssl itself may refuse to stamp with it
            stamp(config, register)
        assert register.evidence_head() == head


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("old", "does not hold: Nonce"),
        ("broken", "no RFC 3161 timestamp"),
        ("refused", "answered 500"),
        ("moved", "answered 302"),
        ("gone", "cannot be reached"),
        ("another service", "cannot be reached \\(BadStatusLine\\)"),
    ],
)
def test_an_answer_that_is_none_never_enters_the_chain(tmp_path: Path, server: Authority, wrong: str, words: str) -> None:
    config = configured(tmp_path, server)
    with open_register(config) as register:
        grown(register, 1)
        stamp(config, register)
        grown(register, 1)
        server.wrong, head = wrong, register.evidence_head()
        if wrong == "gone":
            server.url = "http://127.0.0.1:9/tsr"
            config = configured(tmp_path, server)
        with pytest.raises(EvidenceError, match=words) as caught:
            stamp(config, register)
        assert "127.0.0.1" not in str(caught.value)
        assert register.evidence_head() == head


def test_what_must_be_named(tmp_path: Path, server: Authority) -> None:
    config = configured(tmp_path, server)
    with open_register(config) as register:
        with pytest.raises(ConfigError, match="nothing to stamp"):
            stamp(config, register)
        grown(register, 1)
        stamp(config, register)
        missing = configured(tmp_path, server, ca=tmp_path / "none.pem")
        with pytest.raises(ConfigError, match="cannot be read"):
            stamp(missing, register)
        (tmp_path / "none.pem").write_text("nothing")
        with pytest.raises(ConfigError, match="no certificates"):
            verify_configured(missing, register)
        (tmp_path / "ropewalk.yaml").write_text((tmp_path / "ropewalk.yaml").read_text().replace("evidence:", "# evidence:"))
        plain = load(tmp_path)
        found = verify_configured(plain, register)
        assert found.ok
        assert (found.stamps, found.unread) == ((), 1), "unknown is not checked, and said so"
        with pytest.raises(ConfigError, match="no timestamp authority"):
            stamp(plain, register)
        with pytest.raises(ConfigError, match="no certificate of a timestamp authority"):
            verify_configured(plain, register, stamps=[tmp_path / "x.tsr"])


@given(st.binary(max_size=60), st.integers(0, 5000), st.integers(1, 255))
@example(noise=b"", place=928, flip=1)  # a certificate of a version that is none
def test_any_bytes_are_an_answer_or_told(noise: bytes, place: int, flip: int) -> None:
    folder = Path(__file__).parent / "golden" / "timestamp"
    whole, root = (folder / "head.tsr").read_bytes(), (folder / "root.pem").read_bytes()
    place %= len(whole)
    for answer in (noise, whole[:place], whole[:place] + noise):
        assert sorted(sorted_certificates(answer)) == sorted(answer)
        with pytest.raises(EvidenceError):
            check(answer, root, "here", head=HEAD)
    changed = whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :]
    with suppress(EvidenceError):  # a byte that nothing rests on, of a certificate that is not used, may change
        assert check(changed, root, "here", head=HEAD) == check(whole, root, "here", head=HEAD)


def command(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    return int(end.value.code or 0)


def test_by_the_command_line(tmp_path: Path, server: Authority, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.csv").write_text("id\n1\n")
    config, file = configured(tmp_path, server), tmp_path / "head.tsr"
    where = ("--config", str(tmp_path))
    code = command("check", "--once", *where)
    told = capsys.readouterr()
    assert "Stamped: entry " in told.err
    assert "says CN=Ropewalk test stamps" in " ".join(told.err.split())
    assert command("check", "--clause", "2.1", *where) in {0, 1, 3}
    assert "Stamped" not in capsys.readouterr().err, "what is not recorded is not stamped"
    assert command("stamp", "--out", str(file), *where) == 0
    head = capsys.readouterr().out.strip()
    assert server.asked == 1, "nothing was written since"
    with open_register(config) as register:
        found = verify_configured(config, register)
        assert head == f"{found.stamps[0].sequence}:{found.stamps[0].head}"
    assert command("verify", "--stamp", str(file), *where) == 0
    told = capsys.readouterr()
    assert told.err.count("Stamped: entry ") == 2
    server.wrong = "refused"
    assert command("check", "--once", *where) == code, "an authority that is down changes no exit code"
    assert "Not stamped: the timestamp authority answered 500" in capsys.readouterr().err
    with open_register(config) as register:
        forge(register, 3, drop=True)
    assert command("verify", "--stamp", str(file), *where) == 1
    assert "no entry has the hash that head.tsr stamps" in capsys.readouterr().out
    file.write_bytes(b"nothing")
    assert command("verify", "--stamp", str(file), *where) == 1
    assert command("verify", "--stamp", str(tmp_path / "none"), *where) == 2
