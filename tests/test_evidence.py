"""The evidence chain: every change, gap, swap and cut is found and named."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ropewalk.config import load
from ropewalk.errors import ConfigError, EvidenceError
from ropewalk.evidence import link, verify, verify_configured
from ropewalk.model import Attestation, ControlResult, Status
from ropewalk.register import Register, open_register
from ropewalk.register.chain import START, follow

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
COLUMNS = ("sequence", "kind", "at", "record", "previous", "hash")


def verdict(n: int) -> ControlResult:
    return ControlResult("retention", "2.1", "2.1.a", f"shop/orders{n}", Status.FAIL, "too old", checked=n, failed=n // 2, details={"days": 31.0})


@pytest.fixture
def register(tmp_path: Path) -> Register:
    made = open_register(f"sqlite:///{tmp_path / 'register.db'}")
    for run in range(4):
        made.record_results([verdict(n) for n in range(5)], at=AT + timedelta(days=run))
    made.record_attestations([Attestation("pentest", "company", "Ann", AT, AT + timedelta(days=365))])
    made.record_decision("abc", "dismiss", "Bo", AT, "a product name", until=AT + timedelta(days=90))
    made.record_evidence("deletion", {"rows": 12, "share": 0.5}, at=AT)
    return made


@pytest.fixture
def forge(register: Register) -> Callable[..., None]:
    """SQL past the triggers, as somebody with the file would run it."""

    def run(*statements: str | tuple[str, tuple[object, ...]]) -> None:
        connection = sqlite3.connect(register.where)
        for name in ("evidence_no_update", "evidence_no_delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        for statement in statements:
            connection.execute(*(statement if isinstance(statement, tuple) else (statement,)))
        connection.commit()
        connection.close()

    return run


def kinds(register: Register, **options: object) -> list[tuple[int, str]]:
    return [(p.sequence, p.kind) for p in verify(register, **options).problems]  # type: ignore[arg-type]


def test_a_whole_chain_holds(register: Register) -> None:
    found = verify(register)
    assert found.ok
    assert found.signed is None
    assert (found.entries, found.head) == register.evidence_head()[:2]
    assert found.entries == 4 * 6 + 3
    assert found.demand() is found


def test_an_empty_chain_holds(tmp_path: Path) -> None:
    found = verify(open_register(str(tmp_path / "new.db")))
    assert (found.ok, found.entries, found.head) == (True, 0, START)


def test_every_single_byte_change_of_a_thousand_is_found(register: Register) -> None:
    rng = random.Random(20260301)
    connection = sqlite3.connect(register.where, isolation_level=None)
    connection.execute("DROP TRIGGER evidence_no_update")
    rows = connection.execute("SELECT count(*) FROM evidence").fetchone()[0]
    for turn in range(1000):
        sequence = rng.randrange(1, rows + 1)
        column = rng.choice(COLUMNS)
        old = connection.execute(f"SELECT CAST({column} AS BLOB) FROM evidence WHERE sequence = ?", (sequence,)).fetchone()[0]
        place, flip = rng.randrange(len(old)), rng.randrange(1, 256)
        new = old[:place] + bytes([old[place] ^ flip]) + old[place + 1 :]
        if column == "sequence":
            value: object = sequence + rng.choice((-1, 1)) * rng.randrange(1, 10**6)
            if connection.execute("SELECT 1 FROM evidence WHERE sequence = ?", (value,)).fetchone():
                value = rows + 1 + turn
            connection.execute("UPDATE evidence SET sequence = ? WHERE sequence = ?", (value, sequence))
        else:
            value = sequence
            connection.execute(f"UPDATE evidence SET {column} = CAST(? AS TEXT) WHERE sequence = ?", (new, sequence))
        problems = verify(register).problems
        assert problems, f"turn {turn}: {column} of {sequence}"
        assert sequence in {p.sequence for p in problems} | {p.sequence - 1 for p in problems}
        if column == "sequence":
            connection.execute("UPDATE evidence SET sequence = ? WHERE sequence = ?", (sequence, value))
        else:
            connection.execute(f"UPDATE evidence SET {column} = CAST(? AS TEXT) WHERE sequence = ?", (old, sequence))
    assert verify(register).ok


def test_every_random_cut_gap_swap_and_change_of_the_head_is_found(register: Register) -> None:
    rng = random.Random(20260302)
    connection = sqlite3.connect(register.where, isolation_level=None)
    for name in ("evidence_no_update", "evidence_no_delete"):
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("ATTACH ':memory:' AS kept")
    for table in ("evidence", "evidence_head"):
        connection.execute(f"CREATE TABLE kept.{table} AS SELECT * FROM main.{table}")
    rows = connection.execute("SELECT count(*) FROM evidence").fetchone()[0]
    for turn in range(200):
        connection.execute("BEGIN")
        one, other = sorted(rng.sample(range(1, rows + 1), 2))
        if turn % 4 == 0:
            connection.execute("DELETE FROM evidence WHERE sequence BETWEEN ? AND ?", (one, other))
        elif turn % 4 == 1:
            connection.execute("DELETE FROM evidence WHERE sequence >= ?", (other,))
        elif turn % 4 == 2:
            for old, new in ((one, -1), (other, one), (-1, other)):
                connection.execute("UPDATE evidence SET sequence = ? WHERE sequence = ?", (new, old))
        else:
            head = connection.execute("SELECT hash FROM evidence_head").fetchone()[0]
            place = rng.randrange(len(head))
            digit = rng.choice([d for d in "0123456789abcdef" if d != head[place]])
            connection.execute("UPDATE evidence_head SET hash = ?", (head[:place] + digit + head[place + 1 :],))
        connection.execute("COMMIT")
        assert not verify(register).ok, (turn, one, other)
        _restore(connection)
    assert verify(register).ok


def _restore(connection: sqlite3.Connection) -> None:
    """The chain as it was, from the copy."""
    connection.execute("BEGIN")
    for table in ("evidence", "evidence_head"):
        connection.execute(f"DELETE FROM main.{table}")
        connection.execute(f"INSERT INTO main.{table} SELECT * FROM kept.{table}")
    connection.execute("COMMIT")


def test_a_changed_entry_is_named(register: Register, forge: Callable[..., None]) -> None:
    forge("UPDATE evidence SET record = replace(record, '\"fail\"', '\"pass\"') WHERE sequence = 9")
    assert kinds(register) == [(9, "changed")]
    with pytest.raises(EvidenceError, match="entry 9 \\(result\\) was changed") as caught:
        verify(register).demand()
    assert caught.value.exit_code == 1


def test_an_entry_written_anew_with_its_hash_breaks_the_link(register: Register, forge: Callable[..., None]) -> None:
    row = register.frame("evidence").iloc[8]
    record = row.record.replace("fail", "pass")
    forge(("UPDATE evidence SET record = ?, hash = ? WHERE sequence = 9", (record, link(row.previous, 9, row.kind, stamp(row), record))))
    assert kinds(register) == [(10, "changed")]


def stamp(row: pd.Series[Any]) -> str:
    return row["at"].isoformat(timespec="microseconds").replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM evidence WHERE sequence = 7", [(7, "missing")]),
        ("DELETE FROM evidence WHERE sequence IN (7, 8)", [(7, "missing")]),
        ("DELETE FROM evidence WHERE sequence <= 2", [(1, "missing")]),
        ("DELETE FROM evidence WHERE sequence > 20", [(21, "truncated")]),
        ("DELETE FROM evidence", [(1, "truncated")]),
        ("UPDATE evidence_head SET sequence = 3", [(4, "head")]),
        ("UPDATE evidence_head SET hash = 'x'", [(27, "head")]),
        ("UPDATE evidence_head SET sequence = 'x'", [(27, "head")]),
    ],
)
def test_gaps_cuts_and_heads_are_named(register: Register, forge: Callable[..., None], statement: str, expected: list[tuple[int, str]]) -> None:
    forge(statement)
    assert kinds(register) == expected


@pytest.mark.parametrize(("gone", "words"), [("= 7", "entry 7 is missing"), ("IN (7, 8)", "entries 7 to 8 are missing")])
def test_a_gap_says_how_long_it_is(register: Register, forge: Callable[..., None], gone: str, words: str) -> None:
    forge(f"DELETE FROM evidence WHERE sequence {gone}")
    assert verify(register).problems[0].words == words


@pytest.mark.parametrize("kind", ["ann@example.com", "a" * 41, ""])
def test_what_somebody_wrote_as_a_kind_is_not_repeated(register: Register, forge: Callable[..., None], kind: str) -> None:
    forge(("UPDATE evidence SET kind = ? WHERE sequence = 9", (kind,)))
    assert verify(register).problems[0].words == "entry 9 (of an unreadable kind) was changed after it was written"


def test_two_swapped_entries_are_told_as_reordered(register: Register, forge: Callable[..., None]) -> None:
    forge(
        "UPDATE evidence SET sequence = -1 WHERE sequence = 5",
        "UPDATE evidence SET sequence = 5 WHERE sequence = 8",
        "UPDATE evidence SET sequence = 8 WHERE sequence = -1",
    )
    assert {(5, "reordered"), (8, "reordered")} <= set(kinds(register))


def test_a_chain_written_anew_is_told_by_an_anchor(register: Register, forge: Callable[..., None]) -> None:
    noted = {10: register.frame("evidence").hash.iloc[9]}
    assert kinds(register, anchors=noted) == []
    rewrite(register, forge, 6)
    assert kinds(register) == []
    assert kinds(register, anchors=noted) == [(10, "anchor")]
    assert kinds(register, anchors={99: "x"}) == [(99, "truncated")]


def rewrite(register: Register, forge: Callable[..., None], changed: int) -> None:
    """What a forger with the whole file does: changes an entry and computes every hash anew."""
    head, statements = (0, START), []
    for row in register.frame("evidence").itertuples():
        record = json.loads(row.record)
        if row.sequence == changed:
            record["reason"] = "forged"
        made = follow(head, [(row.kind, row.at.to_pydatetime(), record)])[0]
        head = (made.sequence, made.hash)
        values = (made.record, made.previous, made.hash, made.sequence)
        statements.append(("UPDATE evidence SET record = ?, previous = ?, hash = ? WHERE sequence = ?", values))
    forge(*statements, ("UPDATE evidence_head SET hash = ?", (head[1],)))


def test_an_older_copy_that_went_on_is_told_by_a_head_noted_since(tmp_path: Path) -> None:
    keys(tmp_path)
    config = load(configured(tmp_path, "{key: key.pem, public_key: public.pem}"))
    with open_register(config) as register:
        register.record_evidence("deletion", {"rows": 1}, at=AT)
        file = Path(register.where)
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        older = file.read_bytes()
        register.record_evidence("deletion", {"rows": 2}, at=AT)
        noted = dict([register.evidence_head()[:2]])
    for name in ("register.db", "register.db-wal", "register.db-shm"):
        file.with_name(name).unlink(missing_ok=True)
    file.write_bytes(older)
    with open_register(config) as register:
        assert verify_configured(config, register).ok, "nothing inside an older copy, signed as it was, tells its age"
        assert [(p.sequence, p.kind) for p in verify_configured(config, register, anchors=noted).problems] == [(2, "truncated")]
        register.record_evidence("deletion", {"rows": 3}, at=AT)
        assert verify_configured(config, register).ok
        assert [(p.sequence, p.kind) for p in verify_configured(config, register, anchors=noted).problems] == [(2, "anchor")]


def keys(folder: Path) -> None:
    key = Ed25519PrivateKey.generate()
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "public.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def configured(folder: Path, evidence: str) -> Path:
    file = folder / "ropewalk.yaml"
    file.write_text(f"evidence: {evidence}\nsources: [{{name: a, uri: 'folder://x', owner: me, purpose: tests}}]\n")
    return file


def test_a_signed_head_holds_and_a_forged_chain_does_not(tmp_path: Path) -> None:
    keys(tmp_path)
    config = load(configured(tmp_path, "{key: key.pem, public_key: public.pem}"))
    register = open_register(config)
    assert verify_configured(config, register).ok
    register.record_evidence("deletion", {"rows": 1}, at=AT)
    register.record_evidence("deletion", {"rows": 2}, at=AT)
    found = verify_configured(config, register)
    assert found.ok
    assert found.signed is True
    signature = register.evidence_head()[2]
    assert signature is not None
    connection = sqlite3.connect(register.where)
    for bad in (signature[:-1] + ("0" if signature[-1] != "0" else "1"), None, "zz"):
        connection.execute("UPDATE evidence_head SET signature = ?", (bad,))
        connection.commit()
        assert [p.kind for p in verify_configured(config, register).problems] == ["signature"]
    unsigned = open_register(config.register_url)
    unsigned.record_evidence("deletion", {"rows": 3}, at=AT)
    assert verify_configured(config, register).signed is False


def test_a_signature_never_vouches_for_what_was_written_without_the_key(tmp_path: Path) -> None:
    keys(tmp_path)
    config = load(configured(tmp_path, "{key: key.pem, public_key: public.pem}"))
    register = open_register(config)
    register.record_results([verdict(n) for n in range(3)], at=AT)
    connection = sqlite3.connect(register.where)
    connection.execute("DROP TRIGGER evidence_no_update")
    head, rows = (0, START), connection.execute("SELECT sequence, kind, at, record FROM evidence ORDER BY sequence").fetchall()
    for sequence, kind, at, record in rows:  # a whole new chain, by somebody without the key
        made = follow(head, [(kind, datetime.fromisoformat(at), {**json.loads(record), "forged": True})])[0]
        head = (made.sequence, made.hash)
        connection.execute(
            "UPDATE evidence SET record = ?, previous = ?, hash = ? WHERE sequence = ?", (made.record, made.previous, made.hash, sequence)
        )
    connection.execute("UPDATE evidence_head SET hash = ?", (head[1],))
    connection.commit()
    (made,) = register.record_attestations([Attestation("pentest", "company", "Ann", AT, AT + timedelta(days=365))])
    assert (made.sequence, made.kind) == (6, "attestation")
    found = verify_configured(config, register)
    assert found.signed is True
    assert [(p.sequence, p.kind) for p in found.problems] == [(5, "signature")]
    assert "evidence.signed_from: 5" in found.problems[0].words
    register.record_evidence("deletion", {}, at=AT)
    assert len(verify_configured(config, register).problems) == 1, "said once, and for good"
    known = load(configured(tmp_path, "{key: key.pem, public_key: public.pem, signed_from: 5}"))
    assert verify_configured(known, register).ok


def test_a_key_that_comes_later_says_from_where_it_signs(tmp_path: Path) -> None:
    keys(tmp_path)
    unsigned = open_register(load(configured(tmp_path, "{}")))
    run = unsigned.record_results([verdict(1), verdict(2)], at=AT)
    config = load(configured(tmp_path, "{key: key.pem, public_key: public.pem, signed_from: 4}"))
    with open_register(config) as register:
        assert register.record_results([verdict(n) for n in range(4)], at=AT + timedelta(days=1)) != run
        assert len(register.frame("results")) == 4
        assert verify_configured(config, register).ok
        unsigned.record_evidence("deletion", {}, at=AT)
        register.record_evidence("deletion", {}, at=AT)
        assert [p.kind for p in verify_configured(config, register).problems] == ["signature"], "somebody wrote without the key later on"


def test_the_key_may_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys(tmp_path)
    monkeypatch.setenv("ROPEWALK_EVIDENCE_KEY", (tmp_path / "key.pem").read_text())
    config = load(configured(tmp_path, "{public_key: public.pem}"))
    register = open_register(config)
    register.record_evidence("deletion", {}, at=AT)
    assert verify_configured(config, register).signed is True


@pytest.mark.parametrize("name", ["key", "public_key"])
def test_a_bad_key_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "bad.pem").write_text("nothing")
    config = load(configured(tmp_path, f"{{{name}: bad.pem}}"))
    with pytest.raises(ConfigError, match="Ed25519"):
        verify_configured(config, open_register(config))
    config = load(configured(tmp_path, f"{{{name}: none.pem}}"))
    with pytest.raises(ConfigError, match=r"none\.pem"):
        verify_configured(config, open_register(config))


def test_a_refused_entry_leaves_no_trace(register: Register) -> None:
    before = register.evidence_head()
    with pytest.raises(ValueError, match="evidence holds"):
        register.record_evidence("deletion", {"share": float("nan")}, at=AT)
    with pytest.raises(ValueError, match="one word"):
        register.record_evidence("two\nlines", {}, at=AT)
    assert register.evidence_head() == before
    assert verify(register).ok
