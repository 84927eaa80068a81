"""Assembles street addresses in running text from their parts: number, street, unit, town, code, state, country.

A part alone is little; the assembler reports how many kinds of parts stand side by side.
"""

from __future__ import annotations

import re

from ropewalk.detect.gazetteer import fold, words

_CAP = r"[^\W\d_a-zß-öø-ÿ][\w'’\-]*\.?"
_LINK = r"(?:de|do|da|dos|das|del|della|di|la|le|les|du|des|van|von|der|den|of|the|am|an|im|zu|en|sur|y|e)"
_RUN = rf"{_CAP}(?:[ ]{_CAP}|[ ]{_LINK}(?:[ ]{_LINK})?[ ]{_CAP}){{0,4}}"
_NUMBER = r"\d{1,6}[A-Za-z]?(?:[-/]\d{1,5}[A-Za-z]?)?"
_UNIT = (
    r"(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Box|PSC|CMR|P\.?\s?O\.?\sBox|Building|Bldg|Room|Lot|Appt|Apto|Piso|Postfach|#)"
    r"\.?\s?#?\s?\d{1,6}[A-Za-z]?"
)
_CODE = (
    r"(?:[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|[A-Z]{1,2}[- ]\d{4,6}(?:-\d{3,4})?|\d{5}-\d{3,4}|\d{3}-\d{4}|"
    r"\d{3}\s\d{2}|\d{4}\s?[A-Z]{2}|\d{4,6})"
)
_GAP = r"(?:[ ]?,?[ ]?\n(?:[ ]{0,4}\n)?[ >?|*]{0,6},?[ ]?|,[ ]{0,2}|[ ]-[ ]|[ ])"
_PART = rf"(?:{_UNIT}|{_CODE}(?![\d\w])|{_RUN}|{_NUMBER}(?![\d\w]))"
_ADDRESS = re.compile(rf"(?<![\w.#/])(?:{_UNIT}|{_NUMBER}(?=[ ,])|{_RUN}[ ]{_NUMBER}(?![\d\w])|{_RUN}(?=,[ ]))(?:{_GAP}{_PART})+")
_UNIT_ALONE = re.compile(_UNIT)
_CODE_ALONE = re.compile(rf"(?<![\w-]){_CODE}(?![\w-])")
_STREET = frozenset(
    "street st avenue ave road rd lane ln drive dr boulevard blvd court ct place terrace way parkway pkwy circle highway square trail plaza close "
    "crescent rue via viale piazza calle avenida rua praca strada chemin alley walk grove hill".split()
)
_ENDING = re.compile(r"(?:strasse|weg|allee|platz|gasse|straat|laan|gatan|gata|vagen|vegen|veien|vej|katu|tie|gade|utca|ulica|ska|plein|kade)$")


def addresses(text: str) -> list[tuple[int, int, int]]:
    """(start, end, kinds of parts side by side) of everything in the text that is built like an address; 2 kinds at least."""
    out = []
    for match in _ADDRESS.finditer(text):
        kinds = _kinds(match.group())
        if kinds >= 2:
            out.append((match.start(), match.end(), kinds))
    return out


def units(text: str) -> list[tuple[int, int]]:
    """Where a unit of a building or a box stands: `Apt. 12`, `Suite 4b`."""
    return [m.span() for m in _UNIT_ALONE.finditer(text)]


def _kinds(part: str) -> int:
    folded = [fold(t).strip(".,") for t in part.split()]
    street = any(t in _STREET or _ENDING.search(t) for t in folded)
    unit = bool(_UNIT_ALONE.search(part))
    numbers = len(re.findall(r"\d+", part))
    code = bool(_CODE_ALONE.search(part))
    known = [fold(m.group()).strip(".,") for m in re.finditer(_RUN, part)]
    place = any(k in words("cities") or k in words("regions") for k in known)
    return street + unit + (numbers >= 1) + (numbers >= 2) + code + place
