"""Values that their label gives away in running text: `Mobile: 432 03 163`, `card number 5038…`, `user ann from …`.

Presidio asks a phone number to be valid for a region; a number that stands behind `phone` is one even when it is not.
"""

from __future__ import annotations

import re

from ropewalk.detect.hits import Hit
from ropewalk.detect.validators import luhn

_DIGITS = r"\+?\(?\d(?:[ ().\-/]{0,2}\d){5,17}(?:\s?(?:x|ext\.?)\s?\d{1,6})?"
_PHONE = re.compile(
    rf"(?i)\b(?:phone(?:\s?(?:number|no\.?))?|mobile|tel(?:ephone)?|fax|desk|cell|office|landline|whatsapp|telefon|téléphone|teléfono|móvil|handy|"
    rf"call(?:ed)?(?: (?:me|us|him|her))?(?: (?:at|on|back at))?)\b(?:\s?is)?[ .:=#]{{0,4}}\n?\s{{0,4}}({_DIGITS})(?![\w-])"
)
_PHONE_AFTER = re.compile(rf"(?i)(?<![\w.-])({_DIGITS})[ \t]+(?:office|fax|mobile|cell|home|work|desk|phone|direct)\b")
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){11,18}(?![\w-])")
_CARD_WORD = re.compile(r"(?i)\b(?:card|visa|master ?card|amex|maestro|discover|diners|jcb|credit|debit|payment|charged?|cc)\b")
_SECRET_AREA = 80
_USER = re.compile(
    r"(?:\b(?:[Ii]nvalid|[Ii]llegal|unknown) user |\b[Ff]or (?:invalid user )?user |\b(?:[Ff]ailed|[Aa]ccepted) \S+ for (?:invalid user )?|"
    r"\bpassword for (?:invalid user )?|\bsession (?:opened|closed) for user |"
    r"\b(?:ruser|user(?:_?name)?|login|acct|logname)=\"?|\"(?:user(?:_?name)?|login)\":\s?\"|\bUser |\b(?:su|sudo): +|"
    r"\bauthentication attempts exceeded for (?:invalid user )?|\bAccount Name:\s+)"
    r"([A-Za-z0-9_][\w.@$-]{0,40})(?=[\s,;:\"(]|$)"
)


_OTHER = re.compile(
    r"(?i)\b(?:order|ref(?:erence)?|invoice|case|ticket|tracking|transaction|batch|lot|serial|model|part|account|article|item|parcel|rma|po|hts|hs|"
    r"gtin|ean|upc|isbn|sku|asin|version|build|drawing|timestamps?|id|bestellung|rechnung|auftrag|commande|facture|pedido|factura)"
    r"(?:\s?(?:number|code|no\.?|nr\.?|id|is|was))*[\s.:=#-]{1,4}$"
)
"""A word for another kind of number, right before it."""
_PHONE_WORD = re.compile(
    r"(?i)phone|mobile|\btel|\bcell|\bcall|\bfax|handy|whatsapp|\bsms|\bdial|\breach|\bring\b|\btext\b|\bcontact|téléphone|telefon|móvil"
)
_DECIMAL = re.compile(r"[\[(]?\d+\.\d+[\])]?|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}")
"""Decimals and dates."""
_SINCE_1970 = re.compile(r"1[0-9]{9}")


def no_phone(text: str, hit: Hit) -> bool:
    """Whether a valid number without a word for phone beside it is something else: a part of a code, a decimal, a time, an id."""
    number, before, after = text[hit.start : hit.end], text[: hit.start], text[hit.end : hit.end + 8]
    if _PHONE_WORD.search(before[-60:]):
        return False
    glued = re.search(r"\w[-_#]$|\d:$", before[-2:]) or re.match(r"(?i)[-_](?!office|fax|mobile|cell|home|work|desk|phone)\w", after)
    if glued:
        return True
    return bool(_DECIMAL.fullmatch(number) or _SINCE_1970.fullmatch(number) or _OTHER.search(before[-40:]))


def phones(text: str) -> list[Hit]:
    """Numbers of 6 to 18 digits behind or before a word for phone."""
    spans = [m.span(1) for pattern in (_PHONE, _PHONE_AFTER) for m in pattern.finditer(text)]
    return [Hit(a, b, "PHONE_NUMBER", 0.6, "labelled") for a, b in sorted(set(spans))]


def cards(text: str) -> list[Hit]:
    """12 to 19 digits that pass Luhn's check, near a word for payment; alone from 14 digits of a known issuer on."""
    out = []
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        near = _CARD_WORD.search(text[max(0, match.start() - _SECRET_AREA) : match.end() + _SECRET_AREA])
        if luhn(digits) and (near or (len(digits) >= 14 and digits[0] in "3456")):
            out.append(Hit(*match.span(), "CREDIT_CARD", 0.9 if near else 0.6, "labelled"))
    return out


def users(text: str) -> list[Hit]:
    """The account names that daemons print."""
    return [Hit(*m.span(1), "USERNAME", 0.8, "labelled") for m in _USER.finditer(text)]
