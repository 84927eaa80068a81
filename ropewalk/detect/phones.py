"""Presidio's phone recogniser, for all its regions at once: what `phonenumbers.PhoneNumberMatcher` finds for each of them.

One candidate pass is shared by all regions, the library's own expressions cut the candidates, and `numbering` decides
on the digits. Where a text is split into candidates depends on its shape alone (digits are interchangeable to every
expression but those for dates), so the splits are remembered by shape. Whatever is not plain goes to the library itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberMatcher, phonenumbermatcher

from ropewalk.detect.numbering import Anywhere, Region, fewest_digits, international, known_country, supported
from ropewalk.detect.steps import as_proven

library: Any = phonenumbermatcher
LONGEST = 5_000
"""Characters: a longer text goes to the library, whose limit of 65,535 tries could otherwise matter."""
SHAPES = 100_000
_SHAPE = {ord(d): "0" for d in "123456789"}
_SIMPLE = re.compile(r"[0-9 ()\[\]./+-]{1,250}")
_BARE = {ord(c): None for c in " ()[]./+-"}
_LOOSE_DATE = re.compile(re.sub(r"\[[0-9-]+\]\??", r"\\d?", library._SLASH_SEPARATED_DATES.pattern))
_LOOSE_TIME = re.compile(r"\d{4}[-/]?\d\d[-/]?\d\d +\d\d$")
Span = tuple[int, int]


def gate(fewest: int) -> str:
    """What a plain value must hold, as a regular expression: enough digits in a row of punctuation, not glued to letters.

    `x` counts as a digit (the library reads three letters or more as keypad digits), and so do the labels of extensions.
    A run of ten digits passes in any case: an extension can end inside it.
    """
    row = r"[0-9x](?:[-0-9x ().\[\]/~]{0,4}[0-9x]){%d,}"
    enough = rf"(?:^|[^a-wyz0-9%$]){row % (fewest - 1)}(?:[^a-z0-9]|[exai])"
    return rf"{enough}|{row % 2}[ \t,]{{0,8}}(?:e?xt|anexo|int)|[0-9]{{10}}"


class Attempt(NamedTuple):
    """One group of a candidate that the matcher would parse. simple: its digits and plus decide; else the library does."""

    start: int
    end: int
    simple: bool
    plus: bool


class Candidate(NamedTuple):
    start: int
    end: int
    may_be_date: bool
    attempts: tuple[Attempt, ...]


class Phones:
    """Finds what the matchers of all regions find together."""

    def __init__(self, regions: Sequence[str], leniency: int) -> None:
        self.regions, self.leniency = tuple(regions), leniency
        known = all(isinstance(r, str) and supported(r) for r in self.regions)
        self._fast = leniency == phonenumbers.Leniency.VALID and known and as_proven("numbers")
        self._plans = [Region(region) for region in self.regions] if self._fast else []
        self._anywhere = Anywhere(self._plans)
        self._fewest = fewest_digits(self.regions) if self._fast and self.regions else 0
        self.gate = gate(self._fewest) if self._fewest else ""
        self._verdict = lru_cache(maxsize=200_000)(self._judge)
        self._shaped = lru_cache(maxsize=SHAPES)(self._split)

    def spans(self, text: str) -> list[Span]:
        """(start, end) of every match of any region, with repeats; all that `remove_duplicates` would keep are among them."""
        if not self._fast or len(text) > LONGEST:
            return [(m.start, m.end) for region in self.regions for m in PhoneNumberMatcher(text, region, leniency=self.leniency)]
        if not text.isascii():
            return self._each_region(text)
        for candidate in self._shaped(text.translate(_SHAPE)):
            if candidate.may_be_date and _is_date(text, candidate.start, candidate.end):
                continue
            for attempt in candidate.attempts:
                if self._first(text, attempt):
                    whole = attempt.start == candidate.start and attempt.end == candidate.end
                    if whole and not any(c.isdigit() for c in text[attempt.end :]):
                        return [(attempt.start, attempt.end)]  # what other regions find in here is contained, and nothing can follow
                    return self._each_region(text)
        return []

    def _first(self, text: str, attempt: Attempt) -> bool:
        """Whether any region takes the attempt."""
        if not attempt.simple:
            return any(self._by_library(text, attempt, region) for region in range(len(self.regions)))
        digits = text[attempt.start : attempt.end].translate(_BARE)
        if attempt.plus:
            return international(digits) if known_country(digits) else any(plan.valid(digits, abroad=True) for plan in self._plans)
        return self._anywhere.valid(digits)

    def _each_region(self, text: str) -> list[Span]:
        """The matchers of all regions in full, on shared candidates."""
        at: dict[int, Candidate | None] = {}
        out: list[Span] = []
        for region in range(len(self.regions)):
            index = 0
            while True:
                if index not in at:
                    at[index] = _candidate(text, index, self._fewest)
                candidate = at[index]
                if candidate is None:
                    break
                index = candidate.end
                if candidate.may_be_date and _is_date(text, candidate.start, candidate.end):
                    continue
                for attempt in candidate.attempts:
                    if self._takes(text, attempt, region):
                        out.append((attempt.start, attempt.end))
                        index = attempt.end
                        break
        return out

    def _takes(self, text: str, attempt: Attempt, region: int) -> bool:
        if not attempt.simple:
            return self._by_library(text, attempt, region)
        return self._verdict(text[attempt.start : attempt.end].translate(_BARE), attempt.plus, region)

    def _judge(self, digits: str, plus: bool, region: int) -> bool:
        if plus and known_country(digits):
            return international(digits)
        return self._plans[region].valid(digits, abroad=plus)

    def _by_library(self, text: str, attempt: Attempt, region: int) -> bool:
        matcher = PhoneNumberMatcher(text, self.regions[region], leniency=self.leniency)
        return matcher._parse_and_verify(text[attempt.start : attempt.end], attempt.start) is not None

    def _split(self, shape: str) -> tuple[Candidate, ...]:
        """The candidates of a text, if no region takes any of them."""
        out = []
        index = 0
        while (candidate := _candidate(shape, index, self._fewest)) is not None:
            if candidate.attempts:
                out.append(candidate)
            index = candidate.end
        return tuple(out)


def _is_date(text: str, start: int, end: int) -> bool:
    """PhoneNumberMatcher._extract_match: dates and time stamps are no phone numbers."""
    candidate = text[start:end]
    if library._SLASH_SEPARATED_DATES.search(candidate):
        return True
    return bool(library._TIME_STAMPS.search(candidate) and library._TIME_STAMPS_SUFFIX.match(text[end:]))


def _candidate(text: str, index: int, fewest: int) -> Candidate | None:
    """PhoneNumberMatcher._find: the next candidate from index, with the groups that would be parsed, in order."""
    match = library._PATTERN.search(text, index)
    if match is None:
        return None
    start, string = match.start(), match.group()
    second = library._SECOND_NUMBER_START_PATTERN.search(string)
    if second:
        string = string[: second.start()]
    if sum(map(str.isalnum, string)) < fewest:
        return Candidate(start, start + len(string), False, ())
    may_be_date = bool(_LOOSE_DATE.search(string) or _LOOSE_TIME.search(string))
    attempts = tuple(
        _attempt(group, offset) for group, offset in _groups(string, start) if sum(map(str.isalnum, group)) >= fewest and _whole(text, group, offset)
    )
    return Candidate(start, start + len(string), may_be_date, attempts)


def _groups(candidate: str, offset: int) -> Iterator[tuple[str, int]]:
    """PhoneNumberMatcher._extract_match and _extract_inner_match: the candidate and its inner groups."""
    yield candidate, offset
    for inner in library._INNER_MATCHES:
        match = inner.search(candidate)
        first = True
        while match:
            if first:
                yield _trim(candidate[: match.start()]), offset
                first = False
            yield _trim(match.group(1)), offset + match.start(1)
            match = inner.search(candidate, match.start() + 1)


def _trim(group: str) -> str:
    end = library._UNWANTED_END_CHAR_PATTERN.search(group)
    return group[: end.start()] if end else group


def _whole(text: str, group: str, offset: int) -> bool:
    """PhoneNumberMatcher._parse_and_verify before it parses: brackets match, no page numbers, no letters glued to it."""
    if not library.fullmatch(library._MATCHING_BRACKETS, group) or library._PUB_PAGES.search(group):
        return False
    if offset > 0 and not library._LEAD_PATTERN.match(group) and _glued(text[offset - 1]):
        return False
    end = offset + len(group)
    return not (end < len(text) and _glued(text[end]))


def _glued(char: str) -> bool:
    return bool(PhoneNumberMatcher._is_invalid_punctuation_symbol(char) or PhoneNumberMatcher._is_latin_letter(char))


def _attempt(group: str, offset: int) -> Attempt:
    simple = bool(_SIMPLE.fullmatch(group)) and group.count("+") <= 1
    return Attempt(offset, offset + len(group), simple, "+" in group)
