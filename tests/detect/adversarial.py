"""Texts made to break a fast path: every shape of card, account, phone and date, near misses, seams and odd characters."""

from __future__ import annotations

import random

from hypothesis import strategies as st

PIECES = [
    "4111 1111 1111 1111",
    "4111-1111-1111-1112",
    "378282246310005",
    "6011000990139424",
    "4222222222222222222",
    "5555555555554444x",
    "DE89370400440532013000",
    "GB82 WEST 1234 5698 7654 32",
    "GB82 WEST 1234 5698 7654 33",
    "de89370400440532013000",
    "FR1420041010050500013M02606",
    "078-05-1120",
    "219 09 9999",
    "219099999",
    "000-12-3456",
    "912-70-1234",
    "912701234",
    "123.45.6789",
    "12345-6789",
    "123-456789",
    "(212) 555-0134",
    "+1 212 555 0134",
    "212.555.0134",
    "+12125550134",
    "020 7946 0958",
    "+44 20 7946 0958",
    "030 123456",
    "01 23 45 67 89",
    "98765 43210",
    "(11) 5555-4444",
    "0800 123456",
    "555-0134",
    "1-800-555-0199 ext. 12",
    "212-555-0134x5",
    "+1+1 212 555 0134",
    "00 44 20 7946 0958",
    "buyer@example.com",
    "a@b",
    "x.y+z@mail.example.co.uk",
    "a@example.notatld",
    "/reset?email=a@b.com",
    "a/b@example.com",
    "#x@example.org",
    "..@example.com",
    "http://example.com/a?b=c",
    "https://www.example.org",
    "'https://example.net/x'",
    '"example.io"',
    "www3.example.museum",
    "example.com.",
    "exam_ple.de",
    "192.0.2.1",
    "192.0.2.256",
    "::1",
    "2001:db8::8a2e:370:7334",
    "::ffff:192.0.2.5/96",
    "fe80::1%eth0",
    "1.2.3.4.5",
    "00:1B:44:11:3A:B7",
    "001B.4411.3AB7",
    "123e4567-e89b-12d3-a456-426614174000",
    "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "A1234567",
    "B12345678",
    "X9876543",
    "123456789",
    "12345678901234567",
    "9434765919",
    "943 476 5919",
    "943-476-5870",
    "AB1234563",
    "1234567",
    "112-1234567-7654321",
    "2024-02-30",
    "2024-02-28T10:11:12Z",
    "12/31/2024",
    "31/12/24",
    "2/10/2011",
    "05-JUN-2024",
    "5.6.2024",
    "2012-01-02 08:00",
    "2012-01-02 08:00:01",
    "12/24",
    "211-227 (2003)",
    "99.95",
    "-0.5",
    "B07XJ8C8F5",
    "1Z999AA10123456784",
    "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
]
WORDS = (
    "call phone called calling number's cards card credit ssn ssns social security bank accounts account# checking lic license licence driving us United states "  # noqa: E501
    "passport dates birthdays identities ip ipv4 mac address link linked websites email e-mail:x medical DEA certified wallets bitcoin uuid nhs taxes taxpayer "  # noqa: E501
    "men women was be not n't I the number: iban:bank bank:iban transaction hardware cc visa dates: url the,card Be"
).split()
GLUE = [
    " ",
    "  ",
    "",
    "\n",
    "\t",
    ", ",
    "; ",
    ":",
    ": ",
    "-",
    " - ",
    "/",
    "|",
    "_",
    ".",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    "'",
    '"',
    "=",
    "&",
    "#",
    "%",
    "$",
    "\r\n",
    "\x00",
    "\x0b",
    "\x1c",
    "\u00a0",
    "\u200b",
    "\u2028",
    "é",
    "e\u0301",
    "ß",
    "İ",
    "ſ",
    "K",
    "–",
    "－",
    "（",
    "）",
    "１２３",
    "４１１１",
    "٣٤٥",
    "日本",
    "🙂",
    "X",
    "a",
    "9",
]


def corpus(count: int, *, seed: int = 0) -> list[str]:
    """Distinct texts of pieces, words and glue, the same for a seed; every piece also alone and with its characters changed."""
    rng = random.Random(seed)
    out = ["", " ", "\n", "\x00", *PIECES]
    for piece in PIECES:
        at = rng.randrange(len(piece))
        out += [piece[:at] + rng.choice("0123456789aZ -.") + piece[at + 1 :], f"{rng.choice(WORDS)} {piece}", f"{piece} {rng.choice(WORDS)}"]
        out += [piece.translate({48 + d: 0xFF10 + d for d in range(10)}), f"x{piece}", f"{piece}x", f"{piece}\n{rng.choice(PIECES)}"]
    while len(out) < count:
        parts = [rng.choice((PIECES, PIECES, WORDS))[0:] for _ in range(rng.randrange(1, 7))]
        out.append("".join(rng.choice(part) + rng.choice(GLUE) for part in parts))
    out.append(" ".join(rng.choice(WORDS) for _ in range(400)) + " 4111 1111 1111 1111 " + "1" * 3000 + " 212-555-0134")
    return list(dict.fromkeys(out))


texts = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.sampled_from(WORDS),
        st.sampled_from(GLUE),
        st.text(max_size=6),
        st.from_regex(r"[0-9 ()+./x-]{3,24}", fullmatch=True),
    ),
    min_size=1,
    max_size=7,
).map("".join)
