"""Names and addresses written in Chinese characters, kana and Hangul, which have no spaces, capitals or lists of given names.

A name begins with one of the frequent family names and has the length of a name; an address has a number and a word for
a block, a ward or a road. Evidence about a whole field, never about one value.
"""

from __future__ import annotations

import re

from ropewalk.detect.gazetteer import words

_NAME = re.compile(r"[\u4e00-\u9fff々〆ヶ\u3040-\u30ffー\uac00-\ud7a3]{1,6}(?:[ \u3000・]?[\u4e00-\u9fff々〆ヶ\u3040-\u30ffー\uac00-\ud7a3]{1,5})?")
_COMPOUND = re.compile(
    r"(?:欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|夏侯|东方|東方|皇甫|尉迟|尉遲|公孙|公孫|慕容|司徒|令狐|宇文|长孙|長孫|端木|独孤|獨孤|南宫|南宮|单于|單于|申屠|轩辕|軒轅)"
    r"[\u4e00-\u9fff]{1,2}"
)
_DOTTED = re.compile(r"[\u4e00-\u9fff]{2,6}[·•][\u4e00-\u9fff]{2,8}")
"""Chinese family names of two characters, and names of other peoples, whose parts a dot sets apart."""
_CHARACTERS = re.compile(r"[\u4e00-\u9fff]+")
_FIRM = re.compile(
    r"会社|公司|銀行|银行|大学|病院|医院|商店|工業|工场|工場|組合|法人|集团|회사|은행|대학|병원|학교|学校|[都道府県市区町村駅店省县縣시군구동]$"
)
_STREET = re.compile(r"\d[\d\-−‐ー－]*\s?(?:丁目|番地?|号|號|條|条|室|弄|巷|段|번지|길|로)|[市区區町村郡県省路街道].{0,20}\d|(?:길|로|동)\s?\d")
_HOUSE = "コーポ|メゾン|ハイツ|マンション|アパート|パレス|ビル|レジデンス|シャルム"
_UNIT = re.compile(rf"\d\s?(?:号室|号棟|階|室|호|층)$|^(?:{_HOUSE}|グラン|クレスト)|(?:{_HOUSE}|荘).{{0,12}}$")


def person(value: str) -> float:
    """How much one cell looks like a family name, or a family name with a given one, 0..1."""
    text = value.strip()
    if _COMPOUND.fullmatch(text) or _DOTTED.fullmatch(text):
        return 0.85
    if not _NAME.fullmatch(text) or _FIRM.search(text):
        return 0.0
    head, _, tail = text.replace("\u3000", " ").replace("・", " ").partition(" ")
    if tail:
        known = any(head in words(f"family_{language}") for language in ("ja", "zh", "ko"))
        return 1.0 if known else 0.5 if len(head) <= 3 >= len(tail) and _CHARACTERS.fullmatch(head) else 0.0
    if text in words("prefectures_ja"):
        return 0.35
    if text in words("family_ja") and len(text) >= 2:
        return 0.9
    for length in (3, 2, 1):
        family, given = text[:length], text[length:]
        if family in words("family_ja") and 1 <= len(given) <= 3 and length + len(given) <= 5 and (length > 1 or len(given) == 2):
            return 0.85
        if family in words("family_zh") and 1 <= len(given) <= 2:
            return 0.7
        if family in words("family_ko") and len(given) == 2 and len(text) <= 4:
            return 0.85
    return 0.0


def street(value: str) -> float:
    """1.0 for an address with a number of a block, a house or a road."""
    return 1.0 if 4 <= len(value) <= 120 and _STREET.search(value) else 0.0


def unit(value: str) -> float:
    """1.0 for a flat or the name of a building of flats."""
    return 1.0 if len(value) <= 40 and not value.isascii() and _UNIT.search(value.strip()) else 0.0
