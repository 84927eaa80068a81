"""Invents people, addresses and times for the sample company; nobody here exists, and every list is made up by hand.

E-mail domains are example.com/.org/.net (RFC 2606) or have the shape of a marketplace relay; telephone numbers come
from the ranges that regulators keep for fiction; addresses of the network from RFC 5737; cards are public test numbers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

# country: (first names, last names, streets, [(city, state, postal code)], phone mask, relay domain)
COUNTRIES: dict[str, tuple[str, str, str, list[tuple[str, str, str]], str, str]] = {
    "US": (
        "Olivia Marcus Denise Harold Tamika Wesley Priscilla Grant Noreen Calvin Yolanda Russell",
        "Whitfield Okafor Bramley Castellanos Hendricks Prewitt Lindqvist Abernathy Stallworth Mercado",
        "{n} Maple Hollow Road|{n} W Copper Ridge Dr Apt {k}|{n} Lakeshore Avenue|PO Box {n}|{n} Old Quarry Street, Unit {k}",
        [("Cedar Falls", "IA", "50613"), ("Tacoma", "WA", "98402"), ("Asheville", "NC", "28801"), ("El Paso", "TX", "79901"),
         ("Portland", "ME", "04101")],
        "+1 {a}-555-01{dd}", "marketplace.amazon.com",
    ),
    "GB": (
        "Imogen Alistair Bethan Rupert Fiona Callum Harriet Desmond Niamh Gareth",
        "Thistlewood Pemberton Ashworth Llewellyn Cartwright Okonedo Braithwaite Fairclough",
        "{n} Rookery Lane|Flat {k}, {n} Harbour Street|{n} St Aldhelm Close|The Old Forge, {n} Mill Road",
        [("Harrogate", "North Yorkshire", "HG1 2PW"), ("Swansea", "Wales", "SA1 3SN"), ("Leith", "Edinburgh", "EH6 6QU"),
         ("Truro", "Cornwall", "TR1 2HX")],
        "07700 900{ddd}", "marketplace.amazon.co.uk",
    ),
    "DE": (
        "Friederike Joachim Annelie Matthias Svenja Burkhard Katharina Detlef Ingrid Jürgen",
        "Hollerbach Zimmerli Brandstätter Kühnel Weidenfeld Schöneck Rautenberg Möllendorf",
        "Lindenweg {n}|Am Alten Markt {n}a|Kastanienallee {n}|Gerberstraße {n}",
        [("Tübingen", "Baden-Württemberg", "72070"), ("Flensburg", "Schleswig-Holstein", "24937"), ("Görlitz", "Sachsen", "02826"),
         ("Bamberg", "Bayern", "96047")],
        "+49 30 23125{ddd}", "marketplace.amazon.de",
    ),
    "FR": (
        "Clémence Thibault Margaux Baptiste Sylvie Étienne Solène Gaspard",
        "Delacourt Fontenelle Marchandeau Roussillon Vasseur Lemoine-Brault Quéméner",
        "{n} rue des Tilleuls|{n} bis avenue du Moulin|{n} place Saint-Aubin|{n} impasse des Cordiers",
        [("Annecy", "Haute-Savoie", "74000"), ("Quimper", "Finistère", "29000"), ("Colmar", "Haut-Rhin", "68000")],
        "01 99 00 {dd} {dd}", "marketplace.amazon.fr",
    ),
    "IT": (
        "Ginevra Lorenzo Ottavia Massimo Chiara Renato Fiorella",
        "Brancaleone Mastrangelo Ferrantini Colasanti Bevilacqua Sartorelli",
        "Via dei Glicini {n}|Corso Garibaldi {n}|Piazza del Pozzo {n}|Viale dei Pini {n}",
        [("Lucca", "LU", "55100"), ("Matera", "MT", "75100"), ("Cremona", "CR", "26100")],
        "+39 0{a} 555{dddd}", "marketplace.amazon.it",
    ),
    "ES": (
        "Remedios Álvaro Macarena Ignacio Rocío Gonzalo Inmaculada",
        "Villalobos Echeverría Montalbán Requena Carrascosa Iturralde",
        "Calle de la Higuera {n}, {k}º B|Avenida del Puerto {n}|Plaza Mayor {n}|Calle Olmo {n}",
        [("Cáceres", "Extremadura", "10003"), ("Vitoria-Gasteiz", "Álava", "01001"), ("Almería", "Andalucía", "04001")],
        "+34 600 {ddd} {ddd}", "marketplace.amazon.es",
    ),
    "MX": (
        "Guadalupe Rigoberto Ximena Evaristo Leticia Octavio",
        "Zamudio Barragán Ontiveros Villaseñor Cisneros Arreola",
        "Calle Jacarandas {n}, Col. Centro|Av. Insurgentes {n} Int. {k}|Calle Nogal {n}",
        [("Querétaro", "QRO", "76000"), ("Mérida", "YUC", "97000"), ("Saltillo", "COA", "25000")],
        "+52 55 5555 {dddd}", "marketplace.amazon.com.mx",
    ),
    "AU": (
        "Kirra Lachlan Bronwyn Angus Matilda Darcy",
        "Wattlebury Cunningham Nguyen Carmody Papadakis Redfern",
        "{n} Banksia Crescent|Unit {k}/{n} Esplanade|{n} Jarrah Court",
        [("Ballarat", "VIC", "3350"), ("Cairns", "QLD", "4870"), ("Fremantle", "WA", "6160")],
        "0491 570 {ddd}", "marketplace.amazon.com.au",
    ),
}  # fmt: skip

PRODUCTS = [
    "Braided dock line 12 mm x 10 m", "Cotton macrame cord, natural", "Stainless thimble set", "Splicing fid, 5 sizes", "Waxed whipping twine",
    "Floating throw rope", "Anchor line with chain", "Jute garden twine 500 g", "Paracord bracelet kit", "Hemp cat post rope",
    "Rope end clips (pack of 8)", "Cargo net 2 x 3 m",
]  # fmt: skip
GIFTS = [
    "Happy birthday, {first}! With love from Aunt {other}", "Dear {first}, thank you for everything. Yours, {other}",
    "To {first} and the little one - see you in spring! {other} xx", "Congratulations on the new boat, {first}. From {other} and family",
]  # fmt: skip
AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
]
CARDS = ["4111 1111 1111 1111", "5555 5555 5555 4444", "4012-8888-8888-1881", "6011111111111117", "5105105105105100"]
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_PLAIN = str.maketrans("áàâäéèêëíïóôöúüñçÁÉ'", "aaaaeeeeiiooouuncAE ")


@dataclass(frozen=True)
class Person:
    """A buyer who does not exist."""

    first: str
    last: str
    country: str
    line1: str
    city: str
    state: str
    postal: str
    phone: str
    email: str
    relay: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


class Inventor:
    """Everything random of one part of the company; the same seed gives the same part. `as_of` is the company's now."""

    def __init__(self, seed: str, as_of: datetime) -> None:
        self.random = random.Random(seed)  # noqa: S311 - invented data must be reproducible
        self.as_of = as_of

    def fill(self, mask: str) -> str:
        """`{a}` an area code, `{d…}` digits, `{n}` a house number, `{k}` a flat."""
        r = self.random
        text = mask.replace("{a}", str(r.randint(201, 989))).replace("{n}", str(r.randint(2, 989))).replace("{k}", str(r.randint(1, 19)))
        for digits in ("{dddd}", "{ddd}", "{dd}"):
            while digits in text:
                text = text.replace(digits, "".join(str(r.randint(0, 9)) for _ in range(len(digits) - 2)), 1)
        return text

    def person(self) -> Person:
        r = self.random
        country = r.choices(list(COUNTRIES), weights=[8, 4, 4, 3, 2, 2, 2, 2])[0]
        firsts, lasts, streets, places, phone, relay = COUNTRIES[country]
        first, last = r.choice(firsts.split()), r.choice(lasts.split())
        city, state, postal = r.choice(places)
        plain = [part.translate(_PLAIN).lower().replace("ß", "ss") for part in (first, last)]
        email = r.choice(["{0}.{1}", "{0}{1}", "{0}_{1}"]).format(*plain) + r.choice(["", str(r.randint(1, 99))])
        return Person(
            first, last, country, self.fill(r.choice(streets.split("|"))), city, state, postal, self.fill(phone),
            f"{email}@{r.choice(['example.com', 'example.org', 'example.net'])}", f"{self.token(15)}@{relay}",
        )  # fmt: skip

    def people(self, count: int) -> list[Person]:
        return [self.person() for _ in range(count)]

    def token(self, length: int) -> str:
        return "".join(self.random.choice(_ALPHABET) for _ in range(length))

    def digits(self, length: int) -> str:
        return "".join(str(self.random.randint(0, 9)) for _ in range(length))

    def order_id(self) -> str:
        return f"{self.random.randint(100, 799)}-{self.digits(7)}-{self.digits(7)}"

    def asin(self) -> str:
        return "B0" + "".join(self.random.choice("BCDFGHJKLMNPQRSTVWXYZ0123456789") for _ in range(8))

    def sku(self) -> str:
        return f"{self.random.choice(['RPE', 'TWN', 'NET', 'KIT'])}-{self.random.choice('SML')}-{self.digits(4)}"

    def tracking(self) -> str:
        return self.random.choice(["1Z" + self.token(8).upper() + self.digits(8), "9400" + self.digits(18), "TBA" + self.digits(12)])

    def ago(self, low: float, high: float) -> datetime:
        """A moment between `low` and `high` days ago, to the second."""
        return (self.as_of - timedelta(days=self.random.uniform(low, high))).replace(microsecond=0)

    def gift(self, person: Person) -> str:
        other = self.random.choice(["Rosalind", "Ewan", "Marisol", "Lieselotte", "Tobias"])
        return self.random.choice(GIFTS).format(first=person.first, other=other)

    def ip(self) -> str:
        return f"{self.random.choice(['203.0.113', '198.51.100', '192.0.2'])}.{self.random.randint(1, 254)}"


def iso(moment: datetime) -> str:
    """`2026-11-01T09:30:00Z`, as the API writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
