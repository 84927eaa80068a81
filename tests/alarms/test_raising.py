"""What is alarmed: changes between real scans and checks, each state once, to every channel until it was taken; never a value."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from quick_judge import quick
from receivers import http

import ropewalk as rw
from ropewalk.alarms import changes, deliver_owed, raise_alarms
from ropewalk.cli import main
from ropewalk.config import Config
from ropewalk.model import Attestation, ControlResult, Status
from ropewalk.register import Register, open_register
from ropewalk.register.frames import FIELDS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
VALUES = ("quorvella@example.com", "zimthwaite@example.org")
ROPA = """\
version: 1
controller: {name: Example Goods}
activities:
  - id: shipping
    name: Ship orders
    purposes: [ship orders]
    subjects: [buyers]
    legal_basis: contract
    collected: {operation: getOrders}
    disposed: {rule: 30 days, clock: delivered_at, method: DELETE}
    security: [TLS]
    owner: operations
    next_review: 2030-01-01
    fields: [shop/orders.csv#email]
"""


class Shop:
    """A folder with a store, scanned and checked as often as a test likes."""

    def __init__(self, folder: Path, channels: str = "") -> None:
        self.folder = folder
        (folder / "shop").mkdir()
        self.orders("id,email", f"1,{VALUES[0]}")
        head = f"version: 1\nworkers: 1\nas_of: {NOW.isoformat()}\nsources:\n  - {{name: shop, uri: 'file://shop', owner: o, purpose: p}}\n"
        (folder / "ropewalk.yaml").write_text(f"{head}alarms:\n  channels: [{channels}]\n")

    @property
    def config(self) -> Config:
        return rw.load_config(self.folder)

    def orders(self, *lines: str) -> None:
        (self.folder / "shop" / "orders.csv").write_text("\n".join(lines) + "\n")

    def scan(self) -> None:
        rw.scan(self.config, judge=quick)

    def verdicts(self, **statuses: Status) -> None:
        """Verdicts of a check, as of requirements `r1_a` (r1.a)."""
        made = [ControlResult("own", n[:2], n.replace("_", "."), "shop", s, "a reason", 10, 3) for n, s in statuses.items()]
        with self.register() as register:
            register.record_results(made, at=NOW)

    def register(self) -> Register:
        return open_register(self.config)

    def raised(self) -> list[str]:
        """The titles of what is alarmed now and was not before."""
        with self.register() as register:
            before = len(register.frame("alarms"))
            raise_alarms(self.config, register, NOW)
            return list(register.frame("alarms")["title"].iloc[before:])


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_verdicts_are_told_when_they_change(shop: Shop) -> None:
    shop.scan()
    shop.verdicts(r1_a=Status.FAIL, r2_a=Status.PASS, r3_a=Status.UNKNOWN)
    assert shop.raised() == ["r1.a went from not checked to fail (for the worse): shop"]
    assert shop.raised() == []
    shop.verdicts(r1_a=Status.FAIL, r2_a=Status.PASS, r3_a=Status.UNKNOWN)
    assert shop.raised() == []
    shop.verdicts(r1_a=Status.PASS, r2_a=Status.STALE, r3_a=Status.UNKNOWN)
    assert shop.raised() == ["r1.a went from fail to pass (for the better)", "r2.a went from pass to stale (for the worse): shop"]
    shop.verdicts(r1_a=Status.FAIL, r2_a=Status.STALE)
    assert shop.raised() == ["r1.a went from pass to fail (for the worse): shop", "r3.a is no longer checked (it was unknown)"]
    shop.verdicts(r1_a=Status.UNKNOWN, r2_a=Status.STALE)
    assert shop.raised() == ["r1.a went from fail to unknown (it is no longer known): shop"]


def test_new_personal_data_is_told_once_and_again_when_it_returns(shop: Shop) -> None:
    shop.scan()
    assert shop.raised() == [], "the first look is where changes begin"
    wide = ("id,email,reply", f"1,{VALUES[0]},{VALUES[1]}")
    shop.orders(*wide)
    shop.scan()
    assert shop.raised() == ["new personal data: shop/orders.csv#reply (e-mail)"]
    assert shop.raised() == []
    shop.orders("id,email", f"1,{VALUES[0]}")
    shop.scan()
    assert shop.raised() == []
    shop.orders(*wide)
    shop.scan()
    assert shop.raised() == ["new personal data: shop/orders.csv#reply (e-mail)"]


def test_drift_is_told(shop: Shop) -> None:
    (shop.folder / "ropa.yaml").write_text(ROPA)
    shop.scan()
    assert shop.raised() == []
    shop.orders("id,email,reply", f"1,{VALUES[0]},{VALUES[1]}")
    shop.scan()
    assert "drift of the record: shop/orders.csv#reply is undeclared" in shop.raised()


def test_attestations_are_told_before_their_end_and_when_stale(shop: Shop) -> None:
    def attest(kind: str, days: int) -> None:
        with shop.register() as register:
            register.record_attestations([Attestation(kind, "company", "ann", NOW - timedelta(days=60), NOW + timedelta(days=days))])

    for kind, days in (("pentest", 31), ("training", 30), ("incident_plan", -1)):
        attest(kind, days)
    assert shop.raised() == [
        "attestation is stale: incident_plan of company ended on 2026-02-28",
        "attestation ends soon: training of company, on 2026-03-31",
    ]
    attest("incident_plan", 300)
    assert shop.raised() == []


def test_the_mend_of_an_alarm_can_be_typed_whatever_the_thing_is_called() -> None:
    row = {
        "field": "b/old *.csv#items[].x",
        "category": "email",
        "decision": None,
        "matched": 1,
        "sampled": 2,
        "strength": "direct",
        "observed_at": NOW,
    }
    after = pd.DataFrame([{**dict.fromkeys(FIELDS), **row}])
    (field,) = changes.new_fields(after.iloc[:0], after)
    assert field.mend == "declare it in ropa.yaml, or `ropewalk findings dismiss 'b/old *.csv#items[].x' --reason WORDS`"
    given = pd.DataFrame([{"kind": "legal_hold", "subject": "shop/old*", "valid_until": pd.Timestamp(NOW + timedelta(days=3))}])
    (word,) = changes.attestations(given, NOW, 30)
    assert word.mend == "ropewalk attest legal_hold --by NAME --valid-until DAY --subject 'shop/old*'"


def test_runs_that_did_not_happen_are_told() -> None:
    row = {"due_at": NOW, "started_at": NOW, "finished_at": NOW, "exit_code": None, "detail": "", "runner": ""}
    made = [
        ("scan", "missed", None),
        ("check", "overlapped", None),
        ("check", "failed", 2),
        ("scan", "failed", 2),
        ("scan", "done", 0),
        ("x", "lost", None),
    ]
    history = pd.DataFrame([{**row, "run_id": str(n), "job": j, "status": s, "exit_code": c} for n, (j, s, c) in enumerate(made)]).astype(
        {"exit_code": "Int64"}
    )
    told = [a.title for a in changes.runs(history, NOW)]
    assert told == [
        "scan of 2026-03-01 12:00 UTC was missed",
        "check of 2026-03-01 12:00 UTC was left out: the one before still ran",
        "the last check failed (exit code 2)",
        "the last x was lost: its process died",
    ]
    assert len(changes.runs(history, NOW + timedelta(days=8))) == 2


def test_a_channel_that_fails_stops_no_other_and_is_tried_again(tmp_path: Path) -> None:
    with http() as broken, http() as fine:
        broken.status = 503
        channels = (
            f"{{kind: slack, name: first, url: '{broken.url}'}}, {{kind: webhook, url: '{fine.url}', secret: 0123456789abcdef}}, "
            f"{{kind: slack, name: grave, only: [canary], url: '{fine.url}'}}"
        )
        shop = Shop(tmp_path, channels)
        shop.scan()
        shop.verdicts(r1_a=Status.FAIL)
        shop.raised()
        assert [len(s.got) for s in (broken, fine)] == [1, 1]
        with shop.register() as register:
            (kept,) = register.frame("alarms")["deliveries"]
        assert kept["webhook"] == "sent"
        assert kept["first"].startswith("pending: the receiver answered 503")
        assert "grave" not in kept
        broken.status = 200
        shop.verdicts(r1_a=Status.PASS)
        shop.raised()
        assert [len(s.got) for s in (broken, fine)] == [2, 2]
        text = json.loads(broken.got[-1][2])["text"]
        assert "fail to pass" in text, "the newest word"
        assert "not checked to fail" not in text, "and not the one that it took the place of"
        shop.raised()
        assert [len(s.got) for s in (broken, fine)] == [2, 2]


HOLD = """
import sys, time
from ropewalk.register import open_register
open_register(sys.argv[1]).duties.take_lease("alarms")
print("held", flush=True)
time.sleep(600)
"""


def test_while_another_process_sends_nothing_is_sent_twice_and_nothing_lost(tmp_path: Path) -> None:
    with http() as server:
        shop = Shop(tmp_path, f"{{kind: slack, url: '{server.url}'}}")
        shop.scan()
        shop.verdicts(r1_a=Status.FAIL)
        config = rw.load_config(tmp_path)
        with shop.register() as register:
            server.status = 500
            raise_alarms(config, register)
            server.status = 200
            other = subprocess.Popen([sys.executable, "-c", HOLD, config.register_url], stdout=subprocess.PIPE)
            try:
                assert other.stdout is not None
                assert other.stdout.readline() == b"held\n"
                (left,) = deliver_owed(config, register, datetime.now(UTC), wait=0.1)
                assert "another run is sending" in left.error
                assert len(server.got) == 1
            finally:
                other.kill()
                other.communicate()
            (sent,) = deliver_owed(config, register, datetime.now(UTC), wait=0.1)
            assert (sent.sent, sent.error) == (1, ""), "a sender that was killed holds nothing up"
            assert deliver_owed(config, register, datetime.now(UTC)) == ()
    assert len(server.got) == 2


def test_no_value_is_in_any_message_and_a_broken_channel_changes_no_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with http() as fine, http() as broken:
        broken.status = 500
        file, path = "{kind: syslog, to: 'file://alarms.jsonl'}", str(tmp_path)
        hook = f"{{kind: webhook, url: '{fine.url}', secret: 0123456789abcdef}}"
        shop = Shop(tmp_path, f"{file}, {hook}, {{kind: slack, url: '{broken.url}'}}")
        shop.scan()
        shop.raised()
        codes = []
        for words in (["check"], ["check", "--alarm"], ["check", "--once", "--alarm"], ["alarms", "test"], ["alarms", "list", "--format", "json"]):
            shop.orders("id,email,reply", f"1,{VALUES[0]},{VALUES[1]}")
            shop.scan()
            with pytest.raises(SystemExit) as end:
                main([*words, "--config", path])
            codes.append(end.value.code or 0)
        told = capsys.readouterr()
    assert codes[0] == codes[1] == codes[2]
    assert codes[3:] == [3, 0]
    assert "answered 500" in told.err
    everything = told.out + told.err + (tmp_path / "alarms.jsonl").read_text() + "".join(b.decode() for _, _, b in [*fine.got, *broken.got])
    assert "new personal data: shop/orders.csv#reply" in everything
    assert not [v for v in (*VALUES, "quorvella", "zimthwaite", "s3cret-path", "0123456789abcdef") if v in everything]
