"""For every requirement of the policy: what makes it pass, fail, and go unknown or stale. A new requirement needs its line in CASES.

A case is a company and the verdict that it gets. `worded(id)` gives the cases of a person's word, for a requirement with a `kind`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pandas as pd
from shop import Company, days, iso, requirement_of, shop
from shop import ropa as record_of

from ropewalk.contracts import ControlContext, Requirement
from ropewalk.inventory.rows import Account, Asset, Change, Contact, Deletion, Incident, Leaver, Subcontractor, Vulnerability
from ropewalk.model import Environment, Status
from ropewalk.register.chain import plain

PASS, FAIL, UNKNOWN, STALE = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.STALE
Case = tuple[Status, Company]
_TIMES = ("first_seen", "last_seen", "closed_at")


@dataclass
class Firm(Company):
    """A company with imported registers."""

    imports: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def imported(
        self, kind: str, *rows: Any, age: float = 1, seen: float | None = None, scanner: str = "", target: str = "", release: str = ""
    ) -> Firm:
        """rows (of ropewalk.inventory.rows) in a list made `age` days ago; each was first seen `seen` days ago."""
        series = {"kind": kind, "scanner": scanner, "target": target}
        self.imports.append({**series, "observed_at": days(age), "format": "csv", "release": release})
        first: datetime = days(age if seen is None else seen)
        times = {"first_seen": first, "last_seen": days(age), "closed_at": None}
        self.rows += [{**series, "key": r.key, "record": plain(r), **times} for r in rows]
        return self

    def context(self, need: Requirement) -> ControlContext:
        context = super().context(need)
        imports = pd.DataFrame(self.imports, columns=["kind", "scanner", "target", "observed_at", "format", "release"])
        rows = pd.DataFrame(self.rows, columns=["kind", "scanner", "target", "key", "record", *_TIMES])
        return replace(context, frames={**context.frames, "imports": imports, "inventory": rows.astype(dict.fromkeys(_TIMES, "datetime64[us, UTC]"))})


def db(**facts: Any) -> Firm:
    """A database with an e-mail column, and facts about it."""
    firm = Firm()
    firm.dataset("db", "buyers").field("db", "buyers", "email", "email")
    for name, value in facts.items():
        firm.fact("db", name, value)
    return firm


def log(**facts: Any) -> Firm:
    """A log without anything personal, and facts about it."""
    firm = Firm()
    firm.dataset("logs", "app.log", "log").field("logs", "app.log", "level")
    for name, value in facts.items():
        firm.fact("logs/app.log", name, value)
    return firm


def worded(name: str, *, kind: str = "", subject: str = "", start: Callable[[], Firm] = db) -> list[Case]:
    """A person's word: valid, said not to be so, expired, absent; and, where two persons are asked for, approved by its author."""
    params = requirement_of(name).params
    scoped = params.get("scope") == "logs"
    kind, subject, start = kind or str(params["kind"]), subject or ("logs" if scoped else "company"), log if scoped else start
    old = {"at": float(params.get("period_days", 400)) + 2, "until": -5000}

    def said(**more: Any) -> Company:
        return start().attest(kind, subject, **more)

    cases = [(PASS, said()), (FAIL, said(met=False)), (STALE, said(**old)), (STALE, said(at=9, until=1)), (UNKNOWN, start()), (UNKNOWN, said(at=-2))]
    if params.get("segregation"):
        cases += [(UNKNOWN, said(approver="")), (UNKNOWN, said(approver=" lead"))]
    return cases


def retention() -> list[Case]:
    held = shop(delivered_at=[iso(40), iso(50), None])
    held.attest("legal_hold", "db", statement="Commercial code, section 257")
    over = shop(delivered_at=[iso(40), iso(50), None])
    over.attest("legal_hold", "db", at=90, until=1, statement="Commercial code, section 257")
    by_shipment = shop(shipped_at=[iso(40), iso(2), None])
    late, timely, undated = ([iso(40), iso(2), None], [iso(5), iso(2), None], [None, iso(2), None])
    return [
        (PASS, shop(delivered_at=timely)), (FAIL, shop(delivered_at=late)), (UNKNOWN, shop(delivered_at=undated)), (UNKNOWN, shop()),
        (PASS, held), (FAIL, over), (FAIL, by_shipment),
    ]  # fmt: skip


