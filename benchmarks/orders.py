"""An invented orders table of 29 columns, as a seller on the Selling Partner API would keep it. Deterministic by seed."""

from __future__ import annotations

from typing import Any

import numpy as np


def _words(text: str) -> list[str]:
    return text.split()


_FIRST = _words(
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Sarah Karen Lisa "
    "Nancy Betty Sandra Ashley Emily Kimberly Margaret Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura Helen Sharon Cynthia "
    "Kathleen Amy Angela Shirley Anna Brenda Pamela Nicole Ruth Katherine Christine Samantha Debra Janet Rachel Carolyn Emma Maria Heather Diane "
    "Olivia Julie Joyce Victoria Kelly Christina Joan Evelyn Lauren Judith Andrea Hannah Megan Cheryl Jacqueline Martha Gloria Teresa Ann Sara"
)
_LAST = _words(
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore "
    "Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill "
    "Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins "
    "Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward "
    "Richardson"
)
_STREET = _words("Oak Maple Cedar Elm Pine Walnut Washington Lake Hill Park Main Church Mill River Spring Ridge Meadow Forest Highland Sunset")
_KIND = _words("Street Avenue Road Lane Drive Court Way Boulevard Place Terrace")
_TOWN = _words(
    "Fairview Riverside Franklin Greenville Bristol Clinton Springfield Salem Madison Georgetown Ashland Dover Milton Newport Oakland Burlington"
)
_WORDS = _words(
    "the a order item package box arrived late early small broken color wrong size return please thank good quality fast slow shipping team will "
    "check again today tomorrow with label replaced sent waiting carrier reply closed open great product family friend enjoy wonderful day"
)
_GREET = ("Happy birthday", "Congratulations", "Get well soon", "With love", "Enjoy your gift", "Happy anniversary", "Thank you so much", "Good luck")
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{a}.0.{b}.{c} Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS {a}_{d} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{a}.{d} Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{a}.0) Gecko/20100101 Firefox/{a}.0",
)


