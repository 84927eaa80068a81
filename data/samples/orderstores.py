"""The order databases: what breaks the policy (orders.db, staging.db) and what keeps it (orders_sealed.db, orders_fresh.db)."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from invent import Inventor, iso
from ledger import Ledger
from orders import ORIGIN, V0_CLEAN, Order, close, database, invent_orders, label, v0_json, v0_personal, write_table

_ADDRESS_JSON = {"name": "name", "addressLine1": "address", "city": "address", "postalCode": "postal_code", "phone": "phone"}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


_ORDERS = """amazon_order_id TEXT PRIMARY KEY, purchase_date TEXT, last_update_date TEXT, order_status TEXT, fulfillment_channel TEXT,
 sales_channel TEXT, ship_service_level TEXT, marketplace_id TEXT, order_total_currency TEXT, order_total_amount TEXT,
 number_of_items_shipped INTEGER, earliest_ship_date TEXT, latest_delivery_date TEXT, is_prime INTEGER, shipped_at TEXT, delivered_at TEXT"""
_CLEAN_ORDERS = [
    "amazon_order_id",
    "purchase_date",
    "last_update_date",
    "order_status",
    "fulfillment_channel",
    "ship_service_level",
    "marketplace_id",
    "order_total_currency",
    "order_total_amount",
    "number_of_items_shipped",
    "earliest_ship_date",
    "latest_delivery_date",
    "is_prime",
    "shipped_at",
    "delivered_at",
]
_ADDRESSES = """amazon_order_id TEXT PRIMARY KEY, name TEXT, address_line1 TEXT, city TEXT, state_or_region TEXT, postal_code TEXT,
 country_code TEXT, phone TEXT, shipped_at TEXT, delivered_at TEXT, origin TEXT"""
_ITEMS = """order_item_id TEXT PRIMARY KEY, amazon_order_id TEXT, asin TEXT, seller_sku TEXT, title TEXT, quantity_ordered INTEGER,
 item_price_amount TEXT, gift_message_text TEXT, delivered_at TEXT, origin TEXT"""


def _order_row(o: Order) -> tuple[Any, ...]:
    status = "Shipped" if o.shipped else "Unshipped"
    return (
        o.id, iso(o.purchased), iso(o.purchased + timedelta(days=1)), status, "MFN", "Amazon.com", "Standard", "ATVPDKIKX0DER", "USD", o.amount,
        o.quantity, iso(o.purchased + timedelta(hours=6)), iso(o.promise), o.quantity % 2, _time(o.shipped), _time(o.delivered),
    )  # fmt: skip


def _address(o: Order) -> tuple[str | None, ...]:
    b = o.buyer
    return (b.name, b.line1, b.city, b.state, b.postal, b.country, b.phone)


def write_orders(path: Path, inventor: Inventor, ledger: Ledger) -> list[Order]:
    """orders.db: readable, kept too long, half tagged."""
    as_of = inventor.as_of
    orders = invent_orders(inventor, 260, oldest=120, undated=0.1)
    recent = invent_orders(inventor, 160, oldest=100)
    db = database(path)
    write_table(db, "orders", _ORDERS, map(_order_row, orders))
    write_table(db, "order_addresses", _ADDRESSES, ((o.id, *_address(o), _time(o.shipped), _time(o.delivered), ORIGIN) for o in orders))
    write_table(
        db, "order_buyer_info",
        "amazon_order_id TEXT PRIMARY KEY, buyer_email TEXT, buyer_name TEXT, buyer_county TEXT, latest_delivery_date TEXT",
        ((o.id, o.buyer.relay, o.buyer.name, None, iso(o.promise)) for o in orders),
    )  # fmt: skip
    write_table(
        db, "order_items", _ITEMS,
        ((inventor.digits(14), o.id, o.asin, o.sku, o.title, o.quantity, o.amount, o.gift, _time(o.delivered), ORIGIN) for o in orders),
    )  # fmt: skip
    write_table(
        db, "orders_2026",
        "orderId TEXT PRIMARY KEY, createdTime TEXT, programs TEXT, buyerName TEXT, buyerEmail TEXT, recipient TEXT, packages TEXT,"
        " deliveredAt TEXT, origin TEXT",
        ((
            o.id, o.purchased.strftime("%Y-%m-%dT%H:%M:%S.250Z"), '["PRIME"]', o.buyer.name, o.buyer.relay,
            json.dumps({"deliveryAddress": {
                "name": o.buyer.name, "addressLine1": o.buyer.line1, "city": o.buyer.city, "stateOrRegion": o.buyer.state,
                "postalCode": o.buyer.postal, "countryCode": o.buyer.country, "phone": o.buyer.phone}}, ensure_ascii=False),
            json.dumps([{"packageReferenceId": str(n), "shipTime": _time(o.shipped), "packageStatus": {"status": "DELIVERED"},
                         "trackingNumber": inventor.tracking()}]),
            o.delivered and o.delivered.strftime("%Y-%m-%d %H:%M:%S"), ORIGIN if n % 5 else None,
        ) for n, o in enumerate(recent)),
    )  # fmt: skip
    write_table(
        db, "orders_raw", "id INTEGER PRIMARY KEY, received_at TEXT, details TEXT",
        ((n, iso(o.purchased), json.dumps(v0_json(o), ensure_ascii=False)) for n, o in enumerate(orders[:150], 1)),
    )  # fmt: skip
    write_table(
        db, "shipping_labels", "shipment_id TEXT PRIMARY KEY, amazon_order_id TEXT, tracking_id TEXT, label TEXT, delivered_at TEXT, origin TEXT",
        ((f"FBA{inventor.token(9).upper()}", o.id, inventor.tracking(), label(o), _time(o.delivered), ORIGIN) for o in recent[:60]),
    )  # fmt: skip
    write_table(
        db, "newsletter", "id INTEGER PRIMARY KEY, full_name TEXT, email TEXT, mobile TEXT, subscribed_on TEXT",
        ((n, o.buyer.name, o.buyer.relay if n % 2 else o.buyer.email, o.buyer.phone, o.purchased.date().isoformat())
         for n, o in enumerate(orders[:120], 1)),
    )  # fmt: skip
    db.execute(
        'CREATE VIEW "Customer Export" AS SELECT a.name AS "Buyer Name", b.buyer_email AS "e-mail, private", a.postal_code AS "ZIP/Postcode",'
        ' a.delivered_at AS "delivered at" FROM order_addresses a JOIN order_buyer_info b USING (amazon_order_id)'
    )
    db.execute("CREATE INDEX idx_orders_status ON orders (order_status)")
    close(db)

    s = "orders"
    ledger.clean(s, "orders", *_CLEAN_ORDERS)
    ledger.personal(s, "order_addresses", name="name", address_line1="address", postal_code="postal_code", phone="phone", city="address")
    ledger.clean(s, "order_addresses", "amazon_order_id", "shipped_at", "delivered_at", "origin")
    ledger.personal(s, "order_buyer_info", buyer_email="email", buyer_name="name")
    ledger.clean(s, "order_buyer_info", "amazon_order_id", "latest_delivery_date")
    ledger.personal(s, "order_items", gift_message_text="gift_message|free_text|name")
    ledger.clean(s, "order_items", "order_item_id", "amazon_order_id", "asin", "seller_sku", "title", "quantity_ordered", "item_price_amount")
    ledger.personal(s, "orders_2026", buyerName="name", buyerEmail="email")
    ledger.personal_paths(s, "orders_2026", {f"recipient.deliveryAddress.{k}": v for k, v in _ADDRESS_JSON.items()})
    ledger.clean(s, "orders_2026", "orderId", "createdTime", "deliveredAt", "origin", "packages[].trackingNumber", "packages[].shipTime")
    ledger.personal_paths(s, "orders_raw", v0_personal("details."))
    ledger.clean(s, "orders_raw", "id", "received_at", *(f"details.{p}" for p in V0_CLEAN))
    ledger.personal(s, "shipping_labels", **{"label*": "address|name|phone|free_text"})
    ledger.clean(s, "shipping_labels", "shipment_id", "amazon_order_id", "tracking_id", "delivered_at")
    ledger.personal(s, "newsletter", full_name="name", email="email", mobile="phone")
    ledger.clean(s, "newsletter", "id", "subscribed_on")
    ledger.personal_paths(s, "Customer Export", {"Buyer Name": "name", "e-mail, private": "email", "ZIP/Postcode": "postal_code"})
    ledger.clean(s, "Customer Export", "delivered at")

    late = sum(o.overdue(as_of) for o in orders)
    shipped = sum(o.overdue_by_shipment(as_of) for o in orders)
    retention = "2.1", "pii_retention"
    ledger.violation("orders-addresses-late", *retention, f"{s}/order_addresses", "addresses kept over 30 days after delivery", late, late + shipped)
    gifts = [o for o in orders if o.gift]
    late = sum(o.overdue(as_of) for o in gifts)
    ledger.violation("orders-gifts-late", *retention, f"{s}/order_items", "gift messages kept over 30 days after delivery", late)
    late = sum(o.overdue(as_of) for o in recent)
    ledger.violation("orders-2026-late", *retention, f"{s}/orders_2026", "buyer and recipient kept over 30 days after delivery", late)
    late = sum(o.overdue(as_of) for o in recent[:60])
    ledger.violation("orders-labels-late", *retention, f"{s}/shipping_labels", "label images kept over 30 days after delivery", late)
    ledger.unknown("orders-buyers-undated", *retention, f"{s}/order_buyer_info", "only a promise window, which is not a delivery")
    ledger.unknown("orders-raw-undated", *retention, f"{s}/orders_raw", "whole order JSON; the API tells no delivery time")
    ledger.unknown("newsletter-undated", *retention, f"{s}/newsletter", "buyers' addresses copied with no date of delivery")
    ledger.violation("newsletter-undeclared", "2.2", "ropa_complete", f"{s}/newsletter", "a use that the record of processing does not know")
    ledger.violation("orders-plain", "2.4", "encryption_at_rest", s, "a plain-text database file with personal data")
    for table in ("order_buyer_info", "orders_raw", "newsletter"):
        ledger.violation(f"{table}-untagged", "1.8", "data_attribution", f"{s}/{table}", "Amazon data without a tag of its origin")
    share = sum(1 for n in range(len(recent)) if n % 5 == 0)
    ledger.violation("orders-2026-half-tagged", "1.8", "data_attribution", f"{s}/orders_2026", "a fifth of the rows has no origin", share)
    ledger.passing("data_attribution", f"{s}/order_addresses", "every row names its origin")
    return orders


def write_staging(path: Path, inventor: Inventor, orders: list[Order], ledger: Ledger) -> None:
    """staging.db: the test environment, filled with a dump of production."""
    db = database(path)
    rows = ((n, o.id, o.buyer.name, o.buyer.relay, o.buyer.phone, o.buyer.line1, _time(o.delivered)) for n, o in enumerate(orders[:90], 1))
    columns = "id INTEGER PRIMARY KEY, order_ref TEXT, buyer_name TEXT, buyer_email TEXT, phone TEXT, street TEXT, delivered_at TEXT"
    write_table(db, "buyers", columns, rows)
    write_table(
        db, "feature_flags", "name TEXT, enabled INTEGER, rollout INTEGER", [("new_checkout", 1, 50), ("bulk_labels", 0, 0), ("dark_mode", 1, 100)]
    )
    close(db)
    ledger.personal("staging", "buyers", buyer_name="name", buyer_email="email", phone="phone", street="address")
    ledger.clean("staging", "buyers", "id", "order_ref", "delivered_at")
    ledger.clean("staging", "feature_flags", "name", "enabled", "rollout")
    late = sum(o.overdue(inventor.as_of) for o in orders[:90])
    ledger.violation("staging-late", "2.1", "pii_retention", "staging/buyers", "a dump of production kept in the test environment", late)
    ledger.violation("staging-plain", "2.4", "encryption_at_rest", "staging", "a plain-text database file with personal data")
    ledger.violation("staging-production", "2.5", "production_pii_in_test", "staging/buyers", "buyers of production in a test store")
    ledger.violation("staging-undeclared", "2.2", "ropa_complete", "staging/buyers", "a copy that the record of processing does not know")
    ledger.violation("staging-untagged", "1.8", "data_attribution", "staging/buyers", "Amazon data without a tag of its origin")


def write_sealed(path: Path, inventor: Inventor, ledger: Ledger) -> None:
    """orders_sealed.db: personal columns are AES-256-GCM tokens, erased 30 days after delivery, all rows tagged."""
    # The key and the nonces come from the seed so that the sample is reproducible; nothing real may do so.
    key = inventor.random.randbytes(32)

    def seal(value: str | None, order: Order) -> str | None:
        if value is None:
            return None
        nonce = inventor.random.randbytes(12)
        token = nonce + AESGCM(key).encrypt(nonce, value.encode(), order.id.encode())
        return "v1:k2026-07:" + base64.b64encode(token).decode()

    orders = invent_orders(inventor, 120, oldest=90)
    kept = {o.id: not o.overdue(inventor.as_of) for o in orders}
    db = database(path)
    write_table(db, "orders", _ORDERS + ", origin TEXT", ((*_order_row(o), ORIGIN) for o in orders))
    write_table(
        db, "order_addresses", _ADDRESSES,
        ((o.id, *(seal(v, o) if kept[o.id] else None for v in _address(o)), _time(o.shipped), _time(o.delivered), ORIGIN) for o in orders),
    )  # fmt: skip
    write_table(
        db, "order_buyer_info", "amazon_order_id TEXT PRIMARY KEY, buyer_email TEXT, buyer_name TEXT, delivered_at TEXT, origin TEXT",
        ((o.id, *(seal(v, o) if kept[o.id] else None for v in (o.buyer.relay, o.buyer.name)), _time(o.delivered), ORIGIN) for o in orders),
    )  # fmt: skip
    close(db)
    ledger.clean("orders-sealed", "orders", *_CLEAN_ORDERS, "origin")
    ledger.clean("orders-sealed", "order_addresses", "amazon_order_id", "shipped_at", "delivered_at", "origin")


def write_fresh(path: Path, inventor: Inventor, ledger: Ledger) -> None:
    """orders_fresh.db: readable, on a volume whose encryption is attested; only buyers of the last 30 days. Its trap: promises long past."""
    orders = invent_orders(inventor, 100, oldest=29.9, late_promise=True)
    old = [o for o in invent_orders(inventor, 80, oldest=200) if o.overdue(inventor.as_of)]
    db = database(path)
    write_table(db, "orders", _ORDERS + ", origin TEXT", ((*_order_row(o), ORIGIN) for o in orders + old))
    erased = ((o.id, *([None] * 7), _time(o.shipped), _time(o.delivered), ORIGIN) for o in old)
    fresh = ((o.id, *_address(o), _time(o.shipped), _time(o.delivered), ORIGIN) for o in orders)
    write_table(db, "order_addresses", _ADDRESSES, (*fresh, *erased))
    write_table(
        db, "order_items", _ITEMS,
        ((inventor.digits(14), o.id, o.asin, o.sku, o.title, o.quantity, o.amount, o.gift if o in orders else None, _time(o.delivered), ORIGIN)
         for o in orders + old),
    )  # fmt: skip
    close(db)
    s = "orders-fresh"
    ledger.clean(s, "orders", *_CLEAN_ORDERS, "origin")
    ledger.personal(s, "order_addresses", name="name", address_line1="address", postal_code="postal_code", phone="phone", city="address")
    ledger.personal(s, "order_items", gift_message_text="gift_message|free_text|name")
    ledger.clean(s, "order_addresses", "amazon_order_id", "shipped_at", "delivered_at", "origin")
    ledger.clean(s, "order_items", "order_item_id", "asin", "seller_sku", "title", "quantity_ordered")
    ledger.passing("pii_retention", f"{s}/order_addresses", "buyers of the last 30 days; older rows are erased")
    ledger.passing("data_attribution", f"{s}/order_addresses", "every row names its origin")
    ledger.passing("ropa_complete", f"{s}/order_addresses", "all of it is declared")
    ledger.passing("encryption_at_rest", s, "an unexpired attestation of volume encryption")
