"""Candidate spans for names and places in prose, and the evidence for each: what two models and the lists say of it.

Every candidate gets the same vector of evidence (EVIDENCE names its parts); `names.py` weighs it. Nothing here decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ropewalk.detect.assembler import addresses, units
from ropewalk.detect.gazetteer import fold, words
from ropewalk.detect.hits import Hit
from ropewalk.detect.spacy_ner import Entity

Span = tuple[int, int]
NAME_LABELS = frozenset({"GIVEN_NAME", "SURNAME"})
PLACE_LABELS = frozenset({"BUILDING_NUMBER", "STREET_NAME", "SECONDARY_ADDRESS", "CITY", "STATE", "ZIP_CODE"})
_SPACY_PLACES = frozenset({"GPE", "LOC", "FAC"})
JOIN_NAME = re.compile(r"[ .'’\-]{0,3}$")
_JOIN_PLACE = re.compile(r"[\s,.\-#/()']{0,4}$")
_RUN = re.compile(r"[A-ZÀ-ÖØ-Þ][\w'’\-]*\.?(?: (?:(?:de|la|van|von|der|den|del|di|da|bin|al|of|the|and) )?[A-ZÀ-ÖØ-Þ][\w'’\-]*\.?){0,3}")
_TITLE = re.compile(
    r"(?i)\b(?:mr|mrs|ms|miss|dr|prof|sir|dame|lord|lady|president|senator|king|queen|saint|captain|coach|actor|singer|by|dear|hi|hello|name is|"
    r"i am|i'm)\.?[:,]?\s+$"
)
_PLACE_BEFORE = re.compile(
    r"(?i)\b(?:in|at|from|to|near|of|lives? (?:in|at)|address(?: is)?:?|based in|born in|visit(?:ing)?|into|across|around|city of|river|lake|"
    r"mount)\s+(?:the\s+)?$"
)
_SMALL = re.compile(r"(?<![\w@#])[a-z]{3,}(?:'[a-z]+)?(?![\w@])")
_WEAK = frozenset(
    "january february march april may june july august september october november december monday tuesday wednesday thursday friday "
    "saturday sunday".split()
)
_BEFORE = "in at from to of near the a an by with and for is was mr mrs dr dear hi name called my our his her new into that as via on".split()
_AFTER = "said says is was and of in who has had 's street river county city state university , . ( band album company inc club fc to from".split()
_WORD = re.compile(r"'s|\w+|[^\w\s]")
EVIDENCE = (
    "spacy_person", "spacy_place", "spacy_org", "spacy_other", "model_name", "model_place", "model_sure", "both", "capital", "lower", "upper",
    "odd", "given", "family", "given_family", "common", "all_common", "single", "many", "title", "place_before", "city", "shouting", "handle", "long",
    "calendar", "edge", "both_exact", "assembled", "digits", "region", "number",
    *(f"before_{w}" for w in _BEFORE), *(f"after_{w}" for w in _AFTER), "before_edge", "after_edge", "before_digit", "after_digit", "before_mark",
    "after_mark", "second_before", "next_capital", "last_capital", "length", "capitals", "social", "size", "all_lower", "lines",
)  # fmt: skip


def overlap(a: Span, b: Span) -> float:
    """Intersection over union of two spans, 0..1."""
    inter = min(a[1], b[1]) - max(a[0], b[0])
    return 0.0 if inter <= 0 else inter / (max(a[1], b[1]) - min(a[0], b[0]))


def joined(hits: Iterable[Hit], labels: frozenset[str], text: str, glue: re.Pattern[str]) -> list[tuple[int, int, float]]:
    """Runs of the model's hits of these labels with nothing but glue between: (start, end, highest score)."""
    out: list[tuple[int, int, float]] = []
    for hit in hits:
        if hit.entity not in labels:
            continue
        if out and glue.match(text[out[-1][1] : hit.start]):
            out[-1] = (out[-1][0], hit.end, max(out[-1][2], hit.score))
        else:
            out.append((hit.start, hit.end, hit.score))
    return out


