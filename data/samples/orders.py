"""Orders: how they are invented, how the API would answer them, how they get into a SQLite table."""

from __future__ import annotations

import base64
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from invent import PRODUCTS, Inventor, Person, iso

ORIGIN = "amazon-sp-api"
_KEEP_DAYS = 30


@dataclass(frozen=True)
class Order:
    """One order; `delivered` and `shipped` are the company's own clocks and may be unknown."""

    id: str
    buyer: Person
    purchased: datetime
    shipped: datetime | None
    delivered: datetime | None
    promise: datetime
    asin: str
    sku: str
    title: str
    quantity: int
    amount: str
    gift: str | None

    def overdue(self, as_of: datetime) -> bool:
        return self.delivered is not None and as_of - self.delivered > timedelta(days=_KEEP_DAYS)

    def overdue_by_shipment(self, as_of: datetime) -> bool:
        return self.delivered is None and self.shipped is not None and as_of - self.shipped > timedelta(days=_KEEP_DAYS)


def invent_orders(inventor: Inventor, count: int, *, oldest: float, undated: float = 0.0, late_promise: bool = False) -> list[Order]:
    """Orders delivered up to `oldest` days ago; a share `undated` lacks the delivery date, half of these the shipment date too."""
    orders = []
    for buyer in inventor.people(count):
        r = inventor.random
        delivered: datetime | None = inventor.ago(0.5, oldest)
        shipped: datetime | None = delivered - timedelta(days=r.randint(1, 3))  # type: ignore[operator]
        purchased = shipped - timedelta(hours=r.randint(3, 40))  # type: ignore[operator]
        promise = purchased + timedelta(days=2 if late_promise else r.randint(4, 9))
        if r.random() < undated:
            delivered = None
            shipped = shipped if r.random() < 0.5 else None
        orders.append(Order(
            inventor.order_id(), buyer, purchased, shipped, delivered, promise, inventor.asin(), inventor.sku(), r.choice(PRODUCTS),
            r.randint(1, 4), f"{r.randint(6, 180)}.{r.choice(['00', '49', '99'])}", inventor.gift(buyer) if r.random() < 0.3 else None,
        ))  # fmt: skip
    return orders


def write_table(db: sqlite3.Connection, name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """`columns` as in CREATE TABLE; rows in their order."""
    db.execute(f'CREATE TABLE "{name}" ({columns})')
    for row in rows:
        db.execute(f'INSERT INTO "{name}" VALUES ({",".join("?" * len(row))})', row)  # noqa: S608 - our own table names


def database(path: Path) -> sqlite3.Connection:
    path.unlink(missing_ok=True)
    return sqlite3.connect(path)


def close(db: sqlite3.Connection) -> None:
    db.commit()
    db.execute("VACUUM")
    db.close()


def v0_json(o: Order) -> dict[str, Any]:
    """An order as getOrder (v0) with restricted data answers; it has promise windows and no time of delivery."""
    b = o.buyer
    return {
        "AmazonOrderId": o.id, "PurchaseDate": iso(o.purchased), "OrderStatus": "Shipped", "MarketplaceId": "ATVPDKIKX0DER",
        "LatestDeliveryDate": iso(o.promise), "OrderTotal": {"CurrencyCode": "USD", "Amount": o.amount},
        "BuyerInfo": {"BuyerEmail": b.relay, "BuyerName": b.name},
        "ShippingAddress": {"Name": b.name, "AddressLine1": b.line1, "City": b.city, "StateOrRegion": b.state, "PostalCode": b.postal,
                            "CountryCode": b.country, "Phone": b.phone},
        "OrderItems": [{"ASIN": o.asin, "SellerSKU": o.sku, "Title": o.title, "QuantityOrdered": o.quantity,
                        "BuyerInfo": {"GiftMessageText": o.gift} if o.gift else {}}],
    }  # fmt: skip


def packed(text: str) -> bytes:
    """gzip, to the same bytes with every Python: its own `gzip.compress` writes another header since 3.13."""
    return zlib.compress(text.encode(), 9, wbits=31)


def label(o: Order) -> str:
    """A shipping label as the API returns it: gzip in base64; inside is printer text (ZPL) with the recipient."""
    b = o.buyer
    zpl = f"^XA^FO40,40^FD{b.name}^FS^FO40,80^FD{b.line1}^FS^FO40,120^FD{b.city} {b.state} {b.postal}^FS^FO40,160^FDTel {b.phone}^FS^XZ"
    return base64.b64encode(packed(zpl)).decode()


V0_CLEAN = ("AmazonOrderId", "PurchaseDate", "OrderStatus", "MarketplaceId", "LatestDeliveryDate", "OrderTotal.Amount", "OrderItems[].ASIN",
            "OrderItems[].SellerSKU", "OrderItems[].Title", "OrderItems[].QuantityOrdered")  # fmt: skip


def v0_personal(prefix: str = "") -> dict[str, str]:
    """Path -> category of the personal fields of `v0_json`."""
    found = {"BuyerInfo.BuyerEmail": "email", "BuyerInfo.BuyerName": "name", "ShippingAddress.Name": "name",
             "ShippingAddress.AddressLine1": "address",
             "ShippingAddress.City": "address", "ShippingAddress.PostalCode": "postal_code", "ShippingAddress.Phone": "phone",
             "OrderItems[].BuyerInfo.GiftMessageText": "gift_message|free_text|name"}  # fmt: skip
    return {prefix + path: category for path, category in found.items()}
