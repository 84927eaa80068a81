"""Whether digits are a valid phone number, exactly as `phonenumbers` decides it, without building number objects.

For a candidate of digits and plain punctuation, `phonenumbers.parse` and the check of leniency VALID depend on nothing
but the digits, a leading plus and the region. This module walks the same steps over the library's own metadata with
compiled expressions; `tests/detect/test_phones.py` compares the two. Read beside phonenumberutil.py of `phonenumbers` 9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import Any

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata, re_util
from phonenumbers import phonenumberutil as library

_TYPES = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail", "fixed_line", "mobile",
)  # fmt: skip
_STRIPS = frozenset({library.ValidationResult.TOO_SHORT, library.ValidationResult.IS_POSSIBLE_LOCAL_ONLY, library.ValidationResult.INVALID_LENGTH})
if hasattr(re_util, "enable_pattern_cache"):
    re_util.enable_pattern_cache()


def supported(region: str) -> bool:
    return region in SUPPORTED_REGIONS


class Types:
    """The valid national numbers of one region (or calling code): a regular expression for each length, compiled at first use."""

    def __init__(self, metadata: Any) -> None:
        self._compiled: dict[int, Any] = {}
        self.patterns: dict[int, str] = {}
        general = metadata.general_desc
        fullest = {n for name in _TYPES if (d := getattr(metadata, name)) is not None for n in d.possible_length} | set(general.possible_length)
        for length in sorted(n for n in fullest if n > 0):
            if not _fits(general, length):
                continue
            allowed = [d.national_number_pattern for name in _TYPES if (d := getattr(metadata, name)) is not None and _fits(d, length)]
            if allowed:
                union = "|".join(f"(?:{p})" for p in dict.fromkeys(allowed))
                self.patterns[length] = f"(?=(?:{general.national_number_pattern})\\Z)(?:{union})\\Z"
        self.lengths = frozenset(self.patterns)

    def valid(self, number: str) -> bool:
        length = len(number)
        match = self._compiled.get(length)
        if match is None:
            if length not in self.patterns:
                return False
            match = self._compiled[length] = re.compile(self.patterns[length]).match
        return match(number) is not None


def _fits(desc: Any, length: int) -> bool:
    return bool(desc.national_number_pattern) and (not desc.possible_length or length in desc.possible_length)


class Calling:
    """A country calling code: which national numbers are valid, and which need their national prefix."""

    def __init__(self, code: int) -> None:
        self._regions: list[tuple[Any, Types]] = []
        for region in COUNTRY_CODE_TO_REGION_CODE[code]:
            metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
            if metadata is not None:
                lead = metadata.leading_digits
                self._regions.append((None if lead is None else re.compile(lead), Types(metadata)))
        main: Any = PhoneMetadata.metadata_for_region_or_calling_code(code, COUNTRY_CODE_TO_REGION_CODE[code][0])
        self.main = main
        self.lengths = frozenset(n for _, types in self._regions for n in types.lengths)
        self._single = self._regions[0][1] if len(COUNTRY_CODE_TO_REGION_CODE[code]) == 1 else None

    @cached_property
    def _formats(self) -> list[tuple[re.Pattern[str] | None, re.Pattern[str], bool]]:
        """(leading digits, whole number, whether the national prefix must be written) of each way to write one; empty if none asks for it."""
        out = []
        for form in self.main.number_format:
            rule = form.national_prefix_formatting_rule
            needs = bool(rule) and not form.national_prefix_optional_when_formatting and not library._formatting_rule_has_first_group_only(rule)
            lead = form.leading_digits_pattern[-1] if form.leading_digits_pattern else None
            out.append((re.compile(lead) if lead is not None else None, re.compile(f"(?:{form.pattern})\\Z"), needs))
        return out if any(needs for _, _, needs in out) else []

    def valid(self, number: str) -> bool:
        if len(number) not in self.lengths:
            return False
        if self._single is not None:
            return self._single.valid(number)
        for lead, types in self._regions:
            if lead is not None:
                if lead.match(number):
                    return types.valid(number)
            elif types.valid(number):
                return True
        return False

    def patterns(self) -> Iterator[tuple[int, str]]:
        """(length, expression) of everything that may be valid here."""
        for _, types in self._regions:
            yield from types.patterns.items()

    def needs_prefix(self, number: str) -> bool:
        """Whether a number written without its country must carry the national prefix."""
        for lead, pattern, needs in self._formats:
            if (lead is None or lead.match(number)) and pattern.match(number):
                return needs
        return False


@cache
def calling(code: int) -> Calling:
    return Calling(code)


class Region:
    """Numbers as dialled in one region."""

    def __init__(self, region: str) -> None:
        metadata: Any = PhoneMetadata.metadata_for_region(region.upper(), None)
        self._metadata = metadata
        self._code = str(metadata.country_code)
        self.calling = calling(metadata.country_code)
        self._idd = re.compile(metadata.international_prefix or "NonMatch").match
        prefix = metadata.national_prefix_for_parsing
        self._prefix = re.compile(prefix).match if prefix else None
        heads: list[str] = [p for p in (metadata.international_prefix, self._code, prefix) if p]
        self.heads = "|".join(f"(?:{p})" for p in heads)
        self._head = re.compile(self.heads).match
        width = _width(prefix) if prefix else 0
        self._most = None if metadata.national_prefix_transform_rule else max(self.calling.lengths, default=0) + len(self._code) + 2 * width

    def valid(self, digits: str, *, abroad: bool = False) -> bool:
        """Whether digits without a plus are a valid number here.

        abroad: the digits stood after a plus and began with no calling code, so that a calling code must still be found.
        """
        if not self._head(digits):
            return not abroad and self.calling.valid(digits) and not self.calling.needs_prefix(digits)
        idd = self._idd(digits)
        if idd:
            rest = digits[idd.end() :]
            if rest[:1] != "0":
                return international(rest)
        if self._most is not None and len(digits) > self._most:
            return False
        if digits.startswith(self._code):
            national = _strip(digits[len(self._code) :], self._metadata)
            general = self._metadata.general_desc
            if (not library._match_national_number(digits, general, False) and library._match_national_number(national, general, False)) or (
                _length(self._metadata, len(digits)) == library.ValidationResult.TOO_LONG
            ):
                return _national(national, self.calling)
        if abroad:
            return False
        number = digits
        if self._prefix is not None and self._prefix(digits):
            number = _shorter(digits, self._metadata)
        if not self.calling.valid(number):
            return False
        if not self.calling.needs_prefix(number):
            return True
        return bool(library._maybe_strip_national_prefix_carrier_code(digits, self.calling.main)[2])


class Anywhere:
    """Several regions at once: whether digits without a plus are valid in any of them."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self._regions = regions
        self._plain = list(dict.fromkeys(region.calling for region in regions))
        self._head = re.compile("|".join(region.heads for region in regions) or "(?!)").match
        by_length: dict[int, list[str]] = {}
        for plan in self._plain:
            for length, pattern in plan.patterns():
                by_length.setdefault(length, []).append(pattern)
        self._patterns = {length: "|".join(dict.fromkeys(patterns)) for length, patterns in by_length.items()}
        self._could = cache(lambda length: re.compile(self._patterns.get(length, "(?!)")).match)

    def valid(self, digits: str) -> bool:
        if self._head(digits):
            return any(region.valid(digits) for region in self._regions)
        return self._could(len(digits))(digits) is not None and any(plan.valid(digits) and not plan.needs_prefix(digits) for plan in self._plain)


