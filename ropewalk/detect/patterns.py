"""The exact fast path: what Presidio's AnalyzerEngine finds with these recognisers, found with far less work.

values -> gate (one Hyperscan pass) -> Presidio's own regular expressions and validators where the gate lets through
-> context -> threshold -> Presidio's removal of duplicates. Per value the set of (entity, start, end, score) is the one
that `AnalyzerEngine.analyze(value, language, context=context, score_threshold=threshold)` returns;
`tests/detect/test_patterns.py` proves it. A recogniser with its own `analyze` is asked itself, for every value; so is everything
whose code a release of Presidio changed (`steps.py`).
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from ropewalk.detect.duplicates import Raw, without_contained
from ropewalk.detect.gate import Gate, plain
from ropewalk.detect.hits import Hit
from ropewalk.detect.lemmas import Lemmas, TextContext
from ropewalk.detect.recognisers import nlp_engine, stock_analyzer
from ropewalk.detect.rules import Found, Rule, UnusualResult, rules_of
from ropewalk.detect.steps import as_proven

BOOST, LEAST, MOST = 0.35, 0.4, 1.0
"""LemmaContextAwareEnhancer: what a context word adds, and the bounds of the outcome."""
BLOCK = 4096
"""Values looked at together: bounds the memory of one step."""


class PatternEngine:
    """Use `PatternEngine.of`. Not for several threads at once; each process builds its own."""

    def __init__(self, recognisers: Sequence[Any], threshold: float, language: str, nlp: Any = None) -> None:
        self._recognisers = [r for r in recognisers if r.supported_language == language]
        self._threshold, self._language, self._nlp = threshold, language, nlp
        self._rules = [rule for n, r in enumerate(self._recognisers) for rule in rules_of(r, n)]
        self._entities = sorted({e for r in self._recognisers for e in r.supported_entities})
        self._contexts = [tuple(w.lower() for w in r.context or ()) for r in self._recognisers]
        self._stock = any(_enhances(r) for r in self._recognisers) or not as_proven("engine")
        self.version = self._digest()

    @classmethod
    def of(cls, recognisers: Sequence[Any], *, threshold: float = 0.0, language: str = "en", nlp: Any = None) -> PatternEngine:
        """recognisers: Presidio EntityRecognizers, those of other languages are left out as Presidio leaves them out.

        threshold: as `score_threshold`; nlp: Presidio's NLP engine for context words (default: the language's small spaCy
        model, loaded only when a text needs it).
        """
        return cls(recognisers, threshold, language, nlp)

    def scan(self, values: Sequence[str], *, context: Sequence[str] = ()) -> list[list[Hit]]:
        """Per value its hits, highest score first. Give distinct values: each is worked on."""
        if self._stock:
            return [self._by_stock(value, context) for value in values]
        lowered = [word.lower() for word in context]
        boosted = [any(word in outside for word in words for outside in lowered) for words in self._contexts]
        out: list[list[Hit]] = []
        for first in range(0, len(values), BLOCK):
            with self._memory(), _no_collection():
                out.extend(self._block(values[first : first + BLOCK], boosted, context))
        return out

    def _block(self, values: Sequence[str], boosted: Sequence[bool], context: Sequence[str]) -> list[list[Hit]]:
        count, rules, always = len(self._rules), self._rules, self._always
        ordinary = [i for i, value in enumerate(values) if plain(value)]
        passed: dict[int, list[int]] = {}
        for i, number in self._gate.passes(values if len(ordinary) == len(values) else [values[i] for i in ordinary]):
            passed.setdefault(ordinary[i], []).append(number)
        todo: dict[int, tuple[Sequence[Rule], frozenset[int]]] = {}
        for i, numbers in passed.items():
            if numbers[0] < count:
                spoken = self._mute.union([n - count for n in numbers if n >= count]) if numbers[-1] >= count else self._mute
                todo[i] = ([rules[n] for n in sorted([*(n for n in numbers if n < count), *always])], spoken)
        if always or len(ordinary) < len(values):
            tried, plainly = [rules[n] for n in always], set(ordinary)
            for i in range(len(values)):
                if i not in plainly:
                    todo[i] = (rules, self._speaking)
                elif always and i not in todo:
                    todo[i] = (tried, self._mute.union(n - count for n in passed.get(i, ()) if n >= count))
        out: list[list[Hit]] = [[] for _ in values]
        untagged = []
        for i, (some, spoken) in todo.items():
            try:
                hits = self._value(values[i], some, boosted, spoken)
            except UnusualResult:
                hits = self._by_stock(values[i], context)
            if hits is None:
                untagged.append(i)
            else:
                out[i] = hits
        for i, tagged in zip(untagged, self._lemmas.tag([values[i] for i in untagged]) if untagged else (), strict=True):
            out[i] = self._value(values[i], todo[i][0], boosted, todo[i][1], tagged) or []
        return out

    def _value(self, value: str, rules: Sequence[Rule], boosted: Sequence[bool], speaking: frozenset[int], tagged: Any = None) -> list[Hit] | None:
        """The hits of one value; None if it must be tagged first.

        rules: in their order, so that those of one recogniser stand together; speaking: numbers of the recognisers one of
        whose context words may lie in the value.
        """
        words = TextContext(value, self._lemmas, tagged) if self._needs_words else None
        found: list[tuple[int, Found]] = []
        several = False
        for rule in rules:
            hits = rule.find(value, self._entities, words)
            if hits:
                number = rule.recogniser
                several = several or len(hits) > 1 or bool(found and found[-1][0] == number)
                found.extend([(number, hit) for hit in hits])
        if not found:
            return []
        if several:
            found = self._own_duplicates(found)
        by_entity: dict[str, list[Raw]] = {}
        for number, (entity, start, end, score) in found:
            context = self._contexts[number]
            if context and (boosted[number] or number in speaking):
                supported: bool | None = boosted[number]
                if not supported:
                    words = words or TextContext(value, self._lemmas, tagged)
                    supported = words.supports(start, end, context)
                if supported is None:
                    return None
                if supported:
                    score = min(max(score + BOOST, LEAST), MOST)
            if score >= self._threshold:
                by_entity.setdefault(entity, []).append((start, end, score, number))
        names = self._names
        out = [
            Hit(start, end, entity, score, names[number])
            for entity, raw in by_entity.items()
            for start, end, score, number in (without_contained(raw) if len(raw) > 1 or not raw[0][2] else raw)
        ]
        if len(out) > 1:
            out.sort(key=_rank)
        return out

    def _own_duplicates(self, found: list[tuple[int, Found]]) -> list[tuple[int, Found]]:
        """What each recogniser itself drops before context is looked at."""
        out: list[tuple[int, Found]] = []
        for number, group in groupby(found, key=itemgetter(0)):
            hits = list(group)
            if len(hits) > 1 and self._removes[number]:
                entity = hits[0][1][0]
                out += [(number, (entity, s, e, c)) for s, e, c, _ in without_contained([(s, e, c, number) for _, (_, s, e, c) in hits])]
            else:
                out += hits
        return out

    @cached_property
    def _gate(self) -> Gate:
        """Rules first, then one pattern a recogniser: traces of its context words."""
        return Gate([rule.gate for rule in self._rules] + [self._lemmas.pattern(words) for words in self._contexts])

    @cached_property
    def _always(self) -> list[int]:
        """Rules outside the gate."""
        return [n for n in self._gate.always if n < len(self._rules)]

    @cached_property
    def _speaking(self) -> frozenset[int]:
        return frozenset(range(len(self._recognisers)))

    @cached_property
    def _mute(self) -> frozenset[int]:
        """Recognisers whose context words the gate cannot see: always taken as possibly there."""
        return frozenset(n - len(self._rules) for n in self._gate.always if n >= len(self._rules))

    @cached_property
    def _removes(self) -> dict[int, bool]:
        return {rule.recogniser: rule.removes_duplicates for rule in self._rules}

    @cached_property
    def _names(self) -> list[str]:
        return [r.name for r in self._recognisers]

    @cached_property
    def _needs_words(self) -> bool:
        return any(rule.wants_artifacts for rule in self._rules)

    @cached_property
    def _engine(self) -> Any:
        return self._nlp or nlp_engine(self._language)

    @cached_property
    def _lemmas(self) -> Lemmas:
        return Lemmas(self._engine, self._language)

    @cached_property
    def _analyzer(self) -> Any:
        return stock_analyzer(self._recognisers, language=self._language, engine=self._engine)

    def _memory(self) -> Any:
        """spaCy forgets the strings of a block when the block ends: its vocabulary does not grow with the data."""
        lemmas = self._lemmas
        return lemmas.nlp.memory_zone() if lemmas.nlp is not None else nullcontext()

    def _by_stock(self, value: str, context: Sequence[str]) -> list[Hit]:
        results = self._analyzer.analyze(value, self._language, context=list(context) or None, score_threshold=self._threshold)
        names = {r.id: r.name for r in self._recognisers}
        return [
            Hit(r.start, r.end, r.entity_type, r.score, names.get((r.recognition_metadata or {}).get("recognizer_identifier"), "")) for r in results
        ]

    def _digest(self) -> str:
        import presidio_analyzer

        parts = [getattr(presidio_analyzer, "__version__", ""), self._language, str(self._threshold)]
        parts += [f"{r.name}|{r.version}|{sorted(r.supported_entities)}|{r.context}" for r in self._recognisers]
        parts += [f"{rule.recogniser}|{rule.gate}|{rule.score}" for rule in self._rules]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pauses Python's cycle collector for one block: the work makes many small objects and no cycles (a third of the time)."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _rank(hit: Hit) -> tuple[float, int, int]:
    return -hit.score, hit.start, hit.start - hit.end


def _enhances(recogniser: Any) -> bool:
    from presidio_analyzer import EntityRecognizer

    own = "enhance_using_context" in vars(recogniser)
    return own or type(recogniser).enhance_using_context is not EntityRecognizer.enhance_using_context
