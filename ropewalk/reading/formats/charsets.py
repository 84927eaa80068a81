"""The encoding of text that is no UTF: of the candidates that decode it, the one whose characters look most like a language.

charset-normalizer 3.5.2 was measured on such tables: right for whole tables in Japanese, Chinese and Korean, wrong for 11 of 16
one-byte encodings, for tables are mostly ASCII. Sources: JIS X 0208, GB 2312, Big5, KS X 1001 (their rows of frequent characters), and the
code pages' own tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_HIGH = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_MOST = 16_384
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_RUN = 3
_ODD = 0.25
_MARKS = frozenset("‘’“”„‚–—…•€£§©®°·«»¿¡ºª ´™²³½¼×±µ")
_COMMON = frozenset("оеаинтсрвлОЕАИНТСРВЛ")


def charset(head: bytes) -> str | None:
    """The encoding of a head of text with bytes above 127; None where nothing fits, as for binary data."""
    if b"\x1b$B" in head or b"\x1b$@" in head:
        return "iso2022_jp"
    lines = b"\n".join(_HIGH.findall(head))[:_MOST]
    best, least = None, _ODD
    for name, odd in _CANDIDATES:
        share = odd(_decode(lines, name))
        if share is not None and share < least:
            best, least = name, share
    return best


def _decode(raw: bytes, name: str) -> str | None:
    """The text, None where it does not decode; a character that the head cuts in two is no fault."""
    for end in range(len(raw), max(len(raw) - 4, 0), -1):
        try:
            return raw[:end].decode(name)
        except UnicodeDecodeError as error:
            if error.start < len(raw) - 4:
                return None
    return None


def _rows(name: str, good: Callable[[int], bool]) -> Callable[[str | None], float | None]:
    """Of a two-byte encoding: the share of characters outside the rows where its frequent ones are."""

    def odd(text: str | None) -> float | None:
        if text is None:
            return None
        foreign = "".join(_FOREIGN.findall(text))
        bad = 0
        for char in foreign:
            try:
                raw = char.encode(name)
            except UnicodeEncodeError:
                bad += 1
                continue
            bad += len(raw) != 2 or not good(raw[0])
        return bad / max(len(foreign), 1)

    return odd


def _script(*ranges: tuple[int, int]) -> Callable[[str | None], float | None]:
    """Of a script in one byte: the share of letters that are of another one, or stand beside Latin ones."""

    def odd(text: str | None) -> float | None:
        if text is None:
            return None
        count = bad = 0
        for match in _FOREIGN.finditer(text):
            run, beside = match[0], text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
            count += len(run)
            mixed = any(c.isalpha() for c in beside) and not set(run) <= _MARKS
            bad += len(run) if mixed else sum(not any(a <= ord(c) <= z for a, z in ranges) and c not in _MARKS for c in run)
        return bad / max(count, 1)

    return odd


def _cyrillic(text: str | None) -> float | None:
    """Cyrillic has three pages of the same letters in another order: frequent letters and the case within words tell them apart."""
    share = _script((0x400, 0x45F), (0x490, 0x491), (0x2116, 0x2116))(text)
    if share is None or text is None:
        return None
    letters = [c for c in text if "\u0400" <= c <= "\u04ff"]
    turned = len(re.findall(r"[а-яё][А-ЯЁ]", text))
    frequent = sum(c in _COMMON for c in letters) / max(len(letters), 1)
    return share + (turned / max(len(letters), 1)) + max(0.0, 0.45 - frequent) / 4


def _greek(text: str | None) -> float | None:
    """Greek words have an accent, and no capital after a small letter; Hebrew and Arabic bytes read as Greek do not look so."""
    share = _script((0x370, 0x3FF))(text)
    if share is None or text is None:
        return None
    letters = max(sum("\u0370" <= c <= "\u03ff" for c in text), 1)
    return share + len(re.findall(r"[ά-ώ][Α-Ω]", text)) / letters + (0.3 if not re.search(r"[άέήίόύώΆΈΉΊΌΎΏϊϋΐΰ]", text) else 0)


def _latin(text: str | None) -> float | None:
    """Latin letters with accents stand one by one among plain ones; signs inside words are odd."""
    if text is None:
        return None
    runs = [len(run) for run in _FOREIGN.findall(text) if not set(run) <= _MARKS]
    if sum(n >= _RUN for n in runs) > len(runs) / 2:
        return 1.0
    count = bad = 0
    for match in _FOREIGN.finditer(text):
        run, before, after = match[0], text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        count += len(run)
        within = before.isalpha() and after.isalpha()
        bad += sum(not (c.isalpha() and ord(c) < 0x250 and c not in "ªº") and (within or c not in _MARKS) for c in run)
        bad += before.isalpha() and before.islower() and run[0].isupper()
    return bad / max(count, 1)


def _japanese(text: str | None) -> float | None:
    """Kana, punctuation and the kanji of the first level, in EUC's terms; half-width kana are rare."""
    return _rows("euc_jp", lambda b: b in {0xA1, 0xA3, 0xA4, 0xA5} or 0xB0 <= b <= 0xCF)(text)


_CANDIDATES: tuple[tuple[str, Callable[[str | None], float | None]], ...] = (
    ("cp1252", _latin),
    ("cp1250", _latin),
    ("cp850", _latin),
    ("cp949", _rows("euc_kr", lambda b: 0xB0 <= b <= 0xC8)),
    ("cp932", _japanese),
    ("euc_jp", _japanese),
    ("gb18030", _rows("gb2312", lambda b: b in {0xA1, 0xA3} or 0xB0 <= b <= 0xD7)),
    ("big5", _rows("big5", lambda b: b == 0xA1 or 0xA4 <= b <= 0xC6)),
    ("cp1251", _cyrillic),
    ("koi8_r", _cyrillic),
    ("cp866", _cyrillic),
    ("cp1253", _greek),
    ("cp1255", _script((0x590, 0x5FF))),
    ("cp1256", _script((0x600, 0x6FF))),
    ("cp874", _script((0xE00, 0xE7F))),
    ("mac_roman", _latin),
)
