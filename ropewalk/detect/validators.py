"""Checks on one value that a pack may name: checksums (python-stdnum), ranges, calendars. True means that the check holds."""

from __future__ import annotations

import importlib
import ipaddress
import re
from collections.abc import Callable
from datetime import date
from functools import cache

Validator = Callable[[str], bool]


def luhn(value: str) -> bool:
    """A Luhn number of 12 to 19 digits that is not one repeated digit (ISO/IEC 7812)."""
    digits = re.sub(r"[^0-9]", "", value)
    if not 12 <= len(digits) <= 19 or len(set(digits)) < 2:
        return False
    total = sum(int(d) if i % 2 == 0 else (int(d) * 2 - 9 if d > "4" else int(d) * 2) for i, d in enumerate(reversed(digits)))
    return total % 10 == 0


def card(value: str) -> bool:
    """A payment card: an issuer's prefix and the length that goes with it, and Luhn (ISO/IEC 7812)."""
    d = re.sub(r"[^0-9]", "", value)
    n = len(d)
    issuer = (
        (d[:1] == "4" and n in {13, 16, 18, 19})
        or (("51" <= d[:2] <= "55" or "2221" <= d[:4] <= "2720") and n == 16)
        or (d[:2] in {"34", "37"} and n == 15)
        or ((d[:2] in {"60", "64", "65", "62", "81", "82", "50", "56", "57", "58", "59"} or d[:1] == "6") and 12 <= n <= 19 and n != 14)
        or ("3528" <= d[:4] <= "3589" and 16 <= n <= 19)
        or (("300" <= d[:3] <= "305" or d[:2] in {"36", "38", "39"}) and n in {14, 16, 19})
    )
    return issuer and luhn(d)


_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}", re.ASCII)


def ip(value: str) -> bool:
    """An IPv4 or IPv6 address, with an optional zone, port or prefix length."""
    text = value.strip().strip("[]")
    if _IPV4.fullmatch(text):
        return True
    text = re.sub(r"^(\d+\.\d+\.\d+\.\d+):\d+$", r"\1", text).split("%")[0]
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "." in text or text.count(":") >= 2


def latitude(value: str) -> bool:
    """A latitude in decimal degrees or in degrees with a letter (WGS 84)."""
    return _degrees(value, 90, "NS")


def longitude(value: str) -> bool:
    """A longitude in decimal degrees or in degrees with a letter (WGS 84)."""
    return _degrees(value, 180, "EW")


def _degrees(value: str, limit: float, letters: str) -> bool:
    m = re.fullmatch(r"([+-]?\d{1,3}(?:[.,]\d+)?)\s?°?\s?([NSEWnsew]?)", value.strip())
    return bool(m) and abs(float(m.group(1).replace(",", "."))) <= limit and (not m.group(2) or m.group(2).upper() in letters)  # type: ignore[union-attr]


def coordinate_pair(value: str) -> bool:
    """`52.51630, 13.37770` or `POINT(13.3777 52.5163)`: two decimal degrees in range."""
    m = re.fullmatch(r"(?:POINT\s?)?[(\[]?\s*([+-]?\d{1,3}\.\d{2,})\s*[,; ]\s*([+-]?\d{1,3}\.\d{2,})\s*[)\]]?", value.strip(), re.I)
    if not m:
        return False
    a, b = abs(float(m.group(1))), abs(float(m.group(2)))
    return max(a, b) <= 180 and min(a, b) <= 90


_MONTHS = {m: i + 1 for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())}
_WORDED = re.compile(
    r"(?i)(?:(\d{1,2})[ .-]{1,2})?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ .,-]{1,2}"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[ ,-]{1,3})?((?:19|20)\d\d)"
)
_TIGHT = re.compile(r"(?i)(\d{1,2})[ /-]?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[ /-]?((?:19|20)?\d\d)(?=$|[: T])")
_DAY = re.compile(r"(?:--)?(\d{1,2})[-/.](\d{1,2})\.?")
_DATE = re.compile(r"(\d{4})[-/.年년]\s?(\d{1,2})[-/.月월]\s?(\d{1,2})|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)|(\d{4})(\d{2})(\d{2})(?!\d)")


