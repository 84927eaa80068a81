"""Personal data in running text: patterns, labelled values, names and places; log lines are read by their format first.

Used for fields of prose and by `make eval`. Names are never looked for in user agents, ids or the words of daemons.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ropewalk.detect import labelled
from ropewalk.detect.hits import Hit
from ropewalk.detect.names import Names
from ropewalk.detect.patterns import PatternEngine
from ropewalk.detect.recognisers import stock_recognisers

LEAST = 0.4
"""Score from which a pattern counts; Presidio's weak number patterns (bank, licence, passport) need their context to reach it."""
_SPAN_TYPES = frozenset({"PERSON", "LOCATION", "NRP", "DATE_TIME", "ORGANIZATION"})
_FIRST = ("EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "MAC_ADDRESS", "US_SSN", "URL", "PHONE_NUMBER")
_ACCESS = re.compile(r'^(\S+) \S+ .+? \[[^\]]+\] "(?:[^"\\]|\\.)*" (?:\d{3}|-) (?:\d+|-)(?: "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)")?')
_DAEMON = re.compile(r"^(?:<\d{1,3}>1? ?)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+(?: [\w./-]+(?:\(\w+\))?(?:\[\d+\])?)?: ")
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_AGENT = re.compile(r"(?:Mozilla|Opera)/\d[\w.]* \([^)]{3,200}\)(?: [\w.+-]+/[\w.+-]+(?: \([^)]{0,200}\))?| (?:Mobile|Version|Safari)\b)*")


class TextReader:
    """`read(texts)`: the hits of each text, in order of place, none overlapping another."""

    def __init__(self, names: Names | None, *, regions: Sequence[str] = (), language: str = "en") -> None:
        found = [r for r in stock_recognisers(language, regions=regions) if not set(r.supported_entities) <= _SPAN_TYPES]
        self._patterns = PatternEngine.of(found, threshold=LEAST, language=language)
        self._names = names

    def read(self, texts: Sequence[str]) -> list[list[Hit]]:
        patterns = self._patterns.scan(texts)
        prose = [i for i, text in enumerate(texts) if not _is_log(text)]
        named: dict[int, list[Hit]] = {}
        if self._names is not None and prose:
            named = dict(zip(prose, self._names.tag([texts[i] for i in prose], "prose"), strict=True))
        return [
            _prose(text, patterns[i], named.get(i, [])) if i in named or not _is_log(text) else _log(text, patterns[i])
            for i, text in enumerate(texts)
        ]


def _is_log(text: str) -> bool:
    return bool(_ACCESS.match(text) or _DAEMON.match(text))


def machine_like(text: str) -> bool:
    """Lines of daemons and servers, user agents, records, code and links: no running text, so no names are looked for."""
    if _is_log(text) or _AGENT.match(text):
        return True
    letters = sum(c.isalpha() or c.isspace() for c in text)
    return letters < 0.7 * len(text) or sum(c in "={}[]<>|\\_;" for c in text) > 0.05 * len(text)


def _log(text: str, patterns: Sequence[Hit]) -> list[Hit]:
    """A line of a server's log: its addresses, accounts and agents by their place; of the patterns only the sure ones."""
    hits = [h for h in patterns if h.entity in {"EMAIL_ADDRESS", "IBAN_CODE", "CREDIT_CARD", "IP_ADDRESS"}]
    hits += [Hit(*m.span(), "IP_ADDRESS", 0.95, "log") for m in _IPV4.finditer(text) if all(int(p) < 256 for p in m.group().split("."))]
    if match := _ACCESS.match(text):
        if match[2] and match[2] != "-":
            hits.append(Hit(*match.span(2), "USER_AGENT", 1.0, "log"))
    else:
        hits += labelled.users(text)
    return apart(hits)


def _prose(text: str, patterns: Sequence[Hit], named: Sequence[Hit]) -> list[Hit]:
    agents = [Hit(*m.span(), "USER_AGENT", 0.9, "prose") for m in _AGENT.finditer(text)]
    return apart([*agents, *patterns, *labelled.cards(text), *labelled.phones(text), *named])


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
