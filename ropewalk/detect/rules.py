"""One rule is one regular expression of one recogniser, or a recogniser that is asked as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ropewalk.detect.phones import Phones
from ropewalk.detect.steps import as_proven

EVERYTHING = ("", 0)
"""A pattern that no gate takes: the rule is tried on every value."""
Found = tuple[str, int, int, float]


class UnusualResult(Exception):
    """A recogniser marked its results for Presidio's later steps: the text takes Presidio's own way."""


class Rule:
    """gate: (pattern, flags) that lets a value through; recogniser: its number in the engine.

    removes_duplicates: whether the recogniser drops its own contained hits before context is looked at.
    """

    wants_artifacts = False
    removes_duplicates = True
    score = 0.0

    def __init__(self, recogniser: Any, number: int, gate: tuple[str, int]) -> None:
        self.owner, self.recogniser, self.gate = recogniser, number, gate

    def find(self, text: str, entities: Sequence[str], words: Any) -> list[Found]:
        raise NotImplementedError


class PatternRule(Rule):
    """A pattern of a PatternRecognizer, with the recogniser's own validators: Presidio's `__analyze_patterns`, one pattern of it."""

    def __init__(self, recogniser: Any, number: int, pattern: Any) -> None:
        import regex
        from presidio_analyzer import PatternRecognizer
        from presidio_analyzer.predefined_recognizers import EmailRecognizer

        flags = int(recogniser.global_regex_flags)
        super().__init__(recogniser, number, (pattern.regex, flags))
        self._search = regex.compile(pattern.regex, flags=flags).finditer
        self.score = pattern.score
        self._entity = recogniser.supported_entities[0]
        kind = type(recogniser)
        validates = kind.validate_result is not PatternRecognizer.validate_result or "validate_result" in vars(recogniser)
        invalidates = kind.invalidate_result is not PatternRecognizer.invalidate_result or "invalidate_result" in vars(recogniser)
        self._validate = recogniser.validate_result if validates else None
        self._invalidate = recogniser.invalidate_result if invalidates else None
        if kind.validate_result is EmailRecognizer.validate_result and "validate_result" not in vars(recogniser) and as_proven("email"):
            self._validate = _known_domain

    def find(self, text: str, entities: Sequence[str], words: Any) -> list[Found]:
        out = []
        for match in self._search(text):
            start, end = match.span()
            if start == end:
                continue
            score = self.score
            if self._validate is not None:
                valid = self._validate(text[start:end])
                if valid is not None:
                    score = 1.0 if valid else 0.0
            if self._invalidate is not None and self._invalidate(text[start:end]):
                score = 0.0
            if score > 0.0:
                out.append((self._entity, start, end, score))
        return out


def _known_domain(match: str) -> bool:
    """EmailRecognizer's validator; tldextract looks at nothing but the host, so hosts are remembered.

    Without one of these characters before the `@`, its host is what follows the `@`; a match has neither spaces nor a
    final dot there. With one, it takes the address for the rest of a URL.
    """
    if "/" in match or "?" in match or "#" in match or ":" in match:
        from tldextract.remote import lenient_netloc

        return _known_host(lenient_netloc(match))
    return _known_host(match.rpartition("@")[2])


@lru_cache(maxsize=100_000)
def _known_host(host: str) -> bool:
    from tldextract import tldextract

    return bool(tldextract.TLD_EXTRACTOR._extract_netloc(host, False).fqdn)


class IbanRule(Rule):
    """IbanRecognizer: its groups are tried from the longest to the shortest until one validates."""

    removes_duplicates = False

    def __init__(self, recogniser: Any, number: int, pattern: Any) -> None:
        import regex

        flags = int(recogniser.global_regex_flags)
        super().__init__(recogniser, number, (pattern.regex, flags))
        self._search = regex.compile(pattern.regex, flags=flags).finditer
        self._entity, self.score = recogniser.supported_entities[0], pattern.score

    def find(self, text: str, entities: Sequence[str], words: Any) -> list[Found]:
        out = []
        for match in self._search(text):
            start = match.start()
            for group in range(len(match.groups()), 0, -1):
                end = match.end(group) if match.end(group) > 0 else match.end()
                if text[start:end]:
                    valid = self.owner.validate_result(text[start:end])
                    score = self.score if valid is None else 1.0 if valid else 0.0
                    if score > 0.0:
                        out.append((self._entity, start, end, score))
                        break
        return out


class PhoneRule(Rule):
    """PhoneRecognizer: the matchers of its regions."""

    def __init__(self, recogniser: Any, number: int) -> None:
        self._phones = Phones(recogniser.supported_regions, recogniser.leniency)
        super().__init__(recogniser, number, (self._phones.gate, int(re.MULTILINE | re.IGNORECASE)))
        self._entity, self.score = recogniser.supported_entities[0], recogniser.SCORE

    def find(self, text: str, entities: Sequence[str], words: Any) -> list[Found]:
        return [(self._entity, start, end, self.score) for start, end in self._phones.spans(text)]


class OwnRule(Rule):
    """A recogniser that is asked itself, for every value."""

    wants_artifacts = True
    removes_duplicates = False

    def __init__(self, recogniser: Any, number: int) -> None:
        super().__init__(recogniser, number, EVERYTHING)

    def find(self, text: str, entities: Sequence[str], words: Any) -> list[Found]:
        if not self.owner.is_loaded:
            self.owner.load()
            self.owner.is_loaded = True
        found = self.owner.analyze(text=text, entities=list(entities), nlp_artifacts=words.artifacts) or []
        for result in found:
            told = result.recognition_metadata or {}
            if told.get("recognizer_identifier", self.owner.id) != self.owner.id or told.get("is_score_enhanced_by_context"):
                raise UnusualResult
        return [(r.entity_type, r.start, r.end, r.score) for r in found]


def rules_of(recogniser: Any, number: int) -> list[Rule]:
    """The rules of one recogniser; its number is its place in the engine."""
    from presidio_analyzer import PatternRecognizer
    from presidio_analyzer.predefined_recognizers import IbanRecognizer, PhoneRecognizer

    kind, own = type(recogniser), vars(recogniser)
    if "analyze" in own or not as_proven("patterns"):
        return [OwnRule(recogniser, number)]
    kept = ("analyze", "_PatternRecognizer__analyze_patterns", "build_regex_explanation")
    if all(getattr(kind, name, None) is getattr(PatternRecognizer, name) for name in kept):
        return [PatternRule(recogniser, number, pattern) for pattern in recogniser.patterns]
    if kind is IbanRecognizer and as_proven("iban"):
        return [IbanRule(recogniser, number, pattern) for pattern in recogniser.patterns]
    if kind is PhoneRecognizer and as_proven("phones"):
        return [PhoneRule(recogniser, number)]
    return [OwnRule(recogniser, number)]