def orders(rows: int, *, seed: int = 11) -> dict[str, Any]:
    """Column name -> list of `rows` values (None, str, int, float or bool)."""
    rng = np.random.default_rng(seed)

    def choice(options: Any, p: Any = None) -> list[str]:
        return np.asarray(options, dtype=object)[rng.choice(len(options), rows, p=p)].tolist()  # type: ignore[no-any-return]

    def number(low: int, high: int) -> list[int]:
        return rng.integers(low, high, rows).tolist()  # type: ignore[no-any-return]

    sentences = [" ".join(np.asarray(_WORDS)[rng.integers(0, len(_WORDS), 8)]).capitalize() + "." for _ in range(5000)]
    streets = [f"{t}{h} {k}" for t in _STREET for h in ("", "wood", " Hill", "view") for k in _KIND]
    towns = [f"{p}{t}" for t in _TOWN for p in ("", "North ", "South ", "East ", "West ", "New ", "Port ", "Mount ")]
    hosts = [
        "example.com",
        "example.org",
        "example.net",
        *(f"{w}{i}.example.{z}" for i in range(60) for w, z in (("mail", "com"), ("post", "org"), ("box", "net"))),
    ]
    skus = [f"{chr(65 + i % 23)}{chr(65 + i % 19)}-{1000 + i}-{['RED', 'BLU', 'BLK', 'WHT'][i % 4]}" for i in range(8000)]
    agents = [_AGENTS[i % 3].format(a=90 + i % 60, b=4000 + i % 900, c=i % 200, d=i % 7) for i in range(5000)]
    first, last = choice(_FIRST), choice(_LAST)
    middle = [f" {chr(65 + m)}." if m < 26 else "" for m in number(0, 104)]
    name = [f"{a}{m} {b}" for a, m, b in zip(first, middle, last, strict=True)]
    email = [
        f"{a.lower()}{s}{b.lower()}{n if n % 3 else ''}@{h}"
        for a, s, b, n, h in zip(first, choice([".", "_", ""]), last, number(0, 10_000), choice(hosts), strict=True)
    ]
    forms = ("({}) {}-{:04d}", "{}-{}-{:04d}", "+1 {} {} {:04d}", "{}.{}.{:04d}", "+1{}{}{:04d}")
    areas = choice([212, 415, 206, 312, 617, 503, 303, 404, 512, 713, 305, 702])
    phone = [forms[f].format(a, x, n) for f, a, x, n in zip(number(0, 5), areas, number(200, 999), number(0, 10_000), strict=True)]
    address = [f"{n} {s}" + (f" Apt. {a}" if a < 100 else "") for n, s, a in zip(number(1, 20_000), choice(streets), number(0, 400), strict=True)]
    postal = [f"{z:05d}" + (f"-{p:04d}" if k == 0 else "") for z, p, k in zip(number(501, 99_950), number(0, 10_000), number(0, 5), strict=True)]
    sentence = choice(sentences)
    gift = [
        None if k > 2 else f"{g}! Love, {a} and {b}" if k == 0 else f"{g}, from {a} {c}" if k == 1 else f"{g}! {s}"
        for k, g, a, b, c, s in zip(number(0, 10), choice(_GREET), choice(_FIRST), choice(_FIRST), choice(_LAST), sentence, strict=True)
    ]
    rolls = number(0, 500)
    note = [_note(r, *each) for r, *each in zip(rolls, name, phone, email, address, choice(sentences), number(0, 1_000_000), strict=True)]
    when = np.datetime_as_string(rng.integers(1_704_067_200, 1_767_225_600, rows).astype("datetime64[s]"), timezone="UTC").tolist()
    device = [b.hex() for b in np.frombuffer(rng.bytes(8 * rows), dtype="V8").tolist()]
    session = [
        f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}" for h in (b.hex() for b in np.frombuffer(rng.bytes(16 * rows), dtype="V16").tolist())
    ]
    ip = [f"{v >> 24}.{v >> 16 & 255}.{v >> 8 & 255}.{v & 255}" for v in number(0x01000000, 0xDF000000)]
    return {
        "order_id": [f"{a}-{b:07d}-{c:07d}" for a, b, c in zip(number(100, 120), number(0, 10**7), number(0, 10**7), strict=True)],
        "buyer_name": name, "buyer_email": email, "phone": phone, "ship_address": address, "ship_city": choice(towns), "postal_code": postal,
        "country": choice(["US", "CA", "MX", "GB", "DE"], [0.8, 0.08, 0.05, 0.04, 0.03]), "gift_message": gift, "sku": choice(skus),
        "quantity": number(1, 9), "unit_price": np.round(rng.gamma(2, 20, rows), 2).tolist(),
        "status": choice(["Shipped", "Pending", "Delivered", "Canceled", "Unshipped"], [0.3, 0.1, 0.5, 0.05, 0.05]), "purchase_date": when,
        "user_agent": choice(agents), "ip": ip, "device_id": device, "support_note": note, "session_uuid": session,
        "currency": choice(["USD", "CAD", "MXN", "GBP", "EUR"]), "tax": np.round(rng.gamma(2, 2, rows), 2).tolist(),
        "shipping_fee": choice([0.0, 4.99, 7.99, 12.5]), "warehouse": choice(["PHX3", "SEA8", "JFK2", "ONT6", "DFW7"]),
        "is_prime": (rng.random(rows) < 0.6).tolist(), "item_count": number(1, 20), "carrier": choice(["UPS", "USPS", "FedEx", "DHL", "OnTrac"]),
        "weight_g": number(20, 20_000), "marketplace": choice(["Amazon.com", "Amazon.ca", "Non-Amazon"], [0.8, 0.1, 0.1]),
        "discount_pct": np.round(rng.random(rows) * 0.3, 3).tolist(),
    }  # fmt: skip


def _note(roll: int, name: str, phone: str, email: str, address: str, sentence: str, n: int) -> str | None:
    if roll >= 100:
        return None
    if roll < 8:
        return f"Customer {name} called about order; please call back at {phone}. {sentence}"
    if roll < 14:
        return f"Buyer asked to change e-mail to {email}. {sentence}"
    if roll < 17:
        return f"Refund to card 4111 1111 1111 1111 requested by {name}."
    if roll < 19:
        return f"New address: {address}. {sentence}"
    if roll < 20:
        return f"Customer SSN {100 + n % 565}-{10 + n % 89}-{1000 + n % 8999} seen in attachment, deleted."
    if roll < 50:
        return f"Package delayed in transit, ETA {1 + n % 9} days. Ticket #{10_000 + n % 90_000}. {sentence}"
    if roll < 80:
        return f"Item arrived damaged, replacement {('sent', 'refused', 'pending')[n % 3]}. {sentence}"
    return f"Agent note: {sentence} Follow up on {1 + n % 12}/{1 + n % 28}/2025."
