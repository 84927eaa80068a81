"""One verdict for a field: evidence for each recogniser, added up in log-odds, and told in words.

Every recogniser starts at PRIOR. Name, declared type, lineage, share of cells, checksums, neighbours and what speaks
against it move it; the highest one above zero is the verdict, and `calibration` turns its log-odds into a probability.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from ropewalk.detect import gazetteer
from ropewalk.detect.fieldnames import FieldName
from ropewalk.detect.lineage import Origin
from ropewalk.detect.packs import Negative, Recogniser
from ropewalk.detect.profile import Profile, Share
from ropewalk.model import Category, Sample, Signal, Strength

PRIOR = -3.0
NAME = {"sure": 4.0, "likely": 2.2, "hint": 1.0, "never": -4.0}
_SAID = {"sure": "the name says", "likely": "the name suggests", "hint": "the name allows", "never": "the name speaks against"}
NUMERIC = re.compile(r"^(tiny|small|medium|big|unsigned |u)?(int|serial|float|double|real|decimal|numeric|number|money|year)")
_BOOLEAN = re.compile(r"^(bool|bit\b)")
_DATED = re.compile(r"^(date|time|interval)")
_LONG = re.compile(r"^[1-9]\d{8,12}$")
_CODED = re.compile(r"^\d[\d-]*\d$")
"""Digits as codes have them, too: telephone numbers mostly show a plus, brackets, blanks or dots."""
_NOT_NUMBERS = frozenset(
    {Category.NAME, Category.ADDRESS, Category.PHONE, Category.EMAIL, Category.GIFT_MESSAGE, Category.FINGERPRINT,
     Category.SURVEY_RESPONSE, Category.FREE_TEXT, Category.USERNAME}
)  # fmt: skip


@dataclass
class Candidate:
    """What a field could be: its recogniser, the evidence, and the cells that matched."""

    recogniser: Recogniser
    said: str = ""
    signals: list[Signal] = field(default_factory=list)
    share: Share | None = None
    inside: Share | None = None
    tagged: float = 0.0
    """Share of the cells in which the name models see it."""

    @property
    def logit(self) -> float:
        return PRIOR + sum(s.weight for s in self.signals)

    def add(self, kind: str, weight: float, words: str) -> None:
        if weight:
            self.signals.append(Signal(kind, round(weight, 2), words))


@dataclass
class View:
    """One field as the verdict sees it."""

    sample: Sample
    name: FieldName
    profile: Profile
    origin: Origin | None
    candidates: dict[str, Candidate]
    denied: list[tuple[Negative, float]]
    named: tuple[Negative, ...] = ()
    """Negatives that the name alone speaks for: they bow to a recogniser whose whole phrase the name ends with."""
    settled: Candidate | None = None
    """What reading its texts made of a field of prose."""
    direct: bool = False
    """Whether direct personal data stands in the texts of a field whose own kind is weaker."""

    def candidate(self, recogniser: Recogniser) -> Candidate:
        """The candidate of a recogniser; a new one where nothing has spoken for it yet."""
        return self.candidates.setdefault(recogniser.id, Candidate(recogniser, share=self.profile.matches.get(recogniser.id)))

    @property
    def best(self) -> Candidate | None:
        """The strongest candidate above zero; direct ones win a near tie."""
        first = self.first
        return first if first is not None and first.logit > 0 else None

    @property
    def first(self) -> Candidate | None:
        """The strongest candidate, whatever its log-odds; direct ones win a near tie, and the larger share of cells counts."""
        if self.settled is not None:
            return self.settled
        ranked = sorted(self.candidates.values(), key=lambda c: -(c.logit + (0.5 if c.recogniser.strength is Strength.DIRECT else 0.0)))
        if len(ranked) > 1 and ranked[0].share and ranked[0].inside and ranked[0].share.share < 0.4:
            other = next((c for c in ranked[1:] if c.logit > 0 and c.share and c.recogniser.strength is Strength.DIRECT), None)
            if other is not None and other.share is not None and other.share.cells > max(ranked[0].share.cells, ranked[0].inside.cells):
                return other
        return ranked[0] if ranked else None


def candidates(
    recognisers: tuple[Recogniser, ...], sample: Sample, name: FieldName, says: dict[str, str], profile: Profile, origin: Origin | None
) -> dict[str, Candidate]:
    """Every recogniser that name, values or lineage speak for, with its evidence from this field alone."""
    out: dict[str, Candidate] = {}
    for r in recognisers:
        share, inside, said = profile.matches.get(r.id), profile.inside.get(r.id), says.get(r.id, "")
        from_origin = origin is not None and origin.field.category is r.category and (r.strength is origin.field.strength)
        if not said and not from_origin and not (share and share.distinct) and not inside:
            continue
        c = Candidate(r, said, share=share, inside=inside)
        if said:
            c.add("name", NAME[said], f"{_SAID[said]} {r.said}")
        if origin is not None and from_origin and said != "never":
            c.add("lineage", 3.5, f"it looks like {origin.words}")
        _by_values(c, name, profile)
        _by_type(c, sample, profile)
        out[r.id] = c
    return out


def weigh(share: float, weight: float, missing: float, looked: int) -> float:
    """Log-odds for a share of cells: `missing` at none, 0 at a fifth, `weight` from nine tenths; few cells count less."""
    points = [(0.0, missing), (0.05, missing * 0.7), (0.2, 0.0), (0.5, 0.5 * weight), (0.8, 0.88 * weight), (0.9, weight), (1.0, weight)]
    for (x0, y0), (x1, y1) in pairwise(points):
        if share <= x1:
            value = y0 + (y1 - y0) * (share - x0) / (x1 - x0)
            break
    return value * looked / (looked + (0.5 if value > 0 else 1.5))


def _by_values(c: Candidate, name: FieldName, profile: Profile) -> None:
    r, v = c.recogniser, c.recogniser.value
    if profile.looked == 0:
        return
    plausible = profile.plausible(re.compile(r.plausible, re.I | re.S)) if r.plausible and not c.inside else 1.0
    if plausible < 0.6:
        c.add("negative", -5.0 * profile.looked / (profile.looked + 2.0), f"only {plausible:.0%} of the cells could be {r.one}")
    if v is None or c.share is None:
        return
    if v.unnamed and name.known and not c.said and not c.inside:
        coded = r.category is Category.PHONE and profile.plausible(_CODED) >= 0.8
        c.add("negative", v.unnamed - (2.0 if coded else 0.0), "the name says something else")
    said = f"{c.share.cells} of {profile.cells} cells look like {r.one}" + (" (the check digits hold)" if v.validator and c.share.cells else "")
    score = weigh(c.share.share, v.weight, v.missing, profile.looked)
    if score < 0 and v.measure == "person":
        score *= unlisted(c, profile)
    c.add("checksum" if v.validator and score > 0 else "value", score, said)
    if r.id == "phone" and score <= 0 and _dialled(c, profile):
        c.add("value", 2.0 - score, "the cells have as many digits as telephone numbers")
    if r.id == "postal_code" and _zip_plus_four(profile):
        c.add("value", 4.5 - score, "the cells are five digits, some with the four of ZIP+4")
    if c.inside and c.share.share < 0.6:
        bonus = 4.2 - score + min(1.5, 3 * c.inside.share)
        if bonus > 0 and c.inside.distinct >= (1 if v.alone else 2):
            c.add(
                "checksum" if v.validator else "value",
                bonus,
                f"in free text: {c.inside.cells} of {profile.cells} cells hold {r.one}",
            )


def unlisted(c: Candidate, profile: Profile) -> float:
    """How much it counts that no list and no model knows the names: not in other scripts, and half where the field's own name is plain."""
    return 0.0 if profile.foreign >= 0.5 else 0.5 if c.said == "sure" else 1.0


