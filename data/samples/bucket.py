"""The bucket: reports, exports, archives as folders of files, one that breaks the policy and one that keeps it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from invent import PRODUCTS, Inventor, iso
from ledger import Ledger
from orders import ORIGIN, V0_CLEAN, Order, invent_orders, label, packed, v0_json, v0_personal

_REPORT = [
    "order-id",
    "order-item-id",
    "purchase-date",
    "buyer-email",
    "buyer-name",
    "buyer-phone-number",
    "sku",
    "product-name",
    "quantity-purchased",
    "recipient-name",
    "ship-address-1",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "delivered-at",
]
_EPOCH = (1980, 1, 1, 0, 0, 0)


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def json_lines(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def put(path: Path, data: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def xlsx(sheets: dict[str, list[Sequence[Any]]]) -> bytes:
    """A workbook; times inside are fixed, so that the same rows are the same bytes."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    written, fixed = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            data = re.sub(rb">\d{4}-\d\d-\d\dT[\d:]+Z<", b">2026-11-20T12:00:00Z<", old.read(name)) if name == "docProps/core.xml" else old.read(name)
            new.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def _report(orders: list[Order], inventor: Inventor) -> str:
    return csv_text(_REPORT, (
        (o.id, inventor.digits(14), iso(o.purchased), o.buyer.relay, o.buyer.name, o.buyer.phone, o.sku, o.title, o.quantity, o.buyer.name,
         o.buyer.line1, o.buyer.city, o.buyer.state, o.buyer.postal, o.buyer.country, iso(o.delivered) if o.delivered else "")
        for o in orders
    ))  # fmt: skip


_REPORT_PERSONAL = {
    "buyer-email": "email", "buyer-name": "name", "buyer-phone-number": "phone", "recipient-name": "name", "ship-address-1": "address",
    "ship-city": "address", "ship-postal-code": "postal_code",
}  # fmt: skip
_REPORT_CLEAN = ("order-id", "order-item-id", "purchase-date", "sku", "product-name", "quantity-purchased", "delivered-at")


def write_bucket(folder: Path, inventor: Inventor, ledger: Ledger) -> None:
    as_of, s = inventor.as_of, "bucket"
    shipping = invent_orders(inventor, 140, oldest=110, undated=0.06)
    put(folder / "reports/order_report_shipping.csv", _report(shipping, inventor))
    exported = invent_orders(inventor, 120, oldest=80)
    put(folder / "exports/orders.jsonl", json_lines({**v0_json(o), "deliveredAt": iso(o.delivered)} for o in exported if o.delivered))
    whole = invent_orders(inventor, 30, oldest=60)
    put(folder / "exports/orders_page.json", json.dumps({"payload": {"Orders": [v0_json(o) for o in whole]}}, indent=1, ensure_ascii=False))
    parcels = invent_orders(inventor, 200, oldest=95)
    put(folder / "warehouse/parcels.parquet", parquet(pa.table({
        "order_id": [o.id for o in parcels], "tracking_number": [inventor.tracking() for _ in parcels], "ship_to": [o.buyer.name for o in parcels],
        "ship_to_street": [o.buyer.line1 for o in parcels], "ship_to_zip": [o.buyer.postal for o in parcels],
        "lat": [round(inventor.random.uniform(25, 55), 5) for _ in parcels], "lon": [round(inventor.random.uniform(-120, 15), 5) for _ in parcels],
        "weight_g": [inventor.random.randint(80, 4000) for _ in parcels],
        "delivered_at": pa.array([o.delivered for o in parcels], pa.timestamp("us", "UTC")),
    })))  # fmt: skip
    returned = invent_orders(inventor, 70, oldest=70)
    comments = [
        "Too short for my boat.",
        "{first} ordered the wrong colour, call {phone}",
        "Arrived wet. {name}, {city}",
        "Changed my mind",
        "Broken clip",
    ]
    put(folder / "backoffice/returns.xlsx", xlsx({"Returns": [
        ("return-date", "order-id", "asin", "quantity", "reason", "customer-comments"),
        *((o.purchased.replace(tzinfo=None), o.id, o.asin, o.quantity, "DEFECTIVE", inventor.random.choice(comments)
           .format(first=o.buyer.first, name=o.buyer.name, phone=o.buyer.phone, city=o.buyer.city)) for o in returned),
    ]}))  # fmt: skip
    contacts = csv_text(("id", "contact", "e_mail", "town", "last_seen"), (
        (n, b.name, b.email, b.city, inventor.ago(200, 500).date().isoformat()) for n, b in enumerate(inventor.people(90), 1)
    ))  # fmt: skip
    put(folder / "archive/contacts.csv.gz", packed(contacts))
    labelled = invent_orders(inventor, 25, oldest=50)
    put(folder / "labels/shipments.jsonl", json_lines(
        {"ShipmentId": inventor.token(12), "AmazonOrderId": o.id, "TrackingId": inventor.tracking(),
         "Label": {"Dimensions": {"Length": 6, "Width": 4}, "FileContents": {"FileType": "application/zpl", "Contents": label(o)}}} for o in labelled
    ))  # fmt: skip
    # The name of the file is an address: it must show up nowhere as it is.
    who = whole[0].buyer
    put(
        folder / f"requests/{who.email}.json",
        json.dumps({"request": "export", "fullName": who.name, "primaryEmail": who.email, "orders": 3}, indent=1),
    )

    report = f"{s}/reports/order_report_shipping.csv"
    ledger.personal_paths(s, "reports/order_report_shipping.csv", _REPORT_PERSONAL)
    ledger.clean(s, "reports/order_report_shipping.csv", *_REPORT_CLEAN)
    ledger.personal_paths(s, "exports/orders.jsonl", v0_personal())
    ledger.clean(s, "exports/orders.jsonl", *V0_CLEAN, "deliveredAt")
    ledger.personal_paths(s, "exports/orders_page.json", v0_personal("*"))
    ledger.personal_paths(
        s, "warehouse/parcels.parquet", {"ship_to": "name", "ship_to_street": "address", "ship_to_zip": "postal_code", "lat": "geo", "lon": "geo"}
    )
    ledger.clean(s, "warehouse/parcels.parquet", "order_id", "tracking_number", "weight_g", "delivered_at")
    ledger.personal_paths(s, "backoffice/returns.xlsx*", {"*customer-comments": "free_text|name|phone|survey_response"})
    ledger.clean(s, "backoffice/returns.xlsx*", "order-id", "asin", "quantity", "reason", "return-date")
    ledger.personal_paths(s, "archive/contacts.csv.gz*", {"contact": "name", "e_mail": "email"})
    ledger.clean(s, "archive/contacts.csv.gz*", "id", "last_seen")
    ledger.personal_paths(s, "labels/shipments.jsonl", {"Label.FileContents.Contents*": "address|name|phone|free_text"})
    ledger.clean(s, "labels/shipments.jsonl", "ShipmentId", "AmazonOrderId", "TrackingId", "Label.Dimensions.Length")
    ledger.personal_paths(s, "requests/*.json", {"fullName": "name", "primaryEmail": "email"})
    retention = "2.1", "pii_retention"
    late = sum(o.overdue(as_of) for o in shipping)
    ledger.violation("bucket-report-late", *retention, report, "a report of orders kept over 30 days after delivery", late)
    late = sum(o.overdue(as_of) for o in exported)
    ledger.violation("bucket-export-late", *retention, f"{s}/exports/orders.jsonl", "exported orders kept over 30 days after delivery", late)
    late = sum(o.overdue(as_of) for o in parcels)
    ledger.violation("bucket-parcels-late", *retention, f"{s}/warehouse/parcels.parquet", "recipients kept over 30 days after delivery", late)
    ledger.unknown("bucket-page-undated", *retention, f"{s}/exports/orders_page.json", "whole orders; the API tells no delivery time")
    ledger.unknown("bucket-labels-undated", *retention, f"{s}/labels/shipments.jsonl", "labels with no date of delivery")
    ledger.violation("bucket-plain", "2.4", "encryption_at_rest", s, "readable files with personal data, no encryption shown or attested")
    ledger.violation("bucket-untagged", "1.8", "data_attribution", report, "Amazon data without a tag or sidecar that names its origin")


