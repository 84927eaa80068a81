"""Brings the opinion of the name models (`names.py`) into the verdict: the share of cells tagged as a person or a place."""

from __future__ import annotations

from collections.abc import Sequence

from ropewalk.detect.hits import NameTagger
from ropewalk.detect.packs import Recogniser
from ropewalk.detect.verdict import Candidate, View, unlisted, weigh
from ropewalk.model import Strength

CELLS = 60
"""Distinct cells of one field that the models see: they are the slowest of all recognisers."""
WEIGHT = 2.6
"""Log-odds if the models see one in every cell."""


def tag_views(views: Sequence[View], names: NameTagger, recognisers: dict[str, Recogniser]) -> None:
    """Asks the models about the fields where names are possible and not settled, all in one batch, and adds their signals."""
    asked: list[tuple[View, int]] = []
    cells: list[str] = []
    for view in views:
        if not _worth(view):
            continue
        texts = [t for t in view.profile.texts if len(t) <= 120][:CELLS]
        asked.append((view, len(texts)))
        cells += texts
    if not cells:
        return
    tagged = iter(zip(cells, names.tag(cells, "cell"), strict=True))
    for view, count in asked:
        people = streets = 0
        for _ in range(count):
            text, hits = next(tagged)
            people += sum(h.end - h.start for h in hits if h.entity == "PERSON") >= 0.6 * len(text)
            streets += any(h.entity == "LOCATION" and h.recogniser == "STREET_ADDRESS" for h in hits)
        _add(view, recognisers["person_name"], people, count, "a person")
        _add(view, recognisers["street_address"], streets, count, "a part of a street address")


def _add(view: View, recogniser: Recogniser, seen: int, count: int, what: str) -> None:
    c = view.candidates.get(recogniser.id)
    if c is None:
        if seen < 0.3 * count or view.name.known:
            return
        c = view.candidates[recogniser.id] = Candidate(recogniser)
    c.tagged = seen / count if count else 0.0
    if count and c.said != "never":
        weight = weigh(seen / count, WEIGHT, -0.8 * unlisted(c, view.profile), count)
        c.add("value", weight, f"the name models see {what} in {seen} of {count} different cells")


def _worth(view: View) -> bool:
    profile, best = view.profile, view.best
    if profile.looked < 1 or profile.prose or profile.numeric > 0.2 or profile.sequence:
        return False
    if best is not None and best.recogniser.strength is Strength.DIRECT and best.logit > 2.5:
        return False
    name = view.candidates.get("person_name")
    if name is not None:
        return name.said != "never" and -6 < name.logit < 3.5
    return not view.name.known and any(c.isalpha() for t in profile.texts[:5] for c in t)
