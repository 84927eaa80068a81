"""Fields whose name says nothing: bare digits that are telephone numbers, house numbers before words, codes beside streets.

Each rule needs what chance does not give: many cells that all are valid numbers of one country, or a street or a town nearby.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from math import log

from ropewalk.detect.numbering import Region, international
from ropewalk.detect.packs import Recogniser
from ropewalk.detect.verdict import NUMERIC, View
from ropewalk.model import Category, Strength

_CHANCE = {
    ("US", 10): 0.42,
    ("US", 11): 0.04,
    ("MX", 10): 0.51,
    ("BR", 10): 0.37,
    ("BR", 11): 0.08,
    ("IN", 10): 0.71,
    ("ES", 9): 0.37,
    ("IT", 10): 0.13,
}
"""Share of random digits of this length that are valid in this country (4,000 drawn): one valid number tells little, ten tell."""
_ABROAD = 0.25
"""The same, at most, for 11 to 13 digits that begin with a calling code and have lost their plus."""
_DIGITS = re.compile(r"\d{9,13}")
_HOUSE = re.compile(
    r"(?:(?:Flat|Unit|Studio|Apt\.?) \w{1,5},? (?:[1-9]\d{0,4}[A-Za-z]?,? )?|[1-9]\d{0,4}[A-Za-z]?(?:[-/]\d{1,4})?,? )"
    r"[A-ZÀ-ÖØ-Þ][\w'’.-]*(?: [\w'’.-]+){0,4}"
)
_HOUSE_BEHIND = re.compile(r"(?:[A-ZÀ-ÖØ-Þ][\w'’.-]*)(?: [\w'’.-]+){0,5}, ?(?:n[º°o.]{1,2} ?)?\d{1,5}[A-Za-z]?")
_CODES = (re.compile(r"\d{4}"), re.compile(r"\d{6}"), re.compile(r"\d{8}|\d{5}-\d{3}"))


def weigh_nameless(views: Sequence[View], places: Sequence[int], streets: Sequence[int], recognisers: dict[str, Recogniser]) -> None:
    """Adds `value` and `neighbours` signals. places, streets: indices of the views that hold towns or streets."""
    people = {
        v.best.recogniser.category
        for v in views
        if v.best is not None
        and v.best.recogniser.strength is Strength.DIRECT
        and v.best.recogniser.category in {Category.NAME, Category.EMAIL, Category.ADDRESS}
    }
    for i, view in enumerate(views):
        if view.name.known or view.profile.sequence or view.profile.looked < 4:
            continue
        if (weight := _phones(view, least=4.0 if len(people) > 1 else 5.6)) > 0:
            c = view.candidate(recognisers["phone"])
            c.add(
                "value",
                weight,
                f"bare digits, and {view.profile.looked} different cells are valid numbers of one country: far more than chance gives",
            )
            if people:
                c.add("neighbours", 1.5, f"the dataset also holds {', '.join(sorted(people))}")
        if any(abs(i - j) <= 3 for j in places if j != i) and i not in streets and _houses(view):
            streets = [*streets, i]
            view.candidate(recognisers["street_address"]).add(
                "neighbours", 3.4, "numbers before capitalised words, and it stands beside towns or postal codes"
            )
    for i, view in enumerate(views):
        if not view.name.known and any(abs(i - j) <= 3 for j in streets) and i not in streets and view.profile.looked >= 4 and _codes(view):
            view.candidate(recognisers["postal_code"]).add("neighbours", 4.0, "codes of one length, and it stands beside streets")


def _phones(view: View, least: float) -> float:
    """Log-odds for bare digits, 0 where they could be anything: valid cells against what chance gives, and no common stem."""
    known = view.candidates.get("phone")
    texts = [t.removesuffix(".0") for t in view.profile.texts]
    if (known is not None and known.logit > 0) or NUMERIC.match(view.sample.declared_type) or not all(_DIGITS.fullmatch(t) for t in texts):
        return 0.0
    if any(not n.against or Category.PHONE in n.against for n, w in view.denied if w > 1):
        return 0.0
    if len({t[:6] for t in texts}) < 0.5 * min(len(texts), 40):
        return 0.0
    spread = len({t[0] for t in texts}) >= 3  # keys drawn from one range share their first digit, and chance is no measure for them
    best = 0.0
    for region in ("US", "MX", "BR", "IN", "ES", "IT", ""):
        if region and not spread:
            continue
        odds = 0.0
        for t in texts:
            chance = _ABROAD if not region else _CHANCE.get((region, len(t)), 0.0)
            valid = bool(chance) and ((international(t) and len(t) >= 11) if not region else _region(region).valid(t))
            odds += log(0.97 / chance) if valid else log(0.03 / (1 - chance)) if chance else -4.0
        best = max(best, min(odds, 9.2 if region else 5.6))
    return 0.5 * best if best >= least else 0.0


@cache
def _region(code: str) -> Region:
    return Region(code)


def _houses(view: View) -> bool:
    profile = view.profile
    cells = [t.replace("\n", ", ") for t in profile.texts]
    before = [m.group() for t in cells if (m := _HOUSE.match(t)) and any(c.isdigit() for c in m.group())]
    behind = [m.group() for t in cells if (m := _HOUSE_BEHIND.fullmatch(t))]
    found = max(before, behind, key=len)
    numbers = {"".join(filter(str.isdigit, t)) for t in found}
    return len(found) >= 0.6 * profile.looked and not profile.enum and len(numbers) >= 0.5 * min(len(found), 20)


def _codes(view: View) -> bool:
    profile = view.profile
    if profile.distinct < 0.5 * profile.cells or any(w > 1 for n, w in view.denied if not n.against or Category.POSTAL_CODE in n.against):
        return False
    form = next((f for f in _CODES if sum(bool(f.fullmatch(t)) for t in profile.texts) >= 0.95 * profile.looked), None)
    return form is not None and (form is not _CODES[2] or any("-" in t for t in profile.texts))
