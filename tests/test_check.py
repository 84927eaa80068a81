"""`rw.check` over a real register: verdicts recorded as evidence, errors contained, nothing green without a look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import ropewalk as rw
from ropewalk.config import Config
from ropewalk.errors import ConfigError
from ropewalk.model import Category, Dataset, FieldRef, Finding, Skipped, Status, Strength
from ropewalk.policy import Pack, read_pack
from ropewalk.register import Register

AS_OF = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OWN = """
from ropewalk.model import Status
from ropewalk.judging import verdict

class Broken:
    control = "broken"
    def run(self, context):
        yield verdict(context, "half", Status.PASS, "before it broke")
        raise ValueError("Quorvella Zimthwaite is in this message")

class Silent:
    control = "silent"
    def run(self, context):
        return iter(())

class Rows:
    control = "rows"
    def run(self, context):
        for name in ("orders", "gone"):
            found = context.table("shop", name, [("name",)])
            yield verdict(context, name, Status.PASS, type(found).__name__ + getattr(found, "reason", ""))
        assert context.table("other", "x", []).reason
"""
PACK = """
id: own
version: "1"
title: My own
clauses:
  - id: "1"
    title: Own controls
    text: Controls of a folder of one's own.
    requirements:
"""


def requirement(name: str, control: str, params: str = "{}") -> str:
    return (
        f"      - {{id: {name}, text: Something is asked for., control: {control}, severity: low, params: {params}, "
        "evidence: counts, mend: mend it}\n"
    )


@dataclass
class Place:
    """A folder with a store, a configuration and a register."""

    folder: Path
    registers: list[Register] = field(default_factory=list)

    def config(self, more: str = "", requirements: str = "") -> Config:
        engine = sa.create_engine(f"sqlite:///{self.folder / 'shop.db'}")
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE IF NOT EXISTS orders (name TEXT, delivered_at TEXT, origin TEXT)"))
            connection.execute(sa.text("INSERT INTO orders VALUES ('Ann', '2026-08-01', 'amazon')"))
        engine.dispose()
        (self.folder / "own" / "policies").mkdir(parents=True, exist_ok=True)
        (self.folder / "own" / "broken.py").write_text(OWN)
        (self.folder / "own" / "policies" / "own.yaml").write_text(PACK + (requirements or requirement("1.a", "silent")))
        head = f"register: sqlite:///reg.db\nas_of: {AS_OF.isoformat()}\nexpectations: [own]\n"
        source = "sources:\n  - {name: shop, uri: 'sqlite:///shop.db', owner: me, purpose: test}\n"
        (self.folder / "ropewalk.yaml").write_text(head + source + more)
        return rw.load_config(self.folder / "ropewalk.yaml")

    def register(self, config: Config) -> Register:
        self.registers.append(rw.open_register(config))
        return self.registers[-1]

    def scanned(self, config: Config, status: str = "complete", findings: bool = True, skipped: tuple[Skipped, ...] = ()) -> Register:
        register, dataset = self.register(config), Dataset("shop", "orders", "table", 1)
        scan = register.begin_scan(as_of=AS_OF, config_hash="c", rules_version="r")
        register.add_source(scan, "shop", [dataset], skipped=skipped)
        register.start_unit(scan, "shop", "orders")
        found = [_finding(p, Category.NAME if p == "name" and findings else None) for p in ("name", "delivered_at", "origin")]
        register.record_unit(scan, dataset, findings=found, rows=1)
        register.finish_scan(scan, status)
        return register


def _finding(path: str, category: Category | None) -> Finding:
    ref, entity = FieldRef("shop", "orders", (path,)), "PERSON" if category else None
    return Finding(ref, entity, category, Strength.DIRECT, 0.9 if category else 0.0, 1, 1, 1, 0.1, "full", fingerprint=path)


@pytest.fixture
def place(tmp_path: Path) -> Any:
    made = Place(tmp_path)
    yield made
    for register in made.registers:
        register.close()


def test_a_check_is_recorded_with_policy_clock_and_counts(place: Place) -> None:
    config = place.config()
    register = place.scanned(config)
    report = rw.check(config, register)
    frame = register.frame("results")
    assert len(frame) == len(report.results) > 60
    assert set(frame["policy_hash"]) == {report.policy.hash}
    assert set(frame["policy"]) == {"amazon-dpp 1.0"}
    assert set(frame["run_id"]) == {report.run_id}
    assert {t.to_pydatetime() for t in frame["as_of"]} == {AS_OF}
    late = frame[frame["requirement"] == "2.1.a"].iloc[0]
    assert (late["subject"], late["status"], late["failed"], late["details"]["overdue"]) == ("shop/orders", "fail", 1, 1)
    assert late["details"]["severity"] == "critical"
    assert report.by_clause["2.1"] == report.status == Status.FAIL
    assert report.by_clause["1.8"] == Status.PASS
    assert report.exit_code == 1
    assert set(report.by_clause) == set(report.policy.titles)


def test_nothing_is_green_before_a_scan(place: Place) -> None:
    config = place.config()
    report = rw.check(config, place.register(config))
    assert {r.status for r in report.results} == {Status.UNKNOWN}
    assert report.exit_code == 0


def test_it_opens_and_closes_the_register_of_the_configuration(place: Place) -> None:
    config = place.config()
    place.scanned(config).close()
    report = rw.check(config)
    assert len(place.register(config).frame("results")) == len(report.results)


def test_one_broken_control_stops_nothing_and_quotes_nothing(place: Place) -> None:
    needs = requirement("1.a", "broken") + requirement("1.b", "rows") + requirement("1.c", "no_such_control")
    config = place.config("policy: own\n", needs)
    report = rw.check(config, place.scanned(config))
    by_need = {n: [r for r in report.results if r.requirement == n] for n in ("1.a", "1.b", "1.c")}
    assert [r.status for r in by_need["1.a"]] == [Status.ERROR]
    assert "ValueError" in by_need["1.a"][0].reason
    assert "Quorvella" not in repr(report.results)
    assert [r.reason for r in by_need["1.b"]] == ["SqlTable", "Skippedit is no longer there"]
    assert "there is no control no_such_control" in by_need["1.c"][0].reason
    assert report.exit_code == 3


@pytest.mark.parametrize(
    ("status", "skipped", "verdict", "why"),
    [
        ("complete", (), Status.NOT_APPLICABLE, "nothing that this asks about is there"),
        ("incomplete", (), Status.UNKNOWN, "the last scan is incomplete"),
        ("complete", (Skipped("shop", "secret", "permission denied", "GRANT SELECT"),), Status.UNKNOWN, "skipped 1"),
    ],
)
def test_no_subject_is_only_well_after_a_whole_scan(place: Place, status: str, skipped: tuple[Skipped, ...], verdict: Status, why: str) -> None:
    config = place.config("policy: own\n")
    report = rw.check(config, place.scanned(config, status, skipped=skipped))
    assert report.results[0].status == verdict
    assert why in report.results[0].reason


def test_a_narrowed_check_is_a_look(place: Place) -> None:
    config = place.config()
    register = place.scanned(config)
    whole = rw.check(config, register)
    asked: list[str] = []
    look = rw.check(config, register, clauses=["2.1", "1.8.a"], progress=lambda need, *_: asked.append(need.id))
    assert asked == ["1.8.a", "2.1.a", "2.1.b"]
    assert look.run_id == ""
    assert len(register.frame("results")) == len(whole.results)
    with pytest.raises(ConfigError):
        rw.check(config, register, clauses=["9"])


def test_attestations_of_the_configuration_and_of_the_register_count(place: Place) -> None:
    (place.folder / "training.txt").write_text("who came")
    said = (
        "attestations:\n  - {kind: security_training, subject: company, by: Lead, at: 2026-11-01, valid_until: 2026-11-20, document: training.txt}\n"
    )
    config = place.config(said)
    register = place.scanned(config)
    found = {r.requirement: r for r in rw.check(config, register).results}
    assert found["1.1.d"].status == Status.PASS  # a day holds until it ends
    later = {r.requirement: r for r in rw.check(config, register, as_of=datetime(2026, 11, 21, 0, 0, 1, tzinfo=UTC)).results}
    assert later["1.1.d"].status == Status.STALE


def test_an_override_stands_in_every_verdict_it_touches(place: Place) -> None:
    config = place.config("overrides:\n  2.1.a: {days: 500, reason: a court order of this year}\n")
    report = rw.check(config, place.scanned(config))
    touched = next(r for r in report.results if r.requirement == "2.1.a")
    assert touched.status == Status.PASS
    assert "a court order of this year" in touched.reason
    assert "days 500 instead of 30" in str(touched.details["override"])
    assert all("court order" not in r.reason for r in report.results if r.requirement != "2.1.a")


def test_the_engine_knows_no_policy(place: Place, root: Path) -> None:
    config = place.config("policy: gdpr\n")
    report = rw.check(config, place.scanned(config))
    assert set(report.by_clause) == {"5", "30", "32", "33"}
    assert report.by_clause["5"] == Status.FAIL
    words = ("amazon", "2.1", "gdpr", "dpp")
    for file in ("controls.py", "policy.py", "judging/material.py", "judging/rows.py"):
        code = (root / "ropewalk" / file).read_text(encoding="utf-8").split('"""', 2)[2].lower()
        assert not [w for w in words if f'"{w}"' in code], file


