"""The fast path finds what Presidio's AnalyzerEngine finds: same entity, start, end and score, for every text."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from adversarial import corpus, texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from presidio_analyzer import AnalysisExplanation, EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, EmailRecognizer, IbanRecognizer, PhoneRecognizer

from ropewalk.detect import gate, steps
from ropewalk.detect.patterns import PatternEngine
from ropewalk.detect.recognisers import nlp_engine, stock_analyzer, stock_recognisers

Found = set[tuple[str, int, int, float]]


class Tagged(EntityRecognizer):
    """A user's own: looks at lemmas, finds what no pattern finds."""

    def load(self) -> None: ...

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        assert "FRIEND" in entities
        return [
            RecognizerResult("FRIEND", t.idx, t.idx + len(t), 0.3)
            for t, lemma in zip(nlp_artifacts.tokens, nlp_artifacts.lemmas, strict=True)
            if lemma == "be"
        ]


class EvenDigits(PatternRecognizer):
    """Overrides the validators only: stays on the fast path."""

    def validate_result(self, pattern_text: str) -> bool | None:
        return None if len(pattern_text) > 3 else int(pattern_text) % 2 == 0

    def invalidate_result(self, pattern_text: str) -> bool | None:
        return pattern_text.startswith("00")


class Neighbours(PatternRecognizer):
    """Boosts its own results: the whole text must take Presidio's way."""

    def enhance_using_context(
        self, text: str, raw_recognizer_results: Any, other_raw_recognizer_results: Any, nlp_artifacts: Any, context: Any = None
    ) -> Any:
        for result in raw_recognizer_results:
            result.score = 0.9 if other_raw_recognizer_results else result.score
        return raw_recognizer_results


def users() -> list[EntityRecognizer]:
    """Recognisers as users write them: anchors, lookarounds, deny lists, odd syntax, no context, multi-word context."""
    one = [
        ("ANCHORED", r"\A[A-Z]{3}\d"),
        ("ENDED", r"\d{3}$"),
        ("BEHIND", r"(?<!\s)\d{4}(?!\n)"),
        ("FUZZY", r"(?:visa){e<=1}"),
        ("BACK", r"(\d\d)-\1"),
        ("POSSESSIVE", r"\d++-"),
        ("UPTO", r"x{,2}9{3}"),
        ("UNICODE", r"[é日]+\d*"),
        ("EMPTY", r"\d*"),
        ("POSIX", r"[[:digit:]]{5}"),
        ("NEWLINE", r"\d\n\d"),
        ("NAMED", r"(?P<a>card)\W"),
        ("VERBOSE", r"(?x) \d{2} \. \d{2}"),
        ("SPACE", r"\d\s\d"),
    ]
    out: list[EntityRecognizer] = [
        PatternRecognizer(entity, name=entity, patterns=[Pattern(entity, regex, 0.3)], context=["card", "social security"] if i % 2 else None)
        for i, (entity, regex) in enumerate(one)
    ]
    plain = PatternRecognizer("NOFLAGS", patterns=[Pattern("n", r"^[a-z]+.\d", 0.2), Pattern("m", r"card$", 0.2)], global_regex_flags=0)
    deny = PatternRecognizer("DENIED", deny_list=["card", "u.s", "日本", "number's"], context=["visa"])
    split = PatternRecognizer("EVEN", name="split", patterns=[Pattern("in", r"\d{3}", 0.3), Pattern("out", r"\S++", 0.3)], context=["card"])
    even = EvenDigits("EVEN", patterns=[Pattern("e", r"\b\d{1,4}\b", 0.4), Pattern("f", r"\b\d{2}\b", 0.4)])
    return [
        *out,
        plain,
        split,
        deny,
        even,
        Tagged(supported_entities=["FRIEND"]),
        PatternRecognizer("GERMAN", supported_language="de", deny_list=["card"]),
    ]


@cache
def shared_nlp() -> Any:
    """Without the named-entity step, which takes half the time and which nothing here looks at."""
    nlp = nlp_engine("en")
    nlp.nlp["en"].disable_pipe("ner")
    return nlp


@cache
def engines(kind: str, threshold: float = 0.0) -> tuple[PatternEngine, Any]:
    recognisers = {"stock": stock_recognisers, "users": users, "both": lambda: [*stock_recognisers(), *users()]}[kind]()
    nlp = shared_nlp()
    return PatternEngine.of(recognisers, threshold=threshold, nlp=nlp), stock_analyzer(recognisers, engine=nlp)


def stock(analyzer: Any, text: str, context: list[str], threshold: float) -> Found:
    return {(r.entity_type, r.start, r.end, r.score) for r in analyzer.analyze(text, "en", context=context or None, score_threshold=threshold)}