def _zip_plus_four(profile: Profile) -> bool:
    forms = profile.texts
    long = sum(bool(re.fullmatch(r"\d{5}-\d{4}", t)) for t in forms)
    short = sum(bool(re.fullmatch(r"\d{4,5}", t)) for t in forms)
    return 0.03 * len(forms) <= long < 0.9 * len(forms) and long + short >= 0.9 * len(forms) and len(forms) >= 4


def _by_type(c: Candidate, sample: Sample, profile: Profile) -> None:
    kind, category = sample.declared_type, c.recogniser.category
    if _BOOLEAN.match(kind):
        c.add("type", -8.0, f"the type is {kind}")
    elif category is Category.ADDRESS and c.recogniser.strength is Strength.DIRECT and profile.numeric >= 0.95 and profile.looked:
        c.add("type", -4.5, "the cells are bare numbers")
    elif NUMERIC.match(kind) and category in _NOT_NUMBERS and not (category is Category.PHONE and (c.said == "sure" or _dialled(c, profile))):
        c.add("type", -5.0, f"the type is {kind}")
    elif _DATED.match(kind) and category is not Category.DOB:
        c.add("type", -6.0, f"the type is {kind}")
    elif _DATED.match(kind):
        c.add("type", 0.5, f"the type is {kind}")
    if category is Category.DOB and not c.said and profile.years is not None:
        first, last, middle = profile.years
        spread = last - first
        old = (
            profile.looked >= 4
            and last <= 2022
            and ((spread >= 12 and middle <= 2004) or (spread >= 8 and middle <= 1998) or (spread >= 20 and first < 1990))
        )
        c.add("value", 4.5 if old else -4.0, "the years spread like years of birth" if old else "the years do not spread like years of birth")
    if c.recogniser.id == "place" and profile.looked and _words_of_a_list(profile):
        c.add("negative", -4.0, "the cells are lower-case words, not places")
    firms = profile.firms - (0.35 if c.said == "sure" else 0.0)  # among customers there are some companies
    if category is Category.NAME and firms >= 0.15:
        mixed = c.share is not None and c.share.share >= max(0.35, firms)  # of counterparties, some are people: then it holds people
        c.add("negative", (-1.0 if mixed else -4.0) * min(1.0, firms / 0.3), f"{profile.firms:.0%} of the cells carry the mark of a company")
    if category is Category.NAME and profile.towns >= 0.5 and c.said != "sure":
        c.add("negative", -3.0, f"{profile.towns:.0%} of the cells are names of towns")
    if category is Category.NAME and 0 < profile.looked <= 2 and not c.said and profile.single > 0.5:
        c.add("negative", -1.0, f"only {profile.looked} different value{'s' * (profile.looked > 1)}")
    if c.recogniser.id == "address_unit" and 0 < profile.looked <= 2:
        c.add("negative", -1.5, "too few different values for a second address line on their own")
    if category is Category.NAME and not c.said and _labels(profile):
        c.add("negative", -2.5, "some cells are one word, some several, and they repeat: brands or labels rather than people")
    if category in {Category.NAME, Category.FREE_TEXT} and profile.enum and c.said != "sure":
        c.add("negative", -2.0, f"only {profile.distinct} different values in {profile.cells} cells")