def date_of(value: str) -> date | None:
    """The calendar day of a cell, whatever its usual notation; None if it is none."""
    m = _DATE.match(value.strip())
    if not m:
        return _worded(value)
    y, a, b = (
        (m.group(1), m.group(2), m.group(3))
        if m.group(1)
        else (m.group(7), m.group(8), m.group(9))
        if m.group(7)
        else (m.group(6), m.group(4), m.group(5))
    )
    year, one, two = _century(y), int(a), int(b)
    if m.group(7) and not 1800 <= year <= 2200 and "1900" <= (text := value.strip())[4:8] <= "2100":  # 07102003
        year, one, two = int(text[4:8]), int(text[2:4]), int(text[:2])
    month, day = (one, two) if one <= 12 else (two, one)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _worded(value: str) -> date | None:
    text = value.strip()
    m = _WORDED.match(text)
    if m and (m.group(1) or m.group(3)):
        day, month, year = m.group(1) or m.group(3), m.group(2), m.group(4)
    elif t := _TIGHT.match(text):
        day, month, year = t.groups()
    else:
        return None
    try:
        return date(_century(year), _MONTHS[month.lower()], int(day))
    except ValueError:
        return None


def _century(year: str) -> int:
    return int(year) if len(year) == 4 else int(year) + (1900 if int(year) > 30 else 2000)


def birth_date(value: str) -> bool:
    """A day on which somebody alive could have been born: 1900 to 2025, and no time but midnight; or a day without its year."""
    if (partly := _DAY.fullmatch(value.strip())) is not None:
        one, two = sorted(map(int, partly.groups()))
        return 1 <= one <= 12 and 1 <= two <= 31
    day = date_of(value)
    return day is not None and 1900 <= day.year <= 2025 and not re.search(r"\d:\d\d(?::(?!00)\d\d)", value.replace("00:00:00", ""))


def mx_rfc(value: str) -> bool:
    """A Mexican RFC or CURP: a possible day stands in it (check digits of an RFC are not public)."""
    return named("stdnum:mx.curp" if len(value.strip()) == 18 else "stdnum:mx.rfc")(value)


def imei(value: str) -> bool:
    """15 digits with Luhn (3GPP TS 23.003)."""
    digits = re.sub(r"[^0-9]", "", value)
    return len(digits) == 15 and luhn(digits)


def ssn(value: str) -> bool:
    """A US social security number as ever issued or reserved: no area 000 or 666, no group 00, no serial 0000."""
    d = re.sub(r"[^0-9]", "", value)
    return len(d) == 9 and d[:3] not in {"000", "666"} and d[3:5] != "00" and d[5:] != "0000"


def gtin(value: str) -> bool:
    """EAN-8, UPC-A, EAN-13, GTIN-14 with its check digit (GS1)."""
    d = value.strip()
    if not d.isdecimal() or not d.isascii() or len(d) not in {8, 12, 13, 14} or len(set(d)) < 3:
        return False
    return (10 - sum(int(c) * (3 if i % 2 == 0 else 1) for i, c in enumerate(reversed(d[:-1]))) % 10) % 10 == int(d[-1])


_OWN: dict[str, Validator] = {f.__name__: f for f in (luhn, card, ip, latitude, longitude, coordinate_pair, birth_date, imei, ssn, gtin, mx_rfc)}


@cache
def named(name: str) -> Validator:
    """`luhn`, or `stdnum:eu.vat` for a module of python-stdnum. Raises KeyError for what is neither."""
    if not name.startswith("stdnum:"):
        return _OWN[name]
    try:
        module = importlib.import_module("stdnum." + name.removeprefix("stdnum:"))
    except ImportError:
        raise KeyError(name) from None
    check: Callable[[str], bool] = module.is_valid

    def holds(value: str) -> bool:
        try:
            return bool(check(value))
        except Exception:  # a validator that stumbles over odd text says no
            return False

    return holds
