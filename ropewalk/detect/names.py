"""Names and places by two models and the lists, weighed: neither model alone is right often enough.

Cells of a table go to the small ONNX model, which is far the better one there; prose goes to both, every candidate
span gets a vector of evidence (`candidates.py`), and boosted trees fitted once (`benchmarks/fit_names.py`) weigh it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from ropewalk.detect.candidates import EVIDENCE, NAME_LABELS, PLACE_LABELS, Evidence, Span, joined
from ropewalk.detect.candidates import JOIN_NAME as GLUE
from ropewalk.detect.hits import Hit
from ropewalk.detect.rampart import VERSION, Rampart
from ropewalk.detect.spacy_ner import SpacyNer
from ropewalk.detect.trees import Trees

WEIGHTS = Path(__file__).parent / "weights"
NAME_LEAST, PLACE_LEAST = 0.2, 0.25
"""Probability from which a candidate counts: low, for a missed name costs more than a false one (measured by F2)."""
_PART = {
    "BUILDING_NUMBER": "STREET_ADDRESS", "STREET_NAME": "STREET_ADDRESS", "SECONDARY_ADDRESS": "STREET_ADDRESS", "CITY": "CITY", "STATE": "STATE",
    "ZIP_CODE": "ZIP_CODE",
}  # fmt: skip
_FIRM = (
    r"(?:Inc|LLC|Ltd|Limited|GmbH|AG|Corp|Corporation|Company|Co|PLC|plc|BV|NV|Oy|AB|KG|Group|Holdings?|Bank|University|School|College|Hospital|"
    r"Clinic|Hotel|Restaurant|Stores?|Shop|Foods?|Trading|Traders|Services?|Systems?|Solutions|Technolog\w+|Industr\w+|International|Association|"
    r"Foundation|Institute|Department|Council|Committee|Agency|Museum|Records|Orchestra|Band|Ensemble|Choir|Quartet|Airlines?|Airways|Motors|"
    r"Pharma\w*|Energy|Partners|Studios?|Pictures|Entertainment|Media|Press|Times|Factory|Electronics|Capital|Ventures|Insurance|Logistics|FC|"
    r"United|Club|Team|Party|Church|Army|Court|Union|League|Awards?|Prize|Festival|Tour|Cup|Championships?)"
)
_OF_A_FIRM = re.compile(rf"\b{_FIRM}\b")
_BEFORE_A_FIRM = re.compile(rf"(?:,? |-| & | and )(?:[A-Z][\w'’-]+ ){{0,2}}{_FIRM}\b")
_PEOPLES = frozenset(
    "american british english french german spanish italian dutch swedish norwegian danish finnish polish russian chinese japanese korean indian "
    "canadian australian african european asian mexican brazilian irish scottish welsh greek turkish arab jewish israeli iraqi iranian afghan "
    "pakistani cuban slovenian croatian serbian hungarian romanian bulgarian ukrainian czech slovak austrian swiss belgian portuguese cambodian "
    "vietnamese thai indonesian malaysian filipino egyptian moroccan nigerian kenyan ethiopian syrian lebanese saudi argentine chilean colombian "
    "peruvian muslim christian hindu buddhist sunni shiite catholic".split()
)


class Names:
    """Keeps `hits.NameTagger`. Models are loaded at first use, once a process; `version` tells which."""

    def __init__(self, spacy_model: str = "en_core_web_sm") -> None:
        self._model = spacy_model
        self.version = f"{spacy_model}+{VERSION}+2"

    def tag(self, values: Sequence[str], kind: str) -> list[list[Hit]]:
        """kind `cell`: PERSON and LOCATION hits of table cells; `prose`: of running text. One list a value."""
        return self._cells(values) if kind == "cell" else self._prose(values)

    @cached_property
    def _rampart(self) -> Rampart:
        return Rampart()

    @cached_property
    def _spacy(self) -> SpacyNer:
        return SpacyNer(self._model)

    @cached_property
    def _trees(self) -> tuple[Trees, Trees]:
        return Trees(WEIGHTS / "names.json", EVIDENCE), Trees(WEIGHTS / "places.json", EVIDENCE)

    def _cells(self, values: Sequence[str]) -> list[list[Hit]]:
        out = []
        for value, hits in zip(values, self._rampart.tag(values), strict=True):
            names = [Hit(a, b, "PERSON", s, "rampart") for a, b, s in joined(hits, NAME_LABELS, value, GLUE)]
            places = [Hit(h.start, h.end, "LOCATION", h.score, _PART[h.entity]) for h in hits if h.entity in PLACE_LABELS]
            out.append(sorted(names + places))
        return out

    def _prose(self, values: Sequence[str]) -> list[list[Hit]]:
        entities = self._spacy.tag(values)
        tags = self._rampart.tag(values, threshold=0.2)
        found = [Evidence(t, e, h) for t, e, h in zip(values, entities, tags, strict=True)]
        names, places = [e.names() for e in found], [e.places() for e in found]
        sure_names = iter(self._trees[0].probability([v for c in names for _, v in c]))
        sure_places = iter(self._trees[1].probability([v for c in places for _, v in c]))
        likely = [chosen([(s, next(sure_names)) for s, _ in n], [(s, next(sure_places)) for s, _ in p]) for n, p in zip(names, places, strict=True)]
        return [[h for h in hits if not _organisation(text, h)] for text, hits in zip(values, likely, strict=True)]


def _organisation(text: str, hit: Hit) -> bool:
    """Whether the words around, or the word itself, say that it is a firm, an institution or a people: `Martin` of `Martin Motors Ltd`."""
    part = text[hit.start : hit.end]
    if any(c.isdigit() for c in part):
        return False
    if part.lower().removesuffix("s") in _PEOPLES or _BEFORE_A_FIRM.match(text[hit.end : hit.end + 50]):
        return True
    return hit.entity == "PERSON" and _OF_A_FIRM.search(part) is not None


def chosen(names: Sequence[tuple[Span, float]], places: Sequence[tuple[Span, float]]) -> list[Hit]:
    """The likely candidates that do not overlap. A likely longer place takes in its parts: an address is one thing."""
    whole = []
    for span, p in places:
        inside = any(o != span and o[0] <= span[0] and span[1] <= o[1] and q >= 0.45 * p for o, q in places)
        whole.append((span, p * 0.15 if inside else p, "LOCATION"))
    likely = [(s, p, "PERSON") for s, p in names if p >= NAME_LEAST] + [c for c in whole if c[1] >= PLACE_LEAST]
    out: list[Hit] = []
    for (a, b), p, entity in sorted(likely, key=lambda c: (-c[1], c[0][0] - c[0][1], c[0])):
        if not any(a < h.end and h.start < b for h in out):
            out.append(Hit(a, b, entity, p, "names"))
    return sorted(out)
