"""The steps of Presidio and its libraries that the fast path walks itself, and whether the installed releases still walk them so.

Patterns, scores, context words, deny lists, validators and numbering plans are read from the libraries at run time; a new
release brings its own. Only the order of work is repeated here. Where a release changes the code of a step (comments and
docstrings do not count), the library's own code runs instead: the findings stay its own, and the scan is slower.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
import warnings
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

STEPS: dict[str, tuple[str, ...]] = {
    "engine": (
        "presidio_analyzer.analyzer_engine:AnalyzerEngine.analyze", "presidio_analyzer.analyzer_engine:AnalyzerEngine._enhance_using_context",
        "presidio_analyzer.analyzer_engine:AnalyzerEngine._AnalyzerEngine__remove_low_scores",
        "presidio_analyzer.entity_recognizer:EntityRecognizer.remove_duplicates",
        "presidio_analyzer.entity_recognizer:EntityRecognizer.enhance_using_context",
        "presidio_analyzer.context_aware_enhancers.lemma_context_aware_enhancer",
        "presidio_analyzer.nlp_engine.nlp_artifacts:NlpArtifacts.set_keywords",
    ),
    "patterns": (
        "presidio_analyzer.pattern_recognizer:PatternRecognizer.analyze",
        "presidio_analyzer.pattern_recognizer:PatternRecognizer._PatternRecognizer__analyze_patterns",
    ),
    "iban": (
        "presidio_analyzer.predefined_recognizers:IbanRecognizer.analyze",
        "presidio_analyzer.predefined_recognizers:IbanRecognizer._IbanRecognizer__analyze_patterns",
    ),
    "email": (
        "presidio_analyzer.predefined_recognizers:EmailRecognizer.validate_result",
        "tldextract.tldextract:extract", "tldextract.tldextract:TLDExtract.__call__", "tldextract.tldextract:TLDExtract.extract_str",
        "tldextract.tldextract:TLDExtract._extract_netloc", "tldextract.remote:lenient_netloc",
    ),
    "phones": (
        "presidio_analyzer.predefined_recognizers:PhoneRecognizer.analyze",
        "presidio_analyzer.predefined_recognizers:PhoneRecognizer._get_recognizer_result",
    ),
    "numbers": ("phonenumbers.phonenumbermatcher", "phonenumbers.phonenumberutil"),
    "lemmas": (
        "presidio_analyzer.nlp_engine.spacy_nlp_engine:SpacyNlpEngine._doc_to_nlp_artifact",
        "presidio_analyzer.nlp_engine.spacy_nlp_engine:SpacyNlpEngine.is_stopword",
        "presidio_analyzer.nlp_engine.spacy_nlp_engine:SpacyNlpEngine.is_punct", "spacy.pipeline.lemmatizer:Lemmatizer.__call__",
        "spacy.pipeline.lemmatizer:Lemmatizer.rule_lemmatize", "spacy.lang.en.lemmatizer",
    ),
}  # fmt: skip
PROVEN: dict[str, frozenset[str]] = {
    "engine": frozenset({"0291b16392c8"}),
    "patterns": frozenset({"18adc926c05d"}),
    "iban": frozenset({"e5ec072ad1dd"}),
    "email": frozenset({"5eb6e524ebbd"}),
    "phones": frozenset({"38a1fa2b5d31"}),
    "numbers": frozenset({"117ae86d66ba"}),
    "lemmas": frozenset({"702c7bd1896b"}),
}
"""Fingerprints of each step's code that `tests/detect/test_patterns.py` has passed with."""


@cache
def as_proven(step: str) -> bool:
    """Whether the installed code of a step is code that the fast path is proven against. Warns, once, if it is not."""
    if fingerprint(step) in PROVEN[step]:
        return True
    told = ", ".join(sorted({place.partition(".")[0] for place in STEPS[step]}))
    warnings.warn(
        f"the installed {told} works in a way that the fast path is not proven for ({step}): its own code is used, which is slower",
        RuntimeWarning,
        stacklevel=2,
    )
    return False


def fingerprint(step: str) -> str:
    """A hash of the step's code without comments, docstrings and empty lines; empty where the code is not to be had."""
    try:
        lines = [line for place in STEPS[step] for line in _code(_found(place))]
    except (ImportError, AttributeError, OSError, TypeError, SyntaxError):
        return ""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def _found(place: str) -> Any:
    module, _, name = place.partition(":")
    found: Any = import_module(module)
    for part in filter(None, name.split(".")):
        found = getattr(found, part)
    return found


def _code(of: Any) -> Iterator[str]:
    source = textwrap.dedent(inspect.getsource(of))
    told: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            told.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    for number, line in enumerate(source.splitlines(), 1):
        if number not in told and line.strip() and not line.lstrip().startswith("#"):
            yield line.rstrip()
