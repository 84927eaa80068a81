"""Fields of running text (notes, comments, messages): a bounded number of texts is read for people, addresses, telephones and cards.

What is found inside decides: one direct kind that outweighs the others names the field, several make it free text with
personal data in it; a gift message or an answer to a survey stays what its name says. E-mail addresses, IBANs and the like
are counted by the profile in all texts; here is what needs a reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ropewalk.detect import gazetteer, labelled
from ropewalk.detect.addresses import street
from ropewalk.detect.assembler import addresses
from ropewalk.detect.hits import Hit, NameTagger
from ropewalk.detect.packs import Recogniser
from ropewalk.detect.profile import Share
from ropewalk.detect.text import apart, machine_like
from ropewalk.detect.verdict import NAME, PRIOR, Candidate, View
from ropewalk.model import Category, Signal, Strength

TEXTS, CHARACTERS = 60, 400
"""Distinct texts of a field that are read, and characters of each: the models are the slowest of all recognisers."""
SURE = 0.6
"""Probability from which a name in prose counts for a field; in `text.py`, which marks spans, far less is enough."""
_NAMED = ("free_text", "gift_message", "survey_response", "review")
_KEPT = frozenset({Category.GIFT_MESSAGE, Category.SURVEY_RESPONSE})
_OPEN = frozenset("message messages text body content details reason request inquiry question instructions transcript answer".split())
_KIND = {"PERSON": "person_name", "STREET_ADDRESS": "street_address", "PHONE_NUMBER": "phone", "CREDIT_CARD": "card_number"}
_ONE = {"PERSON": "a person's name", "STREET_ADDRESS": "a street address", "PHONE_NUMBER": "a telephone number", "CREDIT_CARD": "a card number"}
_WORD = re.compile(r"[^\W\d_][\w'’-]+")


@dataclass(frozen=True)
class _Found:
    """One kind in the texts of a field: which texts hold it, how often each value stands there, and how much they weigh."""

    texts: list[str]
    values: dict[str, int]
    weight: float

    @property
    def repeated(self) -> bool:
        """The same value over and over: a brand or a template, not people."""
        return len(self.texts) >= 3 and max(self.values.values()) > 0.5 * sum(self.values.values())


def read_prose(views: Sequence[View], names: NameTagger | None, recognisers: dict[str, Recogniser]) -> None:
    """Reads the fields of running text among the views and adds what stands in them to their candidates."""
    for view in views:
        need = _need(view)
        if need is None:
            continue
        drawn = [t for t in view.profile.texts if " " in t]
        drawn = drawn[:: max(1, len(drawn) // TEXTS)][:TEXTS]
        human = [t for t in drawn if not machine_like(t)]
        if not human or len(human) < 0.3 * len(drawn):
            continue
        for entity, found in _read([t[:CHARACTERS] for t in human], names).items():
            _add(view, recognisers[_KIND[entity]], _ONE[entity], found, len(drawn), need)
        _settle(view, recognisers, len(drawn))


def _need(view: View) -> tuple[int, float] | None:
    """(texts, share of texts) in which a kind must stand before it counts; None where the field is no running text."""
    profile, best = view.profile, view.best
    if profile.numeric > 0.2 or profile.sequence or profile.enum or not profile.texts:
        return None
    told = any(c.said in {"sure", "likely"} for i in _NAMED if (c := view.candidates.get(i)))
    if best is not None and best.recogniser.strength is Strength.DIRECT and best.recogniser.category not in _KEPT:
        whole = best.share is not None and best.share.share >= 0.4
        if whole or best.said == "sure":
            return None
    if told and sum(t.count(" ") >= 2 for t in profile.texts) >= 0.2 * profile.looked:
        return 2, 0.0
    if not profile.prose:
        return None
    if not view.name.known or (view.name.leaf and view.name.leaf[-1] in _OPEN):
        return 3, 0.06
    return 4, 0.2


def _read(texts: Sequence[str], names: NameTagger | None) -> dict[str, _Found]:
    tagged: dict[str, list[Hit]] = {}
    asked = [t for t in texts if could_name(t)] if names is not None else []
    if names is not None and asked:
        tagged = dict(zip(asked, names.tag(asked, "prose"), strict=True))
    kinds: dict[str, tuple[list[str], dict[str, int], list[float]]] = {}
    for text in texts:
        built = [Hit(a, b, "STREET_ADDRESS", 0.9, "assembled") for a, b, k in addresses(text) if k >= 3 and street(text[a:b]) >= 0.9]
        seen: dict[str, float] = {}
        for hit in apart([*built, *labelled.cards(text), *labelled.phones(text), *(h for h in tagged.get(text, []) if h.entity == "PERSON")]):
            value = gazetteer.fold(text[hit.start : hit.end])
            weight = _person(value, hit.score) if hit.entity == "PERSON" else 1.0
            if weight <= 0 or hit.entity not in _KIND:
                continue
            values = kinds.setdefault(hit.entity, ([], {}, []))[1]
            values[value] = values.get(value, 0) + 1
            seen[hit.entity] = max(weight, seen.get(hit.entity, 0.0))
        for entity, weight in seen.items():
            kinds[entity][0].append(text)
            kinds[entity][2].append(weight)
    return {entity: _Found(held, values, sum(weights)) for entity, (held, values, weights) in kinds.items()}


def could_name(text: str) -> bool:
    """Whether the models are worth asking: a word of the lists of names, or two capitalised words side by side."""
    for word in _WORD.findall(text):
        folded = gazetteer.fold(word)
        if (folded in gazetteer.words("given") or folded in gazetteer.words("family")) and folded not in gazetteer.words("common"):
            return True
    return bool(re.search(r"(?<=[a-z,] )[^\W\d_a-z][a-zà-ÿ]+ [^\W\d_a-z][a-zà-ÿ]+", text)) or not text.isascii()


def _person(value: str, score: float) -> float:
    """What one tagged name counts: a given name with more behind it wholly, a single word or an unknown name half."""
    words = value.replace(".", " ").split()
    if score < SURE or gazetteer.firm(value) or not words or any(c.isdigit() for c in value):
        return 0.0
    if all(w in gazetteer.words("common") for w in words) or " ".join(words) in gazetteer.words("cities"):
        return 0.0
    known = any(w in gazetteer.words("given") for w in words)
    return 1.0 if known and len(words) >= 2 else 0.6 if known or len(words) == 2 else 0.3


def _add(view: View, recogniser: Recogniser, one: str, found: _Found, read: int, need: tuple[int, float]) -> None:
    """A candidate from what was read. It replaces the one that the whole cells gave, unless that one is stronger."""
    least, least_share = need
    before = view.candidates.get(recogniser.id)
    said = before.said if before else ""
    share = found.weight / read
    seen = len(found.texts)
    if recogniser.id != "person_name" and read <= 10:
        least = 1  # of few texts one with a telephone number or an address is many
    enough = found.weight >= min(least, 0.5 * read) and share >= least_share and not found.repeated and len(found.values) >= min(2, seen)
    if recogniser.id == "card_number":
        enough = True
    if said == "never" and recogniser.category is Category.NAME:
        enough = False
    cells = sum(view.sample.values.get(t, 1) for t in view.profile.texts if t[:CHARACTERS] in set(found.texts))
    c = Candidate(recogniser, said, inside=Share(cells, seen, seen / read))
    if said in {"sure", "likely"}:
        c.add("name", NAME[said], f"the name fits {recogniser.one}")
    weight = 4.4 + min(2.0, 4 * share) if enough else 1.5
    c.add("value", weight * read / (read + 0.3), f"in free text: {one} in {seen} of {read} texts")
    if before is None or before.logit < c.logit:
        view.candidates[recogniser.id] = c


def _settle(view: View, recognisers: dict[str, Recogniser], read: int) -> None:
    """Names the field after its dominant direct kind, or free text where none outweighs; what its name says may keep it."""
    direct = sorted(
        (c for c in view.candidates.values() if c.inside and c.recogniser.strength is Strength.DIRECT and c.logit > 0 and not _whole(c)),
        key=lambda c: -c.inside.share if c.inside else 0.0,
    )
    kinds = {c.recogniser.category: c for c in reversed(direct)}
    if not kinds:
        return
    bound = Signal("value", 0.0, f"{read} of {view.profile.distinct:,} different texts were read, up to {CHARACTERS} characters of each")
    words = [s for c in kinds.values() for s in c.signals if s.words.startswith("in free text")]
    kept = next((c for i in _NAMED if (c := view.candidates.get(i)) and c.recogniser.category in _KEPT and c.said in {"sure", "likely"}), None)
    if kept is not None:
        kept.add("value", max(0.0, 3.0 - PRIOR - sum(s.weight for s in kept.signals)) or 0.1, "direct personal data stands in it")
        kept.signals += [*(Signal(s.kind, 0.0, s.words) for s in words), bound]
        view.settled, view.direct = kept, True
        return
    ranked = sorted(kinds.values(), key=lambda c: -c.inside.share if c.inside else 0.0)
    first = ranked[0]
    if len(ranked) > 1 and first.inside and ranked[1].inside and ranked[1].inside.share > 0.5 * first.inside.share:
        mixed = Candidate(recognisers["free_text"], inside=first.inside)
        mixed.add("value", max(c.logit for c in ranked) - PRIOR, "several kinds of personal data stand in the texts")
        mixed.signals += [*(Signal(s.kind, 0.0, s.words) for s in words), bound]
        view.candidates["free_text"] = mixed
        view.settled, view.direct = mixed, True
        return
    first.signals.append(bound)
    view.settled = first


def _whole(c: Candidate) -> bool:
    """Whether the cells are the thing itself rather than texts that hold it."""
    return c.share is not None and c.inside is not None and c.share.share > max(0.4, c.inside.share)
