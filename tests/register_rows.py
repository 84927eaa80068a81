"""What tests of the register record: a shop with a table of orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ropewalk.model import (
    Attestation,
    Category,
    ControlResult,
    Dataset,
    Fact,
    FieldRef,
    Finding,
    Signal,
    Skipped,
    Status,
    Strength,
)
from ropewalk.register import Register, open_register
from ropewalk.register.frames import ATTESTATIONS, DATASETS, EVIDENCE, FIELDS, RESULTS, SCANS, UNITS
from ropewalk.register.schema import FACT, SKIPPED

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FRAMES = {
    "findings": FIELDS, "fields": FIELDS, "observations": FIELDS, "facts": FACT, "datasets": DATASETS, "skipped": SKIPPED, "scans": SCANS,
    "units": UNITS, "results": RESULTS, "results_history": RESULTS, "attestations": ATTESTATIONS, "evidence": EVIDENCE,
}  # fmt: skip


@pytest.fixture
def register(url: str) -> Iterator[Register]:
    with open_register(url) as made:
        yield made


def finding(path: str = "buyer_email", *, dataset: str = "orders", category: Category | None = Category.EMAIL, confidence: float = 0.9) -> Finding:
    return Finding(
        FieldRef("shop", dataset, tuple(path.split("."))), "EMAIL_ADDRESS" if category else None, category, Strength.DIRECT, confidence, 90, 100, 120,
        0.03, "keyed", ("email",), (Signal("name", 2.0, "the name says e-mail"), Signal("type", -1.0, "a short column")), ("a@a.a",),
        (("PERSON", Category.NAME, 4),), "Orders.BuyerEmail", "varchar", f"fp-{dataset}-{path}",
    )  # fmt: skip


def table(name: str = "orders", fingerprint: str = "v1") -> Dataset:
    return Dataset("shop", name, "table", rows=1000, bytes=4096, fingerprint=fingerprint, comment="of the shop")


def begin(register: Register, *names: str, whole: bool = True, skipped: tuple[Skipped, ...] = ()) -> str:
    scan_id = register.begin_scan(as_of=AT, config_hash="c1", rules_version="r1", narrowed=not whole)
    register.add_source(scan_id, "shop", [table(n) for n in names], whole=whole, skipped=skipped)
    return scan_id


def fields(register: Register, frame: str = "fields") -> list[str]:
    return sorted(register.frame(frame)["field"])


def fill(register: Register) -> str:
    scan_id = begin(register, "orders", skipped=(Skipped("shop", "secret", "no right to read it", "GRANT SELECT"),))
    register.record_facts(scan_id, "shop", [Fact("shop", "tls_min_version", "1.2", AT, "SHOW"), Fact("shop", "key", None, AT, "SHOW", "superuser")])
    register.record_unit(
        scan_id, table(), findings=[finding(), finding("status", category=None)], rows=120,
        bytes=4096, facts=[Fact("shop/orders", "grants", {"app": ["SELECT"]}, AT, "catalogue")],
        skipped=[Skipped("shop", "orders", "too deep", "", ("details",))],
    )  # fmt: skip
    register.finish_scan(scan_id, "complete")
    register.record_results([verdict()], at=AT)
    register.record_attestations([Attestation("pentest", "company", "Ann", AT, AT + timedelta(days=365))])
    return scan_id


def verdict(status: Status = Status.FAIL) -> ControlResult:
    return ControlResult("retention", "2.1", "2.1.a", "shop/orders", status, "too old", 100, 7, details={"days": 30, "share": 0.5}, as_of=AT)
