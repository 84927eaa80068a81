"""Lines of logs, read by their format: access logs, daemons, and what applications write (levels, `key=value`, JSON).

What stands in an access line or a daemon's words is known by its place, so no names are looked for there. Applications quote
people: their lines are read like prose, but a name or a place must be surer than in a letter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ropewalk.detect import labelled
from ropewalk.detect.hits import Hit

SURE = 0.35
"""Probability from which a name or a place in an application's line counts."""
_TIME = r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z| ?UTC|[+-]\d\d:?\d\d)?\]?"
_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|CRITICAL|SEVERE|trace|debug|info|warn(?:ing)?|error|fatal)"
_PAIR = r"[\w.-]{1,40}=(?:\"[^\"]*\"|\S*)"
_DAEMON = re.compile(r"^(?:<\d{1,3}>1? ?)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+(?: [\w./-]+(?:\(\w+\))?(?:\[\d+\])?)?: ")
_BARE_DAEMON = re.compile(
    r"^(?:[\w.-]+ )?(?:[A-Za-z][\w./-]*\[\d+\]|kernel|sudo|systemd|dhcpd|pam_unix\(\S+\))(?:\[\d+\])?: |^pam_unix|\buid=\d+ euid=\d|"
    r"^(?:[Ii]nvalid|[Ii]llegal) user \S+ from [\d.:a-f]+|^(?:Failed|Accepted) \w+ for .{1,60} from [\d.:a-f]+ port \d"
)
_ACCESS = re.compile(
    r'^(?:[^"\n]{0,80}?: )?([\da-fA-F:.]{3,45}|[\w.-]+) \S+ (\S.*?) (?:\[[^\]]+\]|-) "(?:[^"\\]|\\.)*" (?:\d{3}|-) (?:\d+|-)'
    r'(?: "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)")?'
)
_APPLICATION = re.compile(
    rf"^(?:{_TIME}\s|\[?{_LEVEL}\]?:?\s|[IWEF]\d{{4}} \d\d:\d\d|(?:{_PAIR}\s+){{2,}}|\{{\s*\"[\w.@-]+\"\s*:|Traceback \(most recent|\s*at [\w.$]+\(|"
    r"[\w.]+(?:Exception|Error)\b:)|\bat (?:[a-z]\w*\.){2,}"
)
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_MAC = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f])")
_AGENT = re.compile(
    r"(?:Mozilla|Opera)/\d[\w.]* (?:\[\w+\] )?\([^)]{3,200}\)(?: [\w.+-]+/[\w.+-]+(?: \([^)]{0,200}\))?| (?:Mobile|Version|Safari)\b)*"
)
_BY_PATTERN = frozenset({"EMAIL_ADDRESS", "IBAN_CODE", "CREDIT_CARD", "IP_ADDRESS", "US_SSN"})


def by_place(text: str) -> bool:
    """Whether it is a line of an access log or a daemon."""
    return bool(_ACCESS.match(text) or _DAEMON.match(text) or _BARE_DAEMON.search(text))


def application(text: str) -> bool:
    """Whether it is a line that an application wrote: a time or a level first, pairs, JSON, a stack trace."""
    return bool(_APPLICATION.search(text))


def agents(text: str) -> list[Hit]:
    """User agents, wherever they stand."""
    return [Hit(*m.span(), "USER_AGENT", 0.9, "agent") for m in _AGENT.finditer(text)]


def placed(text: str, patterns: Sequence[Hit]) -> list[Hit]:
    """What the format tells: addresses, accounts, devices and agents; of the patterns only the sure ones. Hits may overlap."""
    hits = [h for h in patterns if h.entity in _BY_PATTERN]
    hits += [Hit(*m.span(), "IP_ADDRESS", 0.95, "log") for m in _IPV4.finditer(text) if all(int(p) < 256 for p in m.group().split("."))]
    if match := _ACCESS.match(text):
        if match[2] != "-":
            hits.append(Hit(*match.span(2), "USERNAME", 0.8, "log"))
        if match[3] and match[3] != "-":
            hits.append(Hit(*match.span(3), "USER_AGENT", 1.0, "log"))
    else:
        hits += labelled.users(text)
    macs = [Hit(*m.span(), "MAC_ADDRESS", 0.95, "log") for m in _MAC.finditer(text)]
    hits = [h for h in hits if h.entity != "IP_ADDRESS" or not any(m.start < h.end and h.start < m.end for m in macs)]
    return [*hits, *macs, *agents(text)]
