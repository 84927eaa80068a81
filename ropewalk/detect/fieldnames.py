"""Reads field names: `shipping_address__PostalCode`, `lieferadresse-plz`, `custEmailAddr1` -> words, and what they say.

Compounds have their head at the end (`email_count` is a count), so a phrase counts where the name ends with it, once
numbering and qualifiers (`_1`, `_primary`, `_home`) are taken off. `{set}` in a phrase stands for any member of the set.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ropewalk.detect import gazetteer
from ropewalk.detect.gazetteer import fold
from ropewalk.detect.packs import Packs
from ropewalk.model import Path

LEVELS = ("sure", "likely", "hint", "never")
_SPLIT = re.compile(r"[^0-9A-Za-z]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z]{2})")
_SHORT = {
    "addr": "address", "adr": "address", "address1": "address", "addresses": "address", "emails": "email", "mails": "mail", "phones": "phone",
    "tel": "telephone", "telno": "telephone number", "phn": "phone", "mob": "mobile", "cell": "cellphone", "nm": "name", "fname": "first name",
    "lname": "last name", "mname": "middle name", "nbr": "number", "num": "number", "nr": "number", "cust": "customer", "emp": "employee",
    "usr": "user", "ph": "phone", "acct": "account", "acc": "account", "cc": "cc", "st": "st", "pcode": "postal code", "lattitude": "latitude",
    "langitude": "longitude", "fullname": "full name", "firstnames": "first name", "names": "name",
    "lastnames": "last name", "recipients": "recipient",
    "shipto": "ship to", "billto": "bill to", "soldto": "sold to", "shipfrom": "ship from", "dt": "date", "pwd": "password", "passwd": "password",
    "ctry": "country", "cntry": "country", "zipcodes": "zip code", "coords": "coordinates", "desc": "description", "qty": "quantity", "amt": "amount",
}  # fmt: skip
_TAIL = frozenset(
    "text value val raw str string field original orig clean cleaned norm normalized normalised plain e164 formatted primary secondary alt alternate "
    "old current previous home work office business personal private mobile billing shipping mailing permanent residential main other "
    "extern external public default latest key s c x y enc encrypted masked decrypted "
    "line night day evening dir direct emergency priv privat dienstlich lieferung rechnung versand livraison liv facturation envio entrega "
    "facturacion cobranca spedizione fatturazione consegna dostawy livrare kirim lengkap leverans levering verzending verzend facturatie "
    "dd deg degrees wgs84 "
    "factuur geschaeftlich geschaftlich zakelijk prive travail domicile domicilio trabajo trabalho casa ufficio lavoro praca domowy sluzbowy".split()
)
_GENERIC = frozenset("col column field unnamed var attr attribute value feature item".split())
_VERBS = frozenset(
    "is has have had show hide hidden allow allows can use uses send sent enable enabled disable disabled require requires required "
    "num count total sum avg "
    "average mean min max percent pct ratio rate verify verified valid invalid check checked should was were unique distinct opt optin "
    "accepts".split()
)
_GLUED = (
    "hostname filename pathname classname tablename codename typename domainname username nickname surname password timestamp datetime "
    "metadata database website homepage webpage keyword workflow checkout payment shipment fulfillment message password description number status "
    "update updated create created count type code flag list line total amount price order item product store company date time year month day "
    "account card credit bank user customer client buyer seller vendor supplier employee contact person member guest patient student owner author "
    "address street city state country region zip post postal mail email phone mobile telephone fax name first last middle full birth birthday place "
    "shipping billing delivery home work office primary secondary ship bill to from of id ip mac device session cookie agent browser "
    "gift message note "
    "notes comment comments review answer response survey latitude longitude location geo tax social security license licence passport "
    "national".split()
)


_FILED = re.compile(r"(?!iphone|[gb]zip)[a-z](phone?|phn|fax|zip|zipcode|email|tel|telno)")
"""Old systems set a letter for the file before each name: `CPHON`, `SZIP`."""


@dataclass(frozen=True)
class FieldName:
    """The words of a field name. leaf: of the last structural segment; all: of the whole path; parent: what comes before the leaf."""

    leaf: tuple[str, ...]
    all: tuple[str, ...]
    readable: bool = True
    """Whether any word is one that the packs or everyday English know: names in other languages speak for and against nothing."""

    @cached_property
    def text(self) -> str:
        return " ".join(self.all)

    @property
    def known(self) -> bool:
        """Whether the name says anything at all: `c1`, `column_7`, `field12` do not."""
        return self.readable and any(len(w) > 1 and w.isalpha() and w not in _GENERIC for w in self.all)


class NameReader:
    """Turns paths into words and words into what the recognisers' phrases say of them."""

    def __init__(self, packs: Packs) -> None:
        own = {unicodedata.normalize("NFC", k).lower(): v for k, v in packs.words.items()}
        self._words = {k: tuple(v.split()) for k, v in {**_SHORT, **own}.items() if k.isascii()}
        self._foreign = {k: v for k, v in own.items() if not k.isascii()}
        longest = sorted(self._foreign, key=len, reverse=True)
        self._scripts = re.compile("|".join(re.escape(k).replace(r"\ ", r"[\s_-]*") for k in longest) or "(?!)")
        self._vocabulary = set(_GLUED) | set(self._words)
        for members in packs.sets.values():
            self._vocabulary.update(w for m in members for w in m.split())
        self._phrases: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for r in packs.recognisers:
            compiled = []
            for level in LEVELS:
                phrases = getattr(r.names, level)
                for p in phrases:
                    self._vocabulary.update(re.sub(r"\{\w+\}", "", p).split())
                if phrases:
                    compiled.append((level, _pattern(phrases, packs.sets)))
            self._phrases[r.id] = compiled
        self._negatives = {n.id: _pattern(n.names, packs.sets) for n in packs.negatives if n.names}
        for n in packs.negatives:
            self._vocabulary.update(w for p in n.names for w in re.sub(r"\{\w+\}", "", p).split())
        for _, known in packs.lineage:
            self._vocabulary.update(w.lower() for w in _SPLIT.split(known.path) if len(w) > 2)
        self._roles = frozenset(w for m in packs.sets.get("role", ()) for w in m.split())

    def read(self, path: Path) -> FieldName:
        """The words of a path; list marks, data keys and generic wrappers are left out."""
        segments = [part for s in path if s not in ("[]", "*") for part in re.split(r"[./]|__", s) if part]
        spelled = [self._spell(s) for s in segments]
        spelled = [s for s in spelled if s]
        everything: list[str] = []
        for words in spelled:
            fresh = list(words)
            everything += [w for i, w in enumerate(fresh) if w.isdigit() or w != (fresh[i - 1] if i else everything[-1] if everything else "")]
        readable = any((len(w) > 2 and self._plain(w)) or w in _SHORT or w == "id" for w in everything)
        return FieldName(tuple(spelled[-1]) if spelled else (), tuple(everything), readable)

    def _plain(self, word: str) -> bool:
        """Whether it is a word of the packs or of everyday English, inflected or not: `opened`, `bookings`."""
        forms = (word, *(word.removesuffix(end) for end in ("s", "ed", "d", "ing") if word.endswith(end)))
        return any(len(f) > 2 and (f in self._vocabulary or f in gazetteer.words("common")) for f in forms)

    def says(self, name: FieldName) -> dict[str, str]:
        """recogniser id -> sure | likely | hint | never, for the recognisers that the name says something about."""
        out: dict[str, str] = {}
        text = self._stripped(name.all)
        full = name.text
        asked = bool(name.leaf) and name.leaf[0] in _VERBS and len(name.leaf) > 1
        for id_, levels in self._phrases.items():
            best: tuple[int, str] | None = None
            for level, pattern in levels:
                for candidate in (full, text) if text != full else (full,):
                    m = pattern.search(candidate)
                    if m:
                        length = m.end() - m.start()
                        said = "never" if asked and m.start() > 0 else level
                        if best is None or length > best[0] or (length == best[0] and said == "never"):
                            best = (length, said)
            if best:
                out[id_] = best[1]
        return out

    def denies(self, name: FieldName) -> set[str]:
        """ids of negatives whose phrases the name ends with."""
        text = self._stripped(name.all)
        return {id_ for id_, p in self._negatives.items() if p.search(text) or p.search(name.text)}

    def _stripped(self, words: tuple[str, ...]) -> str:
        kept = list(words)
        while len(kept) > 1 and (
            kept[-1].isdigit() or kept[-1] in _TAIL or (kept[-1] in self._roles and len(kept) > 1 and kept[-2] not in {"to", "of", "from", "by"})
        ):
            kept.pop()
        return " ".join(kept)

    def _spell(self, segment: str) -> list[str]:
        words: list[str] = []
        text = re.sub(r"['’]s\b", "", segment)
        text = text if text.isascii() else self._latin(text)
        whole = re.sub(r"[^0-9a-z]+", "", text.lower())
        if whole in self._words:
            return list(self._words[whole])
        chunks = [[c] if c.lower() in self._words else _SPLIT.split(c) for c in re.split(r"[^0-9A-Za-z]+", text)]
        tokens = [t.lower() for split in chunks for t in split if t]
        while tokens:
            # words that belong together, also behind others: `customer_boite_postale`
            size = next((n for n in range(min(len(tokens), 5), 1, -1) if len(glued := "".join(tokens[:n])) > 5 and glued in self._words), 1)
            low, tokens = "".join(tokens[:size]), tokens[size:]
            if low in self._words:
                words += self._words[low]
            elif low not in self._vocabulary and (filed := _FILED.fullmatch(low)):
                words += self._words.get(filed[1], (filed[1],))
            elif low in self._vocabulary or low.isdigit() or len(low) < 5:
                words.append(low)
            else:
                for part in self._segment(low):
                    words += self._words.get(part, (part,))
        return words

    def _latin(self, segment: str) -> str:
        """Words of other scripts in English (`顧客名` -> customer name), letters without accents; the case of Latin letters stays."""
        text = unicodedata.normalize("NFC", segment)
        if any(c > "\u036f" for c in text):
            text = self._scripts.sub(lambda m: f" {self._foreign.get(re.sub(r'[_-]+', ' ', m.group()), '')} ", text.lower())
        return "".join(fold(c).upper() if c.isupper() else fold(c) for c in text)

    def _segment(self, token: str) -> Iterable[str]:
        """`emailaddress` -> email address: the fewest known words that cover all of it, else the token itself."""
        best: list[list[str] | None] = [[]] + [None] * len(token)
        for end in range(1, len(token) + 1):
            for start in range(end):
                head, part = best[start], token[start:end]
                if head is None or (len(part) < 3 and part not in {"id", "ip", "to", "no", "of", "or", "by", "nr", "nm"}):
                    continue
                if (part in self._vocabulary or part in self._words) and (best[end] is None or len(head) + 1 < len(best[end])):  # type: ignore[arg-type]
                    best[end] = [*head, part]
        found = best[-1]
        return (
            found
            if found and len(found) <= max(4, len(token) // 5)
            else (token.removesuffix("s") if token.removesuffix("s") in self._vocabulary else token,)
        )


def _pattern(phrases: Iterable[str], sets: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    parts = []
    for phrase in phrases:
        whole = phrase.startswith("=")
        body = re.sub(
            r"\\\{(\w+)\\\}",
            lambda m: "(?:" + "|".join(map(re.escape, sorted(sets[m.group(1)], key=len, reverse=True))) + ")",
            re.escape(phrase.lstrip("=")),
        )
        body = re.sub(r"\b(?:number|no|nr)\b", "(?:number|no|nummer|numero|numer)", body)
        parts.append(("^" if whole else r"(?:^|(?<= ))") + f"(?:{body})")
    return re.compile("(?:" + "|".join(sorted(parts, key=len, reverse=True)) + ")$")