class Evidence:
    """All that is known of one text; `names()` and `places()` give (span, vector as in EVIDENCE)."""

    def __init__(self, text: str, entities: Sequence[Entity], hits: Sequence[Hit]) -> None:
        self.text, self.entities = text, entities
        self.model_names = joined(hits, NAME_LABELS, text, JOIN_NAME)
        self.model_places = joined(hits, PLACE_LABELS, text, _JOIN_PLACE)
        self.runs = [m.span() for m in _RUN.finditer(text)]
        self.built = {(a, b): kinds for a, b, kinds in addresses(text)}
        letters = [c for c in text if c.isalpha()]
        self.shouting = bool(letters) and sum(c.isupper() for c in letters) > 0.6 * len(letters)

    def names(self) -> list[tuple[Span, list[float]]]:
        spans = {(a, b) for a, b, _ in self.entities} | {(a, b) for a, b, _ in self.model_names}
        spans |= {s for run in self.runs for s in self._parts(run) if self._named(s)}
        spans |= {m.span() for m in _SMALL.finditer(self.text) if m.group() in words("given") and m.group() not in words("common")}
        return [(s, self._vector(s)) for s in sorted(self._trimmed(spans))]

    def places(self) -> list[tuple[Span, list[float]]]:
        spans = {(a, b) for a, b, _ in self.entities} | {(a, b) for a, b, _ in self.model_places} | set(self.built) | set(units(self.text))
        spans |= {s for run in self.runs for s in self._parts(run) if self._place(s)}
        spans |= {m.span() for m in _SMALL.finditer(self.text) if m.group() in words("regions")}
        return [(s, self._vector(s)) for s in sorted(self._trimmed(spans))]

    def _trimmed(self, spans: Iterable[Span]) -> set[Span]:
        out = set()
        for a, b in spans:
            part = self.text[a:b]
            if part.endswith(("'s", "’s")):
                b -= 2
            while b > a and not (self.text[b - 1].isalnum() or self.text[b - 1] in ".)"):
                b -= 1
            while a < b and not (self.text[a].isalnum() or self.text[a] in "(#@"):
                a += 1
            if b - a >= 2:
                out.add((a, b))
        return out

    def _parts(self, run: Span) -> list[Span]:
        """A run of capitalised words, and every run of up to four words in it."""
        marks = [(run[0] + m.start(), run[0] + m.end()) for m in re.finditer(r"\S+", self.text[run[0] : run[1]])]
        return [run, *((a, marks[j][1]) for i, (a, _) in enumerate(marks) for j in range(i, min(i + 4, len(marks))))]

    def _named(self, span: Span) -> bool:
        tokens = [fold(t) for t in self._tokens(span)]
        return tokens[0] in words("given") or (len(tokens) == 1 and tokens[0] in words("family") and tokens[0] not in words("common"))

    def _place(self, span: Span) -> bool:
        folded = fold(self.text[span[0] : span[1]])
        return folded in words("cities") or folded in words("regions")

    def _tokens(self, span: Span) -> list[str]:
        return [t for t in re.split(r"[\s.,]+", self.text[span[0] : span[1]]) if t] or [""]

    def _vector(self, span: Span) -> list[float]:
        text = self.text[span[0] : span[1]]
        tokens = self._tokens(span)
        folded = [fold(t).strip("'’\"()#@") for t in tokens]
        labels = {label: overlap(span, (a, b)) for a, b, label in self.entities if overlap(span, (a, b)) > 0.3}
        person = labels.get("PERSON", 0.0)
        place = max((v for k, v in labels.items() if k in _SPACY_PLACES), default=0.0)
        other = max((v for k, v in labels.items() if k not in _SPACY_PLACES and k not in {"PERSON", "ORG"}), default=0.0)
        name, sure = max(((overlap(span, (a, b)), s) for a, b, s in self.model_names), default=(0.0, 0.0))
        where, sure2 = max(((overlap(span, (a, b)), s) for a, b, s in self.model_places), default=(0.0, 0.0))
        given, family = folded[0] in words("given"), folded[-1] in words("family")
        common = [f in words("common") for f in folded]
        before = self.text[max(0, span[0] - 24) : span[0]]
        capital = all(t[:1].isupper() or t.lower() in {"de", "la", "van", "von", "of", "the"} for t in tokens)
        return [
            person, place, labels.get("ORG", 0.0), other, name * sure, where * sure2, max(sure, sure2),
            float(person > 0.5 and name > 0.5), float(capital), float(text.islower()), float(text.isupper() and len(text) > 3),
            float(any(c in "=<>{}[]/\\|_*@:;" for c in text)), float(given), float(family), float(given and family and len(tokens) > 1),
            float(any(common)), float(all(common)), float(len(tokens) == 1), float(len(tokens) > 3), float(bool(_TITLE.search(before))),
            float(bool(_PLACE_BEFORE.search(before))), float(" ".join(folded) in words("cities")), float(self.shouting),
            float(before[-1:] in {"@", "#"} or text[:1] in {"@", "#"}), float(len(text) > 25), float(any(f in _WEAK for f in folded)),
            float(span[0] == 0), float(person > 0.99 and name > 0.99),
            max((k / 6 for s, k in self.built.items() if overlap(span, s) > 0.9), default=0.0),
            float(any(c.isdigit() for c in text)), float(" ".join(folded) in words("regions")), float(not any(c.isalpha() for c in text)),
            *self._around(span),
        ]  # fmt: skip

    def _around(self, span: Span) -> list[float]:
        near = self.text[max(0, span[0] - 20) : span[0]].lower()
        words_before, words_after = _WORD.findall(near), _WORD.findall(self.text[span[1] : span[1] + 20].lower())
        before = words_before[-1] if words_before else ""
        after = words_after[0] if words_after else ""
        second = words_before[-2] if len(words_before) > 1 else ""
        last = self.text[max(0, span[0] - 12) : span[0]].split()
        text = self.text[span[0] : span[1]]
        return [
            *(float(before == w) for w in _BEFORE), *(float(after == w) for w in _AFTER),
            float(not before), float(not after), float(before.isdigit()),
            float(after.isdigit()), float(not before.isalnum()), float(not after.isalnum()), float(second in {"in", "at", "from", "of", "by"}),
            float(self.text[span[1] : span[1] + 2].strip()[:1].isupper()), float(bool(last) and last[-1][:1].isupper()), len(self.text) / 300,
            sum(c.isupper() for c in self.text) / max(1, len(self.text)), float(any(c in self.text for c in "@#") or "http" in self.text),
            len(text) / 30, float(self.text.islower()), float("\n" in self.text),
        ]  # fmt: skip
