"""Gazetteers: sets of folded given names, family names, places and everyday words (sources: gazetteers/NOTICE.md)."""

from __future__ import annotations

import re

from ropewalk.wordlists import fold as fold
from ropewalk.wordlists import words as words

_TITLES = frozenset(
    "mr mrs ms miss mx dr prof sir dame lady lord rev fr hon herr frau mme mlle m sr sra srta dott dra don dona sig ing jr ii iii iv "
    "phd md dds dvm esq mstr dhr mw mevr mej smt shri shrimati sri kum kumari sh hj bpk ibu sayin pan pani".split()
)
_ADDRESSED = re.compile(
    r"(?:(?:Mr|MR|Mrs|MRS|Ms|Miss|MISS|Mx|Herrn?|HERRN?|Frau|FRAU|Mme|MME|Mlle|MLLE|Sra?|SRA?|Srta|SRTA|Dhr|dhr|Mw|mw|Mevr|mevr|Smt|Shri|SMT|SHRI|"
    r"Sig|Sig\.ra|Dott|Dra?|DRA?|Bpk|Ibu|Hj)\.?)\s(?:[A-ZÀ-ÖØ-Þ][\w.'’-]*\s?){1,4}"
)
"""A title before one to four capitalised words: a person, whether or not a list knows the name."""
_COUPLE = re.compile(r"(?i)\b(mr|herrn?|sr|m|dhr)\.?\s(?:&|and|und|et|y|en)\s(mrs|ms|frau|sra|mme|mw|mevr)\b\.?")
_KIN = re.compile(r"(?i)^(?:late\s|[swdc]/o\s|son of\s|daughter of\s|wife of\s)+")
_TICKET = re.compile(r"([^\W\d_][^\W\d_]*(?:[ '’-][^\W\d_]+)*)/([^\W\d_]+(?:[ '’-][^\W\d_]+)*)")
_BEHIND = re.compile(r"\s*\([^()]*\)\s*$")
_PARTICLES = frozenset("de da do dos das del della di der den van von la le du el al bin ibn y e af st saint mac ter ten zu of".split())
_FIRM = re.compile(
    r"(?i)\b(inc|llc|ltd|limited|gmbh|ag|corp|corporation|company|co|plc|s\.?a\.?|s\.?r\.?l|s\.?l|bv|nv|oy|ab|kg|group|holdings?|bank|"
    r"university|school|"
    r"college|hospital|clinic|hotel|restaurant|cafe|store|stores|shop|market|foods?|trading|traders|services?|systems?|solutions|technolog\w+|"
    r"industr\w+|international|association|foundation|institute|department|council|committee|agency|centre|center|church|museum|club|team|"
    r"records|orchestra|band|ensemble|choir|quartet|the|and|for|with|street|road|avenue)\b|[&/\\@#<>{}\[\]|=*+!?%$€£:;_]"
)


_MARK = re.compile(
    r"(?i)\b(inc|llc|ltd|limited|gmbh|corp|corporation|company|co|plc|s\.?a\.?|s\.?r\.?l|s\.?l|bv|oy|kg|group|holdings?|bank|"
    r"university|school|college|hospital|"
    r"stores?|shop|trading|traders|services?|systems?|solutions|technolog\w+|industr\w+|international|association|foundation|institute|"
    r"imports?|exports?|"
    r"gifts?|toys?|motors?|collectables?|distributors?|enterprises?|models?|designs?|partners|brothers|& sons)\b"
)


_LOGIN = re.compile(r"[a-z]+\.[a-z]+")
"""`ann.miller` is how accounts are written, not people."""


def bare(value: str) -> str:
    """A name without what is written around it: `Ann Lee (ann7)`, `S/o Ann Lee`, `Mr & Mrs Lee`; `LEE/ANN MS` of a ticket is `LEE, ANN MS`."""
    text = _BEHIND.sub("", value) if value.endswith(")") else value
    if "/" in text:
        text = _KIN.sub("", text)
        if ticket := _TICKET.fullmatch(text):
            text = f"{ticket[1]}, {ticket[2]}"
    return _COUPLE.sub(r"\2", text).strip()


def person(value: str) -> float:
    """How much one cell looks like the name of a person, 0..1. Family, given and full names, `Last, First`, initials."""
    value = bare(value)
    if len(value) > 60 or any(c.isdigit() for c in value) or _FIRM.search(value):
        return 0.0
    if (not value.isascii() and _asian(value)) or _LOGIN.fullmatch(value):
        return 0.0
    tokens = [t for t in re.split(r"[\s,.]+|(?<=[a-z])(?=[A-Z][a-z]{2})", value.strip()) if t]
    tokens = [t for t in tokens if fold(t) not in _TITLES] or tokens
    if not tokens or len(tokens) > 5:
        return 0.0
    core = [t for t in tokens if len(t) > 1 and fold(t) not in _PARTICLES] or tokens
    if any(t[0].islower() for t in core) and not value.islower():
        return 0.0
    if _ADDRESSED.fullmatch(value):
        return 0.9
    folded = [fold(t).strip("'’()\"") for t in core]
    if len(folded) == 1:
        return _single(folded[0]) if folded[0] in words("given") else 0.85 * _single(folded[0])
    marks = [_single(f) for part in folded for f in [part]]
    given = max(_given(folded[0]), _given(folded[-1]) if "," in value else 0.0)
    if "," in value and max(marks) >= 0.9 and given < 1.0 and not any(region(p) for p in value.split(",")):
        return 0.7
    if given == 1.0:
        return 1.0 if max(marks[1:]) >= 0.6 or "," in value else 0.55 if len(folded) == 2 and folded[1] not in words("common") else 0.25
    return 0.6 if len(folded) <= 3 and min(marks) >= 0.35 and max(marks) >= 0.9 else 0.0


def _given(token: str) -> float:
    parts = token.split("-")
    return 1.0 if all(p in words("given") and p not in words("common") for p in parts) else 0.0


def _single(token: str) -> float:
    parts = [p for p in token.replace("’", "'").split("-") if p]
    best = 1.0 if parts else 0.0
    for p in parts:
        best = min(best, _known(p))
    return best


def _known(token: str) -> float:
    if token in words("given") or token in words("family") or (token[:2] in {"o'", "d'", "mc"} and token[2:] in words("family")):
        return 0.35 if token in words("common") or len(token) < 3 or token in words("countries") else 1.0
    return 0.6 if token in words("family_rare") and token not in words("common") else 0.3 if len(token) == 1 and token.isalpha() else 0.0


def firm(value: str) -> bool:
    """Whether a cell carries the mark of a company, an institution or a shop."""
    return bool(_MARK.search(value))


def _asian(value: str) -> bool:
    return any("\u0e00" <= c <= "\uffff" and not c.isspace() for c in value)


def city(value: str) -> float:
    """1.0 for a cell that is the name of a larger place."""
    folded = fold(value.strip()).replace("’", "'")
    return 1.0 if folded in words("cities") or folded.removesuffix(" city") in words("cities") else 0.0


def region(value: str) -> float:
    """1.0 for a country (name or ISO code) or a state."""
    folded = fold(value.strip())
    return 1.0 if folded in words("countries") or folded in words("states") else 0.0
