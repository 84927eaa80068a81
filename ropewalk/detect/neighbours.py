"""What the other fields of a dataset say: first + last name, town + postal code, latitude + longitude, a table about people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ropewalk.detect import gazetteer
from ropewalk.detect.nameless import weigh_nameless
from ropewalk.detect.packs import Recogniser
from ropewalk.detect.profile import Profile
from ropewalk.detect.verdict import Candidate, View
from ropewalk.model import Category, Strength

_PEOPLE = re.compile(
    r"(?i)(customer|client|person|people|employee|user|contact|buyer|member|patient|student|player|staff|subscriber|guest|passenger|"
    r"kunde|cliente|author|"
    r"candidate|applicant|voter|donor|lead|participant|respondent|resident|individual|family|teacher|tenant|account_?holder|recipient)s?"
)
_THINGS = re.compile(
    r"(?i)(product|item|catalog|inventory|state|province|territor|department|currenc|document|location|shift|categor|compan|vendor|"
    r"suppl|artist|album|track|film|event|model|file|warehouse|store|listing|hospital|school|categories|region|countr|city|cities)"
)
_SURVEY = re.compile(r"(?i)(survey|question|questionnaire|poll|nps|feedback).{0,12}(response|answer|result|repl|comment)")
_FORENAME = re.compile(r"(?:first name|given name|forename|vorname|prenom|voornaam|imie|jmeno|fornamn|fornavn|etunimi|keresztnev)$")
_LETTERS = re.compile(r"[a-z]{4,}")
_LOGIN = re.compile(r"[a-z]+[._-]?[a-z]*\d*")
_BANK = re.compile(r"bank|routing|sort code|\bbic\b|swift|\bbsb\b|ifsc|iban|\bblz\b")
_ROUND = re.compile(r"\d+(?:00|99|95|90|50)")
_STATES = frozenset(
    "al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa ri sc sd tn tx "
    "ut vt va wa wv wi wy dc pr".split()
)
_DIRECT = {Category.EMAIL, Category.PHONE, Category.NAME, Category.ADDRESS, Category.DOB, Category.GOV_ID}


def weigh_neighbours(views: Sequence[View], dataset: str, recognisers: dict[str, Recogniser]) -> None:
    """Adds `neighbours` signals to the candidates of the fields of one dataset."""
    _coordinates(views)
    _people(views, dataset)
    _echoes(views, recognisers["person_name"])
    _postal(views, recognisers)
    weigh_nameless(views, [i for i, v in enumerate(views) if _place(v)], [i for i, v in enumerate(views) if _street(v)], recognisers)
    _second_lines(views)
    _accounts(views)
    _answers(views, dataset, recognisers)


def _second_lines(views: Sequence[View]) -> None:
    """A field of flats, suites and buildings behind a street address is its second line."""
    for before, view in pairwise(views):
        street, unit, line = before.candidates.get("street_address"), view.candidates.get("address_unit"), view.candidates.get("street_address")
        if street is None or street.logit <= 0 or view.name.known:
            continue
        for c in (unit, line):
            if c is not None and c.share is not None and c.share.share >= 0.15:
                c.add("neighbours", 2.5, "it stands behind a street address")


def _accounts(views: Sequence[View]) -> None:
    """A bare account number beside a bank's name, its code or an IBAN is a bank account."""
    banks = [
        i
        for i, v in enumerate(views)
        if any(c.said == "sure" and _BANK.search(v.name.text) for id_ in ("payment_detail", "iban") if (c := v.candidates.get(id_)) is not None)
    ]
    for i, view in enumerate(views):
        c = view.candidates.get("bank_account")
        if c is not None and c.said in {"hint", "likely"} and any(0 < abs(i - j) <= 3 for j in banks):
            c.add("neighbours", 3.0, "it stands beside a bank's name or code")


def _answers(views: Sequence[View], dataset: str, recognisers: dict[str, Recogniser]) -> None:
    """In a dataset of survey answers, the field called value, text or answer holds them; `Q3_why` with words in its cells does anywhere."""
    about = bool(_SURVEY.search(dataset))
    for view in views:
        if re.match(r"q \d+\b", view.name.text) and _worded(view):
            view.candidate(recognisers["survey_response"]).add(
                "neighbours", 4.0, "the name is the number of a question, and people write in its cells"
            )
        if not about:
            continue
        if view.name.leaf and view.name.leaf[-1] in {"value", "text", "answer", "response", "comment", "comments"} and len(view.name.leaf) <= 2:
            view.candidate(recognisers["survey_response"]).add("neighbours", 4.0, "the dataset is called after answers to a survey")


def _worded(view: View) -> bool:
    """Whether half of the cells are several words, and hardly any comes twice: an answer in own words, not one of a list."""
    p = view.profile
    return p.looked >= 1 and p.distinct >= 0.7 * p.cells and sum(" " in t and any(c.isalpha() for c in t) for t in p.texts) >= 0.5 * p.looked


