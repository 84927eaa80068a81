"""Phones as the library's matchers find them, region by region."""

from __future__ import annotations

import random
import re

import phonenumbers
import pytest
from adversarial import corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberMatcher, phonenumbermatcher

from ropewalk.detect.duplicates import without_contained
from ropewalk.detect.gate import Gate, plain
from ropewalk.detect.numbering import fewest_digits
from ropewalk.detect.phones import Phones

STOCK = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
OTHER = ("MX", "AR", "IT", "JP", "AU", "NL", "AT", "RU", "CN")
ALL = sorted(phonenumbers.SUPPORTED_REGIONS)
HEADS = ["", "0", "00", "1", "011", "0044", "44", "49", "972", "91", "55", "0049", "01149", "090", "0015", "1800", "54", "39", "999", "015"]


def valid(text: str, region: str) -> bool:
    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbermatcher._verify(phonenumbers.Leniency.VALID, number, text, None))


@pytest.mark.parametrize("regions", [STOCK, OTHER])
def test_digits_as_the_library(regions: tuple[str, ...]) -> None:
    """Examples of every region and type, changed, prefixed, and random digits: the verdict is the library's."""
    rng, phones, fewest, seen = random.Random(7), Phones(regions, 1), fewest_digits(regions), 0
    for _ in range(6_000):
        digits = rng.choice(HEADS) + "".join(rng.choices("0123456789", k=rng.randrange(2, 15)))
        if rng.random() < 0.5:
            region = rng.choice(ALL if rng.random() < 0.4 else regions)
            example = phonenumbers.example_number_for_type(region, rng.randrange(11)) or phonenumbers.example_number(region)
            national = phonenumbers.national_significant_number(example)
            digits = rng.choice([national, "0" + national, f"{example.country_code}{national}", rng.choice(HEADS) + national])
            if rng.random() < 0.4:
                at = rng.randrange(len(digits))
                digits = digits[:at] + rng.choice("0123456789") + digits[at + 1 :]
        if len(digits) < 3:
            continue
        plus = rng.random() < 0.4
        for number, region in enumerate(regions):
            expected = valid("+" * plus + digits, region)
            assert phones._judge(digits, plus, number) is expected, ("+" * plus + digits, region)
            assert not expected or len(digits) >= fewest
            seen += expected
    assert seen > 2_000


def found(text: str) -> set[tuple[int, int]]:
    spans = ((m.start, m.end, 0.4, 0) for region in STOCK for m in PhoneNumberMatcher(text, region, leniency=1))
    return {hit[:2] for hit in without_contained(spans)}


PHONES = Phones(STOCK, 1)
GATE = Gate([(PHONES.gate, int(re.MULTILINE | re.IGNORECASE))])


def same(text: str) -> None:
    expected = found(text)
    assert {hit[:2] for hit in without_contained((s, e, 0.4, 0) for s, e in PHONES.spans(text))} == expected
    assert not expected or not plain(text) or list(GATE.passes([text]))


def test_corpus_as_the_library() -> None:
    for text in corpus(1_500, seed=11):
        if len(text) < 1_000:
            same(text)


PARTS = [
    " ",
    "  ",
    "(",
    ")",
    "[",
    "+",
    "-",
    ".",
    "/",
    "x",
    "xx",
    "~",
    " ext. ",
    "#",
    ";ext=",
    "/ x",
    "anexo",
    "int",
    "a",
    "é",
    "\n",
    "%",
    "$",
    "€",
    "–",
    "１２３",
    "212",
    "555",
    "0134",
    "+1",
    "+44",
    "00",
    "011",
    "(212) 555-0134",
    "030 123456",
    "01 23 45 67 89",
    "2/10/2011",
    "2012-01-02 08:00",
    "20 7946 0958",
    "0",
    "9",
]


@settings(max_examples=800, deadline=None)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=11).map("".join))
def test_any_text_as_the_library(text: str) -> None:
    same(text)


def test_a_text_too_long_for_the_fast_path() -> None:
    same("order " * 1_000 + "212-555-0134")