def origin() -> list[Case]:
    filled = pd.DataFrame({"email": ["a@example.com"] * 4, "origin": ["amazon"] * 4})
    half = filled.assign(origin=["amazon", "", None, "amazon"])

    def with_rows(rows: pd.DataFrame) -> Firm:
        firm = Firm()
        firm.dataset("db", "buyers", rows=rows).field("db", "buyers", "email", "email").field("db", "buyers", "origin")
        return firm

    unread = db()
    unread.field("db", "buyers", "origin")
    return [
        (PASS, db(origin_tag="amazon")), (PASS, with_rows(filled)), (PASS, db().attest("separate_store", "db")), (FAIL, db()),
        (FAIL, with_rows(half)), (UNKNOWN, unread), (STALE, db().attest("separate_store", "db", at=90, until=1)),
    ]  # fmt: skip


def ropa() -> list[Case]:
    declared, other = db(), db()
    declared.declared["ropa"] = record_of("db/buyers#*")
    other.declared["ropa"] = record_of("db/orders#*")
    old = db()
    old.datasets[0]["scanned_at"] = days(90)
    old.declared["ropa"] = declared.declared["ropa"]
    unseen = Firm()
    unseen.source("db")
    return [(PASS, declared), (FAIL, other), (FAIL, db()), (STALE, old), (UNKNOWN, unseen)]


def staging() -> list[Case]:
    def store(category: str | None) -> Firm:
        firm = Firm()
        firm.source("test", environment=Environment.TEST).dataset("test", "buyers").field("test", "buyers", "email", category)
        return firm

    return [
        (PASS, store(None)), (FAIL, store("email")), (PASS, store("email").attest("synthetic_data", "test")), (UNKNOWN, db()),
        (STALE, store("email").attest("synthetic_data", "test", at=90, until=1)),
    ]  # fmt: skip


def logs() -> list[Case]:
    seen, unseen, old = log(), Firm(), log()
    seen.field("logs", "app.log", "remote", "ip")
    unseen.source("logs", "logs://x")
    old.datasets[0]["scanned_at"] = days(90)
    return [(PASS, log()), (FAIL, seen), (UNKNOWN, unseen), (STALE, old)]


def secrets() -> list[Case]:
    seen, unseen, old = log(), Firm(), log()
    seen.field("logs", "app.log", "msg", "credential")
    unseen.source("logs", "logs://x")
    old.datasets[0]["scanned_at"] = days(90)
    return [(PASS, log()), (FAIL, seen), (UNKNOWN, unseen), (STALE, old)]


RULES = {"min_length": 14, "classes": 4, "forbids_name": True, "min_age_days": 1, "max_age_days": 90, "history": 24}
SEALED, OPEN_ROLE = {"layer": "volume", "algorithm": "AES-256"}, [{"grantee": "PUBLIC", "privilege": "SELECT"}]
NARROW = [{"grantee": "shop_app", "privilege": "SELECT"}]
TLS = {"transit": "tls", "tls_version": "TLSv1.3", "tls_enforced": True, "certificate_expires": iso(-90)}
ADA, BO = Account("ada"), Account("bo", active=False)
LEFT, KEPT = Leaver("eve", days(20), disabled_at=days(19.5)), Leaver("eve", days(20), disabled_at=days(15))
FILED = Incident("INC-1", days(60), "theft", "high", True, days(59.5), measures=True, post_mortem_at=days(40), handovers=2)
PARTNER = Subcontractor("Parcel Post", access_since=days(500), first_assessed_at=days(510), assessed_at=days(100), result="passed")
HOLE = Vulnerability("CVE-2026-1", "critical", "openssl")