def check(kind: str, values: list[str], context: list[str] | None = None, threshold: float = 0.0) -> int:
    engine, analyzer = engines(kind, threshold)
    count = 0
    for value, hits in zip(values, engine.scan(values, context=context or ()), strict=True):
        ours = {(h.entity, h.start, h.end, h.score) for h in hits}
        assert len(ours) == len(hits)
        expected = stock(analyzer, value, context or [], threshold)
        assert ours == expected, f"{value!r}: missing {expected - ours}, too many {ours - expected}"
        count += len(ours)
    return count


def test_adversarial_corpus_as_stock() -> None:
    assert check("stock", corpus(620)) > 400


def test_with_context_words_from_outside() -> None:
    check("stock", corpus(900, seed=1)[-70:], ["Phone number", "credit_card", "us"])


def test_threshold() -> None:
    check("stock", corpus(900, seed=2)[-70:], threshold=0.4)


def test_user_recognisers() -> None:
    assert check("both", corpus(900, seed=3)[-70:]) > 80


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(texts, min_size=1, max_size=4, unique=True), st.sampled_from([[], ["card"], ["date of birth"]]))
def test_any_text_as_stock(values: list[str], context: list[str]) -> None:
    check("stock", values, context)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(texts, min_size=1, max_size=4, unique=True))
def test_any_text_with_user_recognisers(values: list[str]) -> None:
    check("users", values)


def test_recogniser_that_enhances_itself_takes_presidios_way() -> None:
    recognisers = [Neighbours("NEAR", patterns=[Pattern("n", r"\d{3}", 0.2)]), PhoneRecognizer()]
    engine = PatternEngine.of(recognisers)
    analyzer = stock_analyzer(recognisers)
    for value in ("212-555-0134", "123"):
        assert {(h.entity, h.start, h.end, h.score) for h in engine.scan([value])[0]} == stock(analyzer, value, [], 0.0)


def test_a_recogniser_half_of_whose_patterns_no_gate_takes() -> None:
    """Its own duplicates go before context is looked at, whatever other recognisers find in between."""
    first = [Pattern("gated", r"\d{3}", 0.85), Pattern("outside", r"[^\n]++", 0.85)]
    recognisers = [PatternRecognizer("A", name="one", patterns=first, context=["number"]), PatternRecognizer("A", patterns=[Pattern("b", ".", 0.9)])]
    assert as_stock(recognisers, ["routing number 1234567", "1234567", "my number é 123"]) > 3


@pytest.mark.parametrize("leniency", [0, 2, 3])
def test_phones_of_other_leniencies_and_regions(leniency: int) -> None:
    recognisers = [PhoneRecognizer(supported_regions=("MX", "IT", "AU"), leniency=leniency)]
    engine, analyzer = PatternEngine.of(recognisers), stock_analyzer(recognisers)
    values = corpus(700, seed=4)[-60:]
    for value, hits in zip(values, engine.scan(values), strict=True):
        assert {(h.entity, h.start, h.end, h.score) for h in hits} == stock(analyzer, value, [], 0.0)


def test_without_hyperscan(monkeypatch: pytest.MonkeyPatch) -> None:
    values = corpus(900, seed=5)[-25:]
    expected = [set(hits) for hits in engines("stock")[0].scan(values)]
    monkeypatch.setattr(gate, "hyperscan", None)
    assert [set(hits) for hits in PatternEngine.of(stock_recognisers(), nlp=shared_nlp()).scan(values)] == expected


def test_version_changes_with_the_rules() -> None:
    one, two = (PatternEngine.of([PatternRecognizer("A", patterns=[Pattern("a", regex, 0.3)])]) for regex in (r"\d{3}", r"\d{4}"))
    assert one.version != two.version


class Marked(EntityRecognizer):
    """Says that it looked at the context itself."""

    def load(self) -> None: ...

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        known = {"recognizer_identifier": self.id, "recognizer_name": self.name, "is_score_enhanced_by_context": "visa" in text}
        return [RecognizerResult("MARKED", 0, 4, 0.3, AnalysisExplanation("m", 0.3), known)]


def test_results_that_were_enhanced_already_are_not_enhanced_again() -> None:
    recognisers = [Marked(supported_entities=["MARKED"], context=["card"]), PatternRecognizer("A", patterns=[Pattern("a", "card", 0.2)])]
    engine, analyzer = PatternEngine.of(recognisers), stock_analyzer(recognisers)
    for value in ("card number", "card visa", "nothing"):
        assert {(h.entity, h.start, h.end, h.score) for h in engine.scan([value])[0]} == stock(analyzer, value, [], 0.0)