def test_a_source_that_left_the_configuration_is_judged_no_more(place: Place) -> None:
    config = place.config()
    register = place.scanned(config)
    file = place.folder / "ropewalk.yaml"
    file.write_text(file.read_text().replace("name: shop", "name: other"))
    report = rw.check(rw.load_config(file), register)
    assert {r.subject for r in report.results if r.requirement == "2.1.a"} == {"other"}
    assert all(r.status == Status.UNKNOWN for r in report.results if r.requirement == "2.1.a")


def test_packs_hash_the_same_on_any_machine() -> None:
    pack: Callable[[str], Pack] = read_pack
    from ropewalk.plugins import Plugins

    path = str(Plugins.of().policies()["gdpr"])
    assert pack(path).hash == pack(path).hash


def test_a_broken_chain_of_evidence_fails_the_clause_on_records(place: Place) -> None:
    config = place.config()
    register = place.scanned(config)
    rw.check(config, register)
    (whole,) = rw.check(config, register, clauses=["3.a"]).results
    assert (whole.status, "entries since" in whole.reason) == (Status.UNKNOWN, True)
    with register.engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER evidence_no_update"))
        connection.execute(sa.text("""UPDATE evidence SET record = replace(record, '"unknown"', '"pass"') WHERE sequence = 9"""))
    found = rw.check(config, register, clauses=["3.a"]).results[0]
    assert (found.status, "entry 9" in found.reason, found.failed) == (Status.FAIL, True, 1)