def _coordinates(views: Sequence[View]) -> None:
    paired: set[int] = set()
    for left, right in pairwise(views):
        for a, b in ((left, right), (right, left)):
            if id(left) in paired:
                break
            lat, lon = a.candidates.get("latitude"), b.candidates.get("longitude")
            if lat is None or lon is None or not _degrees(a, lat) or not _degrees(b, lon) or (lat.said and lon.said):
                continue
            if any(v.name.known and c.said in {"", "never"} for v, c in ((a, lat), (b, lon))):
                continue
            if not _earthly(a, b) or a.profile.texts == b.profile.texts:
                continue
            weight = 7.0 if a is left else 6.0
            lat.add("neighbours", weight, "the field beside it holds matching longitudes")
            lon.add("neighbours", weight, "the field beside it holds matching latitudes")
            paired.add(id(right))
            break


def _degrees(view: View, candidate: Candidate) -> bool:
    return candidate.share is not None and candidate.share.share >= 0.97 and view.profile.numeric >= 0.97


def _earthly(lat: View, lon: View) -> bool:
    """Whether two number columns look like places: many decimals in both, or the quadrant of a continent."""
    a, b = ([float(t.replace(",", ".")) for t in v.profile.texts] for v in (lat, lon))
    if max(map(abs, b)) <= 1.0 or max(map(abs, a)) <= 1.0 or (len(a) != len(b) and abs(len(a) - len(b)) > 0.5 * max(len(a), len(b))):
        return False
    if _same_measure(a, b):
        return False
    americas = all(-170 <= x <= -30 for x in b) and all(-56 <= x <= 72 for x in a)
    if lat.profile.decimals >= 0.6 and lon.profile.decimals >= 0.6:
        return americas or (max(b) - min(b) < 360 and (min(a) < 0 or min(b) < 0 or (min(a) > 3 and min(b) > 1)) and _fine(lat) and _fine(lon))
    fractions = sum("." in t for v in (lat, lon) for t in v.profile.texts) >= 0.8 * (len(a) + len(b))
    return americas and fractions and min(len(a), len(b)) >= 4