def test_where_presidio_raises_the_hit_is_kept_without_context() -> None:
    recognisers = [PatternRecognizer("GAP", patterns=[Pattern("g", r" $", 0.3)], context=["card"])]
    with pytest.raises(ValueError, match="Did not find word"):
        stock_analyzer(recognisers).analyze("card 7 ", "en")
    assert [(h.entity, h.score) for h in PatternEngine.of(recognisers).scan(["card 7 "])[0]] == [("GAP", 0.3)]


def test_no_value_is_too_long() -> None:
    value = "card " + "x " * 510_000 + "4111 1111 1111 1111"
    assert [h.entity for h in PatternEngine.of([CreditCardRecognizer()]).scan([value])[0]] == ["CREDIT_CARD"]


def test_the_vocabulary_does_not_grow_with_the_data() -> None:
    engine, _ = engines("stock")
    strings = engine._lemmas.nlp.vocab.strings
    engine.scan([f"call me at 212-555-01{n:02d} about zq{n}zq" for n in range(20)])
    assert "zq7zq" not in strings


def test_the_installed_libraries_are_those_that_this_proof_holds_for() -> None:
    """Where this fails, the other tests here run on the libraries' own code: read what changed, then add the fingerprint."""
    assert [step for step in steps.STEPS if steps.fingerprint(step) not in steps.PROVEN[step]] == []


@pytest.fixture
def anew() -> Any:
    """The installed code is looked at again, before and after."""
    steps.as_proven.cache_clear()
    yield
    steps.as_proven.cache_clear()


def as_stock(recognisers: list[EntityRecognizer], values: list[str]) -> int:
    engine, analyzer = PatternEngine.of(recognisers, nlp=shared_nlp()), stock_analyzer(recognisers, engine=shared_nlp())
    found = [{(h.entity, h.start, h.end, h.score) for h in hits} for hits in engine.scan(values)]
    assert found == [stock(analyzer, value, [], 0.0) for value in values]
    return sum(map(len, found))


def test_patterns_scores_and_context_are_those_of_the_installed_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CreditCardRecognizer, "PATTERNS", [Pattern("another", r"\bC-\d{4}\b", 0.2)])
    monkeypatch.setattr(CreditCardRecognizer, "CONTEXT", ["ledger"])
    monkeypatch.setattr(CreditCardRecognizer, "validate_result", lambda self, text: None)
    monkeypatch.setattr(PhoneRecognizer, "SCORE", 0.15)
    monkeypatch.setattr(PhoneRecognizer, "CONTEXT", ["ledger"])
    assert as_stock([CreditCardRecognizer(), PhoneRecognizer()], ["ledger C-4111 and 212-555-0134", "C-4111", "4111 1111 1111 1111"]) == 3


def _one_less(self: Any, text: str, flags: Any = None) -> list[RecognizerResult]:
    whole = [m for pattern in self.patterns for m in re.finditer(pattern.regex, text)]
    return [RecognizerResult(self.supported_entities[0], m.start(), m.end() - 1, 0.5) for m in whole]


def _halved(results: list[RecognizerResult]) -> list[RecognizerResult]:
    return list(set(results))[::2] if len(results) > 9 else [r for r in results if r.score > 0.45]


@pytest.mark.parametrize(
    ("step", "owner", "name", "changed"),
    [
        ("patterns", PatternRecognizer, "_PatternRecognizer__analyze_patterns", _one_less),
        ("iban", IbanRecognizer, "_IbanRecognizer__analyze_patterns", _one_less),
        ("phones", PhoneRecognizer, "analyze", lambda self, text, entities, nlp_artifacts=None: []),
        ("email", EmailRecognizer, "validate_result", lambda self, text: None),
        ("engine", EntityRecognizer, "remove_duplicates", staticmethod(_halved)),
    ],
)
def test_a_release_that_changed_a_step_takes_its_own_way(
    step: str, owner: type, name: str, changed: Any, monkeypatch: pytest.MonkeyPatch, anew: None
) -> None:
    monkeypatch.setattr(owner, name, changed)
    values = ["write to a@example.notatld or ann@example.com", "+1 212 555 0134, DE89370400440532013000"]
    with pytest.warns(RuntimeWarning, match=step):
        assert as_stock([PhoneRecognizer(), IbanRecognizer(), EmailRecognizer()], values) >= 1


def test_a_changed_telephone_library_is_asked_itself(monkeypatch: pytest.MonkeyPatch, anew: None) -> None:
    monkeypatch.setitem(steps.PROVEN, "numbers", frozenset())
    with pytest.warns(RuntimeWarning, match="numbers"):
        assert as_stock([PhoneRecognizer()], ["+1 212 555 0134", "1" * 12, "020 7946 0958 or (212) 555-0134"]) >= 2


def test_comments_and_docstrings_are_no_change() -> None:
    assert list(steps._code(_one_less)) == [line for line in steps._code(_one_less) if "#" not in line and '"""' not in line]
    assert steps.fingerprint("patterns") != steps.fingerprint("iban")
