"""Reads the time of an event, in the notations that logs use. Unknown stays unknown: None, never a guess."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_ISO = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)(?:[T _](\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d+)?\s?(Z|[+-]\d\d:?\d\d)?)?")
_BSD = re.compile(r"([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)")
_WORDS = re.compile(r"(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) ([ \d]?\d) (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d{4})")
_DAY_MONTH = re.compile(r"(\d{1,2})[ /-]([A-Z][a-z]{2})[ /-](\d{4})[ :](\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?: ([+-]\d{4}))?")
_MONTH_DAY = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)(?: ([AP])M)?")
_NUMBERS = re.compile(r"(\d\d)([./-])(\d\d)\2(\d{4})[ ,]+(\d\d):(\d\d):(\d\d)")
_EPOCH = re.compile(r"(\d{10})(\d{3}|\d{6}|\d{9})?(?:\.\d+)?$")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def event_time(text: str, as_of: datetime) -> datetime | None:
    """ISO 8601, common log format, BSD syslog (its missing year: the last one that is not after `as_of`), dates with
    names of months, `31.12.2026 10:00:00`, epoch s/ms/µs/ns; `01/02/2026` is unknown."""
    text = text.strip().lstrip("[")
    try:
        if m := _ISO.match(text):
            zone = m[7] or "Z"
            return datetime.strptime(
                f"{m[1]}{m[2]}{m[3]}{m[4] or '00'}{m[5] or '00'}{m[6] or '00'}{'+0000' if zone == 'Z' else zone.replace(':', '')}", "%Y%m%d%H%M%S%z"
            )
        if m := _DAY_MONTH.match(text):
            zone = m[7] or "+0000"
            return datetime.strptime(f"{m[3]} {_MONTHS.index(m[2]) + 1} {m[1]} {m[4]}{m[5]}{m[6]} {zone}", "%Y %m %d %H%M%S %z")
        if m := _WORDS.match(text):
            return datetime(int(m[6]), _MONTHS.index(m[1]) + 1, int(m[2]), int(m[3]), int(m[4]), int(m[5]), tzinfo=UTC)
        if m := _MONTH_DAY.match(text):
            hour = int(m[4]) % 12 + 12 * (m[7] == "P") if m[7] else int(m[4])
            return datetime(int(m[3]), _MONTHS.index(m[1]) + 1, int(m[2]), hour, int(m[5]), int(m[6]), tzinfo=UTC)
        if m := _NUMBERS.match(text):  # with dots the day comes first; with slashes nobody knows, unless one of them is no month
            day, month = int(m[1]), int(m[3])
            if month > 12 or (m[2] != "." and day > 12 >= month):
                day, month = (month, day) if month > 12 else (day, month)
            elif m[2] != "." and day != month:
                return None
            return datetime(int(m[4]), month, day, int(m[5]), int(m[6]), int(m[7]), tzinfo=UTC)
        if m := _BSD.match(text):  # 29 February of the year before has no date and stays unknown
            month = _MONTHS.index(m[1]) + 1
            found = datetime(as_of.year, month, int(m[2]), int(m[3]), int(m[4]), int(m[5]), tzinfo=UTC)
            return found if found <= as_of else found.replace(year=as_of.year - 1)
        if m := _EPOCH.match(text):
            return datetime.fromtimestamp(int(m[1]), UTC)
    except ValueError:
        return None
    return None