def _same_measure(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether two columns lie in one positive range, as prices of a day or temperatures do: latitudes and longitudes part."""
    low, high = sorted(a), sorted(b)
    cut_a, cut_b = len(a) // 20, len(b) // 20
    a0, a1, b0, b1 = low[cut_a], low[-1 - cut_a], high[cut_b], high[-1 - cut_b]
    shared = min(a1, b1) - max(a0, b0)
    return min(a0, b0) > 0 and shared > 0.6 * max(a1 - a0, b1 - b0)


def _fine(view: View) -> bool:
    return sum(len(t.rpartition(".")[2]) >= 4 for t in view.profile.texts if "." in t) >= 0.6 * len(view.profile.texts)


def _people(views: Sequence[View], dataset: str) -> None:
    told = {
        v.best.recogniser.category
        for v in views
        if v.best is not None and v.best.recogniser.category in _DIRECT and v.best.recogniser.strength is Strength.DIRECT
    }
    about = bool(_PEOPLE.search(dataset)) and not _THINGS.search(dataset)
    for i, view in enumerate(views):
        name = view.candidates.get("person_name")
        if name is None or name.said in {"sure", "never"}:
            continue
        many = view.profile.distinct >= max(4, 0.4 * view.profile.cells)
        likeness = max(name.share.share if name.share else 0.0, 0.8 * name.tagged if many else 0.0)
        before = views[i - 1] if i else None
        sides = [views[j] for j in (i - 1, i + 1) if 0 <= j < len(views)]
        if view.name.leaf == ("name",) and likeness < 0.3 and any(_FORENAME.search(v.name.text) for v in sides):
            name.add("neighbours", 3.0, "it stands beside given names")
        if before is not None and _given(before) and not view.name.known and _surnames(view):
            name.add("neighbours", 3.0, "it stands behind given names, and its cells are single words")
        if any(_named(v) for v in sides) and likeness >= 0.3 and (not view.name.known or name.said):
            name.add("neighbours", 1.6, "the field beside it holds names, too")
        others = told - {Category.NAME}
        if others and likeness >= (0.25 if name.said else 0.5) and (name.said or not view.name.known):
            name.add(
                "neighbours",
                min(2.0, 0.9 * len(others)) * (view.profile.looked + 1) / (view.profile.looked + 2),
                f"the dataset also holds {', '.join(sorted(others))}",
            )
        if about and name.said in {"hint", "likely"} and view.name.leaf == ("name",):
            name.add("neighbours", 2.0, "the dataset is called after people")
        elif _THINGS.search(dataset) and view.name.leaf == ("name",):
            name.add("neighbours", -1.5, "the dataset is called after things")


def _echoes(views: Sequence[View], recogniser: Recogniser) -> None:
    """Words that come again before the @ of the dataset's e-mail addresses are names of people, known to a list or not."""
    mails = [t for v in views if (s := v.profile.matches.get("email")) and s.share >= 0.5 for t in v.profile.texts]
    if len(mails) < 3:
        return
    boxes = "\n".join(gazetteer.fold(t.partition("@")[0]) for t in mails)
    for view in views:
        known, p = view.candidates.get(recogniser.id), view.profile
        said = known.said if known else ""
        if said in {"sure", "never"} or (view.name.known and not said) or p.looked < 3 or p.prose or p.enum or p.numeric > 0.2:
            continue
        heard = [words for t in p.texts if "@" not in t and (words := [w for w in _LETTERS.findall(gazetteer.fold(t)) if w in boxes])]
        if len(heard) >= max(3, 0.4 * p.looked) and len({w for words in heard for w in words}) >= 3 and _spoken(p):
            view.candidate(recogniser).add(
                "neighbours", 4.5, f"words of {len(heard)} of {p.looked} cells come again in the dataset's e-mail addresses"
            )


def _spoken(profile: Profile) -> bool:
    """Whether most cells are written as people say them, not as accounts are called."""
    return sum(bool(_LOGIN.fullmatch(t)) for t in profile.texts) < 0.5 * profile.looked


def _given(view: View) -> bool:
    c = view.candidates.get("person_name")
    return c is not None and c.share is not None and c.share.share >= 0.6 and view.profile.single >= 0.8 and not view.profile.enum and c.logit > -1.6


def _surnames(view: View) -> bool:
    p = view.profile
    if p.single < 0.8 or p.enum or p.distinct < 0.4 * p.cells:
        return False
    plain = [gazetteer.fold(t) for t in p.texts]
    return sum(w in gazetteer.words("common") or w in gazetteer.words("countries") for w in plain) < 0.3 * len(plain) and sum(
        map(len, plain)
    ) >= 4 * len(plain)


def _named(view: View) -> bool:
    c = view.candidates.get("person_name")
    return c is not None and (c.said == "sure" or (c.share is not None and c.share.share >= 0.5 and not view.profile.enum)) and c.logit > -0.5


def _postal(views: Sequence[View], recognisers: dict[str, Recogniser]) -> None:
    places = [i for i, v in enumerate(views) if _place(v)]
    if not places:
        return
    for i, view in enumerate(views):
        c = view.candidates.get("postal_code")
        if (view.name.known and c is None) or (c is not None and c.said in {"sure", "never"}):
            continue
        if not _digits(view) or min(abs(i - j) for j in places) > 3 or view.profile.sequence:
            continue
        near = sum(abs(i - j) <= 4 for j in places)
        view.candidate(recognisers["postal_code"]).add(
            "neighbours", 3.6 + min(1.5, 0.6 * (near - 1)), "it stands beside towns, states or streets, and its cells have the form of postal codes"
        )


def _digits(view: View) -> bool:
    forms = view.profile.texts
    good = sum(
        bool(
            re.fullmatch(
                r"\d{5}(-\d{4})?|\d{3,4}|\d{6}|\d{3}-\d{4}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d\w? ?\d[A-Z]{2}|[A-Z]{1,2}\d{1,2}[A-Z]?|"
                r"\d{5}-\d{3}|[A-Z]{1,2}-\d{3,5}(?: \d\d)?|\d{4} ?[A-Z]{2}|\d{3} \d\d|\d\d-\d{3}",
                t,
            )
        )
        for t in forms
    )
    if sum(bool(_ROUND.fullmatch(t)) for t in forms) >= 0.35 * len(forms):
        return False
    numbers = [int(t) for t in forms if t.isdecimal()]
    if len(numbers) == len(forms) > 1 and max(numbers) - min(numbers) <= 4 * len(numbers):
        return False
    five = sum(bool(re.fullmatch(r"\d{5}(-\d{4})?", t)) for t in forms)
    return bool(forms) and (five >= 0.85 * len(forms) or (good >= 0.9 * len(forms) and five >= 0.25 * len(forms)))


def _street(view: View) -> bool:
    street = view.candidates.get("street_address")
    return street is not None and street.logit > 0


def _place(view: View) -> bool:
    if _street(view):
        return True
    if any((c := view.candidates.get(i)) is not None and c.logit > 0 for i in ("latitude", "longitude")):
        return True
    place = view.candidates.get("place")
    if place is not None and place.said == "sure":
        return True
    texts = view.profile.texts
    if not texts or view.profile.numeric > 0.2:
        return False
    towns = sum(gazetteer.city(t) for t in texts) / len(texts)
    states = sum(t.lower() in _STATES and t.isupper() for t in texts) / len(texts)
    lands = sum(gazetteer.region(t) for t in texts) / len(texts)
    return towns >= 0.4 or states >= 0.9 or lands >= 0.8