def vendors(row: Subcontractor, **more: Any) -> Firm:
    firm = db().imported("subcontractors", row, **more)
    firm.declared["ropa"] = {"activities": [{"shared": [{"recipient": "Parcel Post"}]}]}
    return firm


def _scans(age: float, found: Sequence[Vulnerability] = (), seen: float | None = None) -> Firm:
    return db().imported("vulnerabilities", *found, age=age, seen=seen, scanner="trivy", target="shop")


def _release(scanned: float | None) -> Firm:
    firm = db().imported("changes", Change("CHG-1", days(10), "release", False, "1.4.2"))
    return firm if scanned is None else firm.imported("vulnerabilities", age=scanned, scanner="trivy", target="shop", release="1.4.2")


def _plan(changed: float | None) -> Company:
    firm = db() if changed is None else db().imported("changes", Change("CHG-1", days(changed), "migration", True))
    return firm.attest("incident_plan", "company", at=60)


def _asked(**more: Any) -> Firm:
    """A request of 70 days ago, deleted 50 days ago, its copies 20 days ago."""
    told = {"requested_at": days(70), "deleted_at": days(50), "copies_deleted_at": days(20), "rows_left": 0, **more}
    return db().imported("deletions", Deletion("DEL-1", **told))


def _approved(approval: str, age: float = 1) -> Firm:
    return db().imported("changes", Change("CHG-1", days(10), approval=approval), age=age)


def _device(age: float = 1, **more: Any) -> Firm:
    return db().imported("assets", Asset("laptop-7", "device", **more), age=age)


def _chain(*problems: str) -> Firm:
    firm = db()
    firm.declared["chain"] = lambda: {"entries": 7, "since": "2025-01-01", "problems": problems}
    return firm


