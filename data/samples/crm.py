"""The CRM: customers whose name is an e-mail, notes full of everything (crm.db), and one without persons (crm_clean.db)."""

from __future__ import annotations

from pathlib import Path

from invent import CARDS, PRODUCTS, Inventor, iso
from ledger import Ledger
from orders import Order, close, database, write_table

_NOTES = [
    "Called back on {phone}, wants the parcel left with the neighbour. Reply to {email}.",
    "{name} moved, new address: {line1}, {city} {postal}. Please correct the open order {order}.",
    "Refund asked for {order}; card {card} was charged twice.",
    "Spoke to {name} about the frayed {product}; replacement on its way.",
    "Promised a voucher. {first} prefers e-mail ({email}) to the telephone.",
    "Order {order}: carrier lost the parcel, reshipped today, tracking {tracking}.",
    "Bulk price for {product} agreed until the end of the quarter.",
]
_SUBJECTS = ["Where is my order?", "Wrong size", "Invoice please", "Cancel before shipping", "Damaged in transit"]


def write_crm(path: Path, inventor: Inventor, orders: list[Order], ledger: Ledger) -> None:
    r = inventor.random
    db = database(path)
    buyers = orders[:140]
    # An import from the marketplace knew no name and put the relay address there: PII in disguise.
    write_table(
        db, "customers", "id INTEGER PRIMARY KEY, name TEXT, telephone TEXT, segment TEXT, created_at TEXT, last_order TEXT",
        ((n, o.buyer.relay if n % 6 else o.buyer.email, o.buyer.phone if n % 3 else None, r.choice(["retail", "trade"]), iso(o.purchased), o.id)
         for n, o in enumerate(buyers, 1)),
    )  # fmt: skip
    notes = []
    for n in range(1, 221):
        o = r.choice(buyers)
        b = o.buyer
        text = r.choice(_NOTES).format(
            phone=b.phone, email=b.email, name=b.name, first=b.first, line1=b.line1, city=b.city, postal=b.postal, order=o.id,
            card=r.choice(CARDS), product=o.title, tracking=inventor.tracking(),
        )  # fmt: skip
        notes.append((n, buyers.index(o) + 1, text, iso(inventor.ago(1, 200))))
    write_table(db, "notes", "id INTEGER PRIMARY KEY, customer_id INTEGER, note TEXT, written_at TEXT", notes)
    tickets = []
    for n in range(1, 91):
        o = r.choice(buyers)
        body = f"Hello, I am {o.buyer.name} and my order {o.id} has not come. Please write to {o.buyer.email}. Thanks, {o.buyer.first}"
        tickets.append((n, r.choice(_SUBJECTS), body, r.choice(["open", "closed"]), o.buyer.email, iso(inventor.ago(1, 90))))
    columns = "ticket_id INTEGER PRIMARY KEY, subject TEXT, body TEXT, state TEXT, requester TEXT, opened_at TEXT"
    write_table(db, "tickets", columns, tickets)
    close(db)

    ledger.personal("crm", "customers", name="email", telephone="phone")
    ledger.clean("crm", "customers", "id", "segment", "created_at", "last_order")
    ledger.personal("crm", "notes", note="free_text|name|email|phone|address|payment")
    ledger.clean("crm", "notes", "id", "written_at")
    ledger.personal("crm", "tickets", body="free_text|name|email", requester="email")
    ledger.clean("crm", "tickets", "ticket_id", "subject", "state", "opened_at")
    ledger.violation("crm-undeclared", "2.2", "ropa_complete", "crm/notes", "notes that the record of processing does not know")
    ledger.violation("crm-plain", "2.4", "encryption_at_rest", "crm", "a plain-text database file with personal data")
    ledger.violation("crm-untagged", "1.8", "data_attribution", "crm/customers", "relay addresses of Amazon buyers without a tag of their origin")
    ledger.unknown("crm-undated", "2.1", "pii_retention", "crm/customers", "buyers of Amazon with no date of delivery")
    ledger.unknown("crm-notes-undated", "2.1", "pii_retention", "crm/notes", "notes on buyers with no date of delivery")


def write_crm_clean(path: Path, inventor: Inventor, ledger: Ledger) -> None:
    """Accounts as numbers, plans and counts: no person in it, though columns are called `name` and `title`."""
    r = inventor.random
    db = database(path)
    write_table(
        db, "accounts", "account_no TEXT PRIMARY KEY, plan_name TEXT, seats INTEGER, renewal_month TEXT, health TEXT, monthly_orders INTEGER",
        ((f"AC-{inventor.digits(6)}", r.choice(["Starter", "Growth", "Scale"]), r.randint(1, 40), f"2027-{r.randint(1, 12):02}",
          r.choice(["green", "amber", "red"]), r.randint(10, 9000)) for _ in range(80)),
    )  # fmt: skip
    write_table(
        db, "products", "sku TEXT PRIMARY KEY, name TEXT, title TEXT, ean TEXT, price TEXT, stock INTEGER",
        ((f"{inventor.sku()}-{n}", p, f"{p} for sailing, climbing and the garden", _ean(inventor), f"{r.randint(5, 90)}.99", r.randint(0, 500))
         for n, p in enumerate(PRODUCTS * 4)),
    )  # fmt: skip
    write_table(
        db, "ticket_counts", "day TEXT PRIMARY KEY, opened INTEGER, closed INTEGER, first_reply_minutes REAL",
        ((f"2026-10-{d:02}", r.randint(0, 30), r.randint(0, 30), round(r.uniform(2, 90), 1)) for d in range(1, 32)),
    )  # fmt: skip
    close(db)
    ledger.clean("crm-clean", "accounts", "account_no", "plan_name", "seats", "renewal_month", "health", "monthly_orders")
    ledger.clean("crm-clean", "products", "sku", "name", "title", "ean", "price", "stock")
    ledger.clean("crm-clean", "ticket_counts", "day", "opened", "closed", "first_reply_minutes")


def _ean(inventor: Inventor) -> str:
    body = "40" + inventor.digits(10)
    check = -sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10
    return f"{body}{check}"
