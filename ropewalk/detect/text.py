"""Personal data in running text: patterns, labelled values, names and places; log lines are read by their format first.

Used for fields of prose and by `make eval`. Names are never looked for in user agents, ids or the words of daemons.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ropewalk.detect import labelled, loglines
from ropewalk.detect.hits import Hit
from ropewalk.detect.names import Names
from ropewalk.detect.patterns import PatternEngine
from ropewalk.detect.recognisers import stock_recognisers

LEAST = 0.4
"""Score from which a pattern counts; Presidio's weak number patterns (bank, licence, passport) need their context to reach it."""
_SPAN_TYPES = frozenset({"PERSON", "LOCATION", "NRP", "DATE_TIME", "ORGANIZATION"})
_FIRST = ("EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "MAC_ADDRESS", "US_SSN", "URL", "PHONE_NUMBER")


_POSTAL_WORD = re.compile(
    r"(?i)\b(?:zip|post(?:al)?\s?code|postcode|pin\s?code|plz|postleitzahl|code postal|c\.?p\.?|cap|cep|c[oó]digo postal|"
    r"box|unit|apt|apartment|suite|psc|a[aep])\b(?:\W*(?:code|number|no|is|was)\b)*\W*$"
)
_HOUSE = re.compile(r",? [^\W\d_]{0,4}\.? ?[A-ZÀ-ÞŁŚŻ]")


class TextReader:
    """`read(texts)`: the hits of each text, in order of place, none overlapping another."""

    def __init__(self, names: Names | None, *, regions: Sequence[str] = (), language: str = "en") -> None:
        found = [r for r in stock_recognisers(language, regions=regions) if not set(r.supported_entities) <= _SPAN_TYPES]
        self._patterns = PatternEngine.of(found, threshold=LEAST, language=language)
        self._names = names

    def read(self, texts: Sequence[str]) -> list[list[Hit]]:
        patterns = self._patterns.scan(texts)
        placed = [loglines.by_place(text) for text in texts]
        prose = [i for i, known in enumerate(placed) if not known]
        named: dict[int, list[Hit]] = {}
        if self._names is not None and prose:
            named = dict(zip(prose, self._names.tag([texts[i] for i in prose], "prose"), strict=True))
        return [
            apart(loglines.placed(text, patterns[i])) if placed[i] else _prose(text, patterns[i], named.get(i, [])) for i, text in enumerate(texts)
        ]


def machine_like(text: str) -> bool:
    """Lines of daemons and servers, user agents, records, code and links: no running text, so no names are looked for."""
    if loglines.by_place(text) or loglines.agents(text[:400]):
        return True
    letters = sum(c.isalpha() or c.isspace() for c in text)
    return letters < 0.7 * len(text) or sum(c in "={}[]<>|\\_;" for c in text) > 0.05 * len(text)


def _prose(text: str, patterns: Sequence[Hit], named: Sequence[Hit]) -> list[Hit]:
    hits = [h for h in patterns if h.entity != "PHONE_NUMBER" or not labelled.no_phone(text, h)]
    if loglines.application(text):
        hits = [h for h in hits if h.entity != "URL" or "://" in text[h.start : h.end]]  # names of packages and files have dots, too
        hits += loglines.placed(text, patterns)
        named = [h for h in named if h.score >= loglines.SURE]
    named = [h for h in named if h.entity != "LOCATION" or any(map(str.isalpha, text[h.start : h.end])) or _postal(text, h, named)]
    return apart([*hits, *loglines.agents(text), *labelled.cards(text), *labelled.phones(text), *named])


def _postal(text: str, hit: Hit, named: Sequence[Hit]) -> bool:
    """Whether a bare number can be a part of a place: beside another part, before a street, at the edge of a line, behind its label."""
    before, after = text[: hit.start], text[hit.end :]
    if _POSTAL_WORD.search(before[-24:]) or _HOUSE.match(after):
        return True
    if "\n" in text.strip() and (before.rstrip(" >?|*")[-1:] in {"", "\n"} or after.lstrip(" ")[:1] in {"", "\n"}):
        return True
    return any(o is not hit and o.entity == "LOCATION" and -6 <= max(o.start - hit.end, hit.start - o.end) <= 4 for o in named)


def apart(hits: Sequence[Hit]) -> list[Hit]:
    """Hits that do not overlap: checked types before others, then names and places that are whole, then by score and length."""

    def rank(hit: Hit) -> tuple[int, float, int, int]:
        sure = _FIRST.index(hit.entity) if hit.entity in _FIRST else len(_FIRST)
        return (0 if hit.entity == "USER_AGENT" else 1 + sure, -hit.score, hit.start - hit.end, hit.start)

    out: list[Hit] = []
    for hit in sorted(hits, key=rank):
        if hit.entity == "PHONE_NUMBER" and any(
            h.entity == "LOCATION" and h.start <= hit.start and hit.end <= h.end and h.end - h.start > hit.end - hit.start + 6 for h in hits
        ):
            continue  # numbers of an assembled address
        if not any(hit.start < o.end and o.start < hit.end for o in out):
            out.append(hit)
    return sorted(out)