def international(digits: str) -> bool:
    """Whether digits after a plus or an international prefix are valid: country calling code and national number."""
    if len(digits) <= 2 or digits[0] == "0":
        return False
    for end in (1, 2, 3):
        code = int(digits[:end])
        if code in COUNTRY_CODE_TO_REGION_CODE:
            return _national(digits[end:], calling(code))
    return False


def known_country(digits: str) -> bool:
    """Whether digits after a plus begin with a calling code; if not, the library tries them again without the plus."""
    return bool(digits) and digits[0] != "0" and any(int(digits[:end]) in COUNTRY_CODE_TO_REGION_CODE for end in (1, 2, 3))


def _national(number: str, plan: Calling) -> bool:
    if len(number) < 2:
        return False
    prefix = plan.main.national_prefix_for_parsing
    if prefix and re_util.re_compile(prefix).match(number):
        number = _shorter(number, plan.main)
    return plan.valid(number)


def _shorter(number: str, metadata: Any) -> str:
    """The number without its national prefix, unless it would become too short."""
    stripped = _strip(number, metadata)
    return number if _length(metadata, len(stripped)) in _STRIPS else stripped


def _strip(number: str, metadata: Any) -> str:
    return str(library._maybe_strip_national_prefix_carrier_code(number, metadata)[1])


_LENGTHS: dict[tuple[int, int], Any] = {}


def _length(metadata: Any, length: int) -> Any:
    key = (id(metadata), length)
    if key not in _LENGTHS:
        _LENGTHS[key] = library._test_number_length("1" * length, metadata)
    return _LENGTHS[key]


def _width(pattern: str) -> int:
    """The most characters a pattern can take."""
    from re import _parser  # type: ignore[attr-defined]

    return int(_parser.parse(pattern).getwidth()[1])


def fewest_digits(regions: Sequence[str]) -> int:
    """No number with fewer digits is valid in these regions, with a plus or without. At least 3, which the library asks for."""
    home = [_fewest(calling(library.country_code_for_region(r))) for r in regions]
    abroad = [len(str(code)) + _fewest(calling(code)) for code in COUNTRY_CODE_TO_REGION_CODE if calling(code).lengths]
    return max(3, min(home + abroad))


def _fewest(plan: Calling) -> int:
    """The shortest valid national number, less the digits that rewriting its prefix could add."""
    added = re.sub(r"\\\d|\D", "", plan.main.national_prefix_transform_rule or "")
    return min(plan.lengths) - len(added)
