"""Lists of given names, family names, places and everyday words, folded (sources: detect/gazetteers/NOTICE.md)."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "detect" / "gazetteers"
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "ı": "i", "œ": "oe", "ð": "d", "þ": "th"})


def fold(text: str) -> str:
    """Lower case without accents: `Köhler` -> `kohler`."""
    low = text.lower().translate(_LETTERS)
    return low if low.isascii() else "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c))


@cache
def words(name: str) -> frozenset[str]:
    """The entries of one list: given | family | family_rare | cities | countries | states | common | family_ja, family_zh, family_ko."""
    return frozenset((_FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("\n")) - {""}