MEASURED: dict[str, Callable[[], list[Case]]] = {
    "1.1.a": lambda: [
        (PASS, db(public_access=False)), (FAIL, db(open_to_world=["0.0.0.0/0 to 5432"])), *worded("1.1.a", kind="public_access", subject="db"),
    ],
    "1.1.b": lambda: [
        (PASS, db(intrusion_detection=True).attest("network_monitoring", "company")), (FAIL, db(intrusion_detection=False)),
        (UNKNOWN, db(intrusion_detection=True)), *worded("1.1.b"),
    ],
    "1.2.a": lambda: [(PASS, db(accounts=["ann"])), (FAIL, db(accounts=["ann", "admin"])), *worded("1.2.a", kind="unique_accounts", subject="db")],
    "1.2.b": lambda: [
        (PASS, db(accounts=["ada"]).imported("approved", ADA)), (FAIL, db(accounts=["ada", "eve"]).imported("approved", ADA)),
        (FAIL, db(accounts=["bo"]).imported("approved", BO)), (STALE, db(accounts=["ada"]).imported("approved", ADA, age=120)),
        (UNKNOWN, db().imported("approved", ADA)), *worded("1.2.b"),
    ],
    "1.2.c": lambda: [
        (PASS, db(lockout={"max_attempts": 10})), (FAIL, db(lockout={"max_attempts": None})), (UNKNOWN, db(password_policy={"min_length": 12})),
        *worded("1.2.c", kind="password_policy"),
    ],
    "1.2.e": lambda: [
        (PASS, db(accounts=["ada"]).imported("leavers", LEFT)), (FAIL, db(accounts=["ada"]).imported("leavers", KEPT)),
        (FAIL, db(accounts=["eve"]).imported("leavers", LEFT)), (STALE, db(accounts=["ada"]).imported("leavers", age=120)), *worded("1.2.e"),
    ],
    "1.3.a": lambda: [
        (PASS, db(grants=NARROW).attest("role_reasons", "db")), (FAIL, db(grants=OPEN_ROLE)), (UNKNOWN, db(grants=NARROW)),
        (STALE, db(grants=NARROW).attest("role_reasons", "db", at=100)), (UNKNOWN, db()),
    ],
    "1.4.a": lambda: [
        (PASS, db(password_policy=RULES)), (FAIL, db(password_policy={**RULES, "min_length": 8})), (UNKNOWN, db(password_policy={"min_length": 12})),
        *worded("1.4.a", kind="password_policy"),
    ],
    "1.4.b": lambda: [
        (PASS, db(password_policy={"mfa": True})), (FAIL, db(password_policy={"mfa": False})), *worded("1.4.b", kind="password_policy"),
    ],
    "1.4.d": lambda: [
        (PASS, db(api_key_age_days=364).attest("api_key_rotation", "company")), (FAIL, db(api_key_age_days=366)),
        (UNKNOWN, db(api_key_age_days=364)), *worded("1.4.d"),
    ],
    "1.5.a": lambda: [
        (PASS, db(**TLS)), (FAIL, db(transit="plain")), (FAIL, db(**{**TLS, "tls_version": "TLSv1.1"})),
        (FAIL, db(**{**TLS, "certificate_expires": iso(1)})),
        (UNKNOWN, db(transit="tls")), *worded("1.5.a", kind="encryption_in_transit", subject="db"),
    ],
    "1.6.b": lambda: [(PASS, _plan(90)), (FAIL, _plan(50)), *worded("1.6.b")],
    "1.6.c": lambda: [
        (PASS, db().imported("incidents", FILED)), (FAIL, db().imported("incidents", replace(FILED, notified_at=days(58)))),
        (FAIL, db().imported("incidents", replace(FILED, notified_at=None))), (STALE, db().imported("incidents", age=200)), *worded("1.6.c"),
    ],
    "1.6.d": lambda: [
        (PASS, db().imported("incidents", FILED)), (FAIL, db().imported("incidents", replace(FILED, post_mortem_at=None))),
        (FAIL, db().imported("incidents", replace(FILED, breaks=("a handover is missing",)))), *worded("1.6.d"),
    ],
    "1.6.e": lambda: [
        (PASS, db().imported("contacts", Contact("Desk", ways=("email",), checked_at=days(30)))), (FAIL, db().imported("contacts", Contact("Desk"))),
        (STALE, db().imported("contacts", Contact("Desk", ways=("email",), checked_at=days(200)))), *worded("1.6.e"),
    ],
    "1.7.a": lambda: [
        (PASS, db().fact("db/buyers", "oldest_row", iso(100))), (FAIL, db().fact("db/buyers", "oldest_row", iso(600))),
        *worded("1.7.a", kind="data_age"),
    ],
    "1.7.b": lambda: [
        (PASS, _asked()), (PASS, db().imported("deletions")), (FAIL, _asked(deleted_at=days(39))), (FAIL, _asked(deleted_at=None)),
        (FAIL, _asked(copies_deleted_at=None, requested_at=days(95), deleted_at=days(80))), (FAIL, _asked(rows_left=3)),
        (FAIL, _asked(emptied=("db",))),
        (UNKNOWN, _asked(rows_left=None)), (PASS, _asked(deleted_at=None, held_under="tax code")), (STALE, db().imported("deletions", age=100)),
        *worded("1.7.b"),
    ],
    "1.7.d": lambda: [
        (PASS, _asked(certificate_asked=True, certified_at=days(45))), (PASS, _asked()), (FAIL, _asked(certificate_asked=True)),
        (STALE, db().imported("deletions", age=400)), *worded("1.7.d"),
    ],
    "1.8.a": origin,
    "2.1.a": retention,
    "2.2.a": ropa,
    "2.3.a": lambda: [
        (PASS, db().imported("assets", Asset("db-1", source="db"))), (FAIL, db().imported("assets", Asset("laptop"))),
        (STALE, db().imported("assets", Asset("db-1", source="db"), age=120)), *worded("2.3.a"),
    ],
    "2.3.b": lambda: [
        (PASS, _device(patched_at=days(31))), (FAIL, _device(patched_at=days(33))), (UNKNOWN, _device()), (STALE, _device(40, patched_at=days(20))),
        (UNKNOWN, db().imported("assets", Asset("openssl", "software"))), *worded("2.3.b"),
    ],
    "2.3.c": lambda: [
        (PASS, _approved("separate")), (FAIL, _approved("tested and approved by the same person")), (FAIL, _approved("no approver")),
        (UNKNOWN, _approved("")), (STALE, _approved("separate", age=200)), *worded("2.3.c"),
    ],
    "2.3.d": lambda: [(PASS, db(public_access=False)), (FAIL, db(public_access=True)), *worded("2.3.d", kind="public_access", subject="db")],
    "2.3.g": lambda: [
        (PASS, _device(encrypted=True).attest("media_encryption", "company")), (FAIL, _device(encrypted=False)), (UNKNOWN, _device(encrypted=True)),
        *worded("2.3.g"),
    ],
    "2.4.a": lambda: [
        (PASS, db(encrypted_at_rest=SEALED)), (FAIL, db(encrypted_at_rest={"layer": "file", "algorithm": "none"})),
        (FAIL, db(encrypted_at_rest={"layer": "field", "algorithm": "DES"})), *worded("2.4.a", kind="encryption_at_rest", subject="db"),
    ],
    "2.4.b": lambda: [
        (PASS, db(key_rotation_days=90)), (FAIL, db(key_rotation_days=900)), (FAIL, db(key_rotation=False)), *worded("2.4.b", kind="key_management"),
    ],
    "2.5.a": secrets,
    "2.5.c": staging,
    "2.6.a": logs,
    "2.6.b": lambda: [
        (PASS, log(retention_days=400)), (FAIL, log(retention_days=30)), (UNKNOWN, log(oldest_event=iso(20))),
        *worded("2.6.b", kind="log_retention", subject="logs", start=log),
    ],
    "2.6.c": lambda: [
        (PASS, log(event_fields=["ts", "level", "user", "event"])), (FAIL, log(event_fields=["ts", "message"])),
        *worded("2.6.c", kind="log_content", subject="logs", start=log),
    ],
    "2.6.h": lambda: [
        (PASS, db(audit_trail=True).attest("logging_channels", "company")), (FAIL, db(audit_trail=False)), (UNKNOWN, db(audit_trail=True)),
        *worded("2.6.h"),
    ],
    "2.7.b": lambda: [(PASS, _scans(20)), (STALE, _scans(40)), *worded("2.7.b")],
    "2.7.c": lambda: [(PASS, _release(11)), (FAIL, _release(None)), (FAIL, _release(2)), *worded("2.7.c")],
    "2.7.e": lambda: [
        (PASS, _scans(1)), (PASS, _scans(1, [HOLE], seen=6)), (FAIL, _scans(1, [HOLE], seen=8)), (STALE, _scans(40)), *worded("2.7.e"),
    ],
    "2.8.a": lambda: [
        (PASS, vendors(PARTNER)), (FAIL, vendors(replace(PARTNER, assessed_at=days(400)))), (FAIL, vendors(replace(PARTNER, name="Other"))),
        (FAIL, vendors(replace(PARTNER, first_assessed_at=days(450)))), (STALE, vendors(PARTNER, age=400)), *worded("2.8.a"),
    ],
    "3.a": lambda: [
        (PASS, _chain().attest("audit_records", "company")), (FAIL, _chain("entry 3 was changed")),
        (FAIL, _chain("entry 3 was changed").attest("audit_records", "company")), (UNKNOWN, db()), *worded("3.a", start=_chain),
    ],
}  # fmt: skip
"""Requirements that are measured; all others are a person's word."""


def cases(need: Requirement) -> list[Case]:
    """Raises KeyError for a requirement that nobody wrote cases for."""
    return worded(need.id) if need.control == "attested" else MEASURED[need.id]()