def write_bucket_clean(folder: Path, inventor: Inventor, ledger: Ledger) -> None:
    """Stock, prices, ciphertext; and fresh orders under a sidecar that names their origin, on an attested volume."""
    r, s = inventor.random, "bucket-clean"
    put(folder / "_origin.json", json.dumps({"origin": ORIGIN, "covers": ["**"], "since": "2026-03-01"}, indent=1) + "\n")
    put(folder / "stock/inventory.csv", csv_text(("sku", "asin", "fnsku", "upc", "product-name", "condition", "quantity", "warehouse"), (
        (inventor.sku(), inventor.asin(), "X00" + inventor.token(7).upper(), "0" + inventor.digits(11), r.choice(PRODUCTS), "NEW", r.randint(0, 900),
         r.choice(["LEJ1", "BNA2", "DTM3"])) for _ in range(150)
    )))  # fmt: skip
    put(folder / "stock/prices.jsonl", json_lines(
        {"sku": inventor.sku(), "marketplaceId": r.choice(["ATVPDKIKX0DER", "A1PA6795UKMFR9", "A1F83G8C2ARO7P"]),
         "price": {"amount": f"{r.randint(4, 120)}.99", "currency": r.choice(["USD", "EUR", "GBP"])}, "buyBoxShare": round(r.random(), 3)}
        for _ in range(120)
    ))  # fmt: skip
    put(folder / "stock/fees.parquet", parquet(pa.table({
        "settlement_id": [inventor.digits(11) for _ in range(160)],
        "fee_type": [r.choice(["Commission", "FBAPerUnitFulfillmentFee"]) for _ in range(160)],
        "amount": [round(-r.uniform(0.5, 20), 2) for _ in range(160)], "posted": [inventor.ago(1, 300).date() for _ in range(160)],
    })))  # fmt: skip
    put(folder / "sealed/orders_archive.bin", r.randbytes(24_000))
    fresh = invent_orders(inventor, 70, oldest=29.5, late_promise=True)
    put(folder / "reports/order_report_current.csv", _report(fresh, inventor))

    ledger.clean(s, "stock/inventory.csv", "sku", "asin", "fnsku", "upc", "product-name", "condition", "quantity", "warehouse")
    ledger.clean(s, "stock/prices.jsonl", "sku", "marketplaceId", "price.amount", "price.currency", "buyBoxShare")
    ledger.clean(s, "stock/fees.parquet", "settlement_id", "fee_type", "amount", "posted")
    ledger.personal_paths(s, "reports/order_report_current.csv", _REPORT_PERSONAL)
    ledger.clean(s, "reports/order_report_current.csv", *_REPORT_CLEAN)
    ledger.passing("pii_retention", f"{s}/reports/order_report_current.csv", "orders of the last 30 days")
    ledger.passing("encryption_at_rest", s, "an unexpired attestation of volume encryption")