def _dialled(c: Candidate, profile: Profile) -> bool:
    """Whether numbers under a name that suggests a telephone have as many digits as those have."""
    return c.said == "likely" and profile.plausible(_LONG) >= 0.8


def _labels(profile: Profile) -> bool:
    """A column of people has single words or full names; brands and labels mix both, and come again and again."""
    spaced = sum(" " in t for t in profile.texts)
    return profile.cells >= 20 and profile.distinct <= 0.6 * profile.cells and 0.2 * profile.looked < spaced < 0.8 * profile.looked


def _words_of_a_list(profile: Profile) -> bool:
    plain = sum(bool(re.fullmatch(r"[a-z][a-z_-]{2,}", t)) and not gazetteer.region(t) for t in profile.texts)
    return plain >= 0.6 * profile.looked and profile.towns < 0.3


def against(view: View) -> None:
    """Adds what the negative recognisers say to every candidate of the field."""
    by_values = {n.id: w for n, w in view.denied}
    by_name = {n.id for n in view.named}
    for negative in {n.id: n for n in (*(n for n, _ in view.denied), *view.named)}.values():
        for c in view.candidates.values():
            weight = by_values.get(negative.id, 0.0)
            if negative.id in by_name and c.said != "sure":
                weight = max(weight, negative.weight)
            if negative.against and c.recogniser.category not in negative.against:
                continue
            if c.recogniser.strength is Strength.WEAK and not negative.patterns:
                continue
            if c.recogniser.strength is Strength.WEAK and negative.id == "boolean" and c.said == "sure":
                continue
            unsaid = negative.id not in by_name
            if c.recogniser.id == "ip_address" and negative.id == "version" and unsaid and (c.share and c.share.share > 0.5):
                continue
            c.add("negative", -weight, negative.words)
    if view.profile.sequence:
        for c in view.candidates.values():
            if c.recogniser.strength is Strength.DIRECT:
                c.add("negative", -6.0, "the cells are a counter")
