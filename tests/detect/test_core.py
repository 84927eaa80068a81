"""The detector as the scan sees it: order, bounds, versions, lists of the configuration, fingerprints; and that nothing breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verdicts import detector, judge, one, sample

from ropewalk import plugins
from ropewalk.config import Detection
from ropewalk.contracts import Judge
from ropewalk.detect.core import Detector
from ropewalk.detect.hits import Hit
from ropewalk.errors import ConfigError
from ropewalk.model import Category, Dataset, Sample, Strength

PACKS = plugins.Plugins.of().packs()


def test_keeps_the_contract_and_the_order() -> None:
    judge_: Judge = detector()
    names = ["buyer_email", "quantity", "ship_city"]
    findings = judge_.judge(Dataset("shop", "t", "table"), [sample(n, ["1"]) for n in names])
    assert [f.field.path[0] for f in findings] == names


def test_the_version_follows_rules_and_configuration(tmp_path: Path) -> None:
    other = Detector.of(Detection(threshold=0.7, ner=False), PACKS)
    assert detector().version == Detector.of(Detection(ner=False), PACKS).version != other.version


def test_the_bound_is_the_rule_of_three_on_non_null_cells() -> None:
    values = [f"x{i}" for i in range(300)]
    assert judge(sample("c1", values, rows=1000, method="bernoulli"))[0].bound == pytest.approx(0.01)
    assert judge(sample("c1", values, rows=1000, method="full"))[0].bound == 0.0
    assert judge(sample("c1", [], rows=0))[0].bound == 1.0


def test_unsettled_are_small_samples_and_close_calls_not_full_ones() -> None:
    few = judge(sample("c1", ["a", "b"], method="bernoulli"))
    assert detector().unsettled(few) == [("c1",)]
    assert detector().unsettled(judge(sample("c1", ["a", "b"], method="full"))) == []
    many = judge(sample("buyer_email", [f"u{i}@example.com" for i in range(1500)], method="bernoulli"))
    assert detector().unsettled(many) == []


def test_a_close_call_is_unsettled_only_where_the_cells_have_a_say() -> None:
    mixed = judge(sample("c1", [f"{('Bob Smith', 'Mary Johnson')[i % 2]} {i}" for i in range(1500)], method="bernoulli"))
    assert 0.2 < mixed[0].confidence < 0.8, mixed
    assert detector().unsettled(mixed) == [("c1",)]
    named = judge(sample("country", ["DE", "FR", "US"] * 500, method="bernoulli"))
    assert 0.2 < named[0].confidence < 0.8, named
    assert detector().unsettled(named) == []


def test_caps_are_reported_and_matches_are_counted_over_all_values() -> None:
    finding = judge(sample("buyer_email", [f"u{i}@example.com" for i in range(1500)]))[0]
    assert finding.matched == finding.sampled == 1500
    assert "of 1,500 different values" in finding.explanation


def test_allow_and_deny_have_the_last_word() -> None:
    own = Detector.of(Detection(allow=["shop/t#buyer_email"], deny=["shop/*#blob=gift_message"]), PACKS)
    allowed, denied = judge(sample("buyer_email", ["a@example.com"]), sample("blob", ["x"]), by=own)
    assert allowed.category is None
    assert "allow" in allowed.explanation
    assert (denied.category, denied.strength) == (Category.GIFT_MESSAGE, Strength.DIRECT)
    with pytest.raises(ConfigError, match="category"):
        Detector.of(Detection(deny=["shop/t#x=nonsense"]), PACKS)


def test_the_fingerprint_survives_dates_and_spelling() -> None:
    def of(dataset: str, name: str) -> str:
        return one(name, ["a@example.com"], dataset=dataset).fingerprint

    assert of("orders_2024_05.csv", "buyer_email") == of("orders_2025_06.csv", "BuyerEmail")
    assert of("orders", "buyer_email") != of("customers", "buyer_email")
    assert of("orders", "buyer_email") != of("orders", "seller_email")


class Tagger:
    """Keeps the protocol of the name models: says PERSON for whatever starts with a capital."""

    def tag(self, values: Sequence[str], kind: str) -> list[list[Hit]]:
        assert kind in {"cell", "prose"}
        return [[Hit(0, len(v), "PERSON", 0.9, "tagger")] if v[:1].isupper() else [] for v in values]


def test_the_name_models_are_one_signal() -> None:
    values = ["Zwyrtek Quorble", "Ombrelax Tivvy", "Xandorf Plenk", "Uvorak Grimsel", "Yelmo Strand"]
    told = Detector.of(Detection(), PACKS, names=Tagger())
    silent = Detector.of(Detection(ner=False), PACKS, names=Tagger())
    assert judge(sample("recipient", values), by=silent)[0].category is None
    finding = judge(sample("recipient", values), by=told)[0]
    assert finding.category is Category.NAME
    assert "5 of 5 different cells" in finding.explanation


def test_also_names_what_else_was_seen() -> None:
    texts = [f"parcel {i} came back from anna@example.com, whose card is 4111 1111 1111 1111, they say" for i in range(5)]
    finding = one("remark", texts)
    assert {finding.category, *(c for _, c, _ in finding.also)} >= {Category.EMAIL, Category.PAYMENT}


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=30), st.lists(st.text(max_size=60), max_size=12))
def test_no_name_and_no_value_breaks_it(name: str, values: list[str]) -> None:
    finding = one(name, values)
    assert 0 <= finding.confidence <= 1
    assert 0 <= finding.matched <= finding.sampled <= len(values)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.from_regex(r"[0-9⁰¹²٣৪./:+() -]{1,24}", fullmatch=True), min_size=1, max_size=12))
def test_no_number_breaks_it(values: list[str]) -> None:
    counts = dict.fromkeys(values, 1)
    base = sample("c1")
    findings = judge(*(Sample(base.field, counts, len(values)) for _ in range(3)))
    assert len(findings) == 3


@pytest.mark.parametrize(
    ("told", "where", "words"),
    [
        ({"language": "xx"}, "detection.language", "xx"),
        ({"language": "de"}, "detection.spacy_model", "de_core_news_sm"),
        ({"language": "de", "spacy_model": "no_such_model"}, "detection.spacy_model", "no_such_model"),
        ({"regions": ["DE", "ZZ"]}, "detection.regions", "ZZ"),
    ],
)
def test_a_language_without_its_model_is_an_error_at_once(told: dict[str, Any], where: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Detector.of(Detection(**told), PACKS)
    assert caught.value.where == where
    assert words in f"{caught.value.what} {caught.value.mend}"


def test_another_language_is_judged_with_a_model_in_a_folder_or_without_one(tmp_path: Path) -> None:
    assert Detector.of(Detection(language="de", ner=False), PACKS)
    assert Detector.of(Detection(language="de", spacy_model=str(tmp_path)), PACKS)
