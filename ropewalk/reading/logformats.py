"""The line formats of logs: each turns a line into named fields, so that `client_ip` is a field and not a guess.

Sources: nginx and Apache error logs, RFC 3164 and RFC 5424 (syslog), logfmt. A format is chosen by the share of lines it parses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from ropewalk.model import Path
from ropewalk.reading import logcolumns
from ropewalk.reading.logfields import PAIR, Fields, LineFormat, Parser, access, add_message, add_request, put, put_named

_SYSLOG3 = re.compile(
    r"(?:<(?P<priority>\d{1,3})>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?P<host>[\w.:%-]+) "
    r"(?!RequestId)(?P<app>[\w./@-]+(?:\([\w-]+\))?)(?:\[(?P<pid>\d+)\])?: (?P<message>.*)$"
)
_SYSLOG5 = re.compile(
    r"<(?P<priority>\d{1,3})>1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<pid>\S+) (?P<msgid>\S+) "
    r'(?P<data>-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: \ufeff?(?P<message>.*))?$'
)
_SD_PARAM = re.compile(r'([^\s=\]"\[]+)="((?:[^"\\\]]|\\.)*)"')
_LOGFMT = re.compile(r'^(?:[A-Za-z_][\w.-]*=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)){2,}$')
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIMES = (
    r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?",
    r"\d\d[./-]\d\d[./-]\d{4}[ ,]+\d\d:\d\d:\d\d(?:[.,]\d+)?",
    rf"\d{{1,2}}[ /-]{_MONTH}[ /-]\d{{4}}[ :]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: [+-]\d{{4}})?",
    rf"{_MONTH} \d{{1,2}}, \d{{4}},? \d{{1,2}}:\d\d:\d\d(?: [AP]M)?",
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {_MONTH} [ \d]?\d \d\d:\d\d:\d\d(?:\.\d+)? \d{{4}}",
    r"1\d{9}(?:\.\d{1,9}|\d{3})?(?=\s)",
)
_PLAIN = re.compile(
    rf"\[?(?P<time>{'|'.join(_TIMES)})\]?"
    r"(?:\s+[-|\[]*\s*(?P<level>TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b[\]:]*)?(?:\s*[-|:]+)?\s+(?P<message>.*)$",
    re.IGNORECASE,
)
_APACHE_ERROR = re.compile(
    rf"\[(?P<time>{_TIMES[4]})\] \[(?:(?P<module>[\w-]*):)?(?P<level>\w+)\](?: \[pid (?P<pid>\d+)[^\]]*\])?"
    r"(?: \[client (?P<client_ip>\S+?)(?::\d+)?\])? (?P<message>.*)$"
)
_ASKED = re.compile(r", (client|server|request|upstream|host|referrer): (\"[^\"]*\"|[^,]+)")
_ASKED_NAMES = {"client": "client_ip", "referrer": "referer"}
_NGINX_ERROR = re.compile(r"(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?P<level>\w+)\] (?P<pid>\d+)#\d+: (?:\*\d+ )?(?P<message>.*)$")


def _named(pattern: re.Pattern[str]) -> Parser:
    def parse(line: str) -> Fields | None:
        match = pattern.match(line)
        if match is None:
            return None
        fields: Fields = {}
        for name, value in match.groupdict().items():
            if name == "message" and value:
                add_message(fields, value)
            else:
                put(fields, (name,), value)
        return fields

    return parse


def syslog5424(line: str) -> Fields | None:
    match = _SYSLOG5.match(line)
    if match is None:
        return None
    fields: Fields = {}
    for name in ("priority", "time", "host", "app", "pid", "msgid"):
        put(fields, (name,), match[name])
    for key, value in _SD_PARAM.findall(match["data"]):
        put_named(fields, ("data",), key, value)
    if match["message"]:
        add_message(fields, match["message"])
    return fields


def logfmt(line: str) -> Fields | None:
    if not _LOGFMT.match(line.rstrip() + " "):
        return None
    fields: Fields = {}
    for key, value in PAIR.findall(line):
        put_named(fields, (), key, value.strip('"'))
    return fields


_nginx_error = _named(_NGINX_ERROR)


def nginx_error(line: str) -> Fields | None:
    """What nginx appends to its errors (`client: …, request: "…"`) becomes fields, the request as in the access log."""
    fields = _nginx_error(line)
    if fields is None:
        return None
    match = _NGINX_ERROR.match(line)
    for key, value in _ASKED.findall(match["message"] if match else ""):
        if key == "request":
            add_request(fields, value.strip('"'))
        else:
            put(fields, (_ASKED_NAMES.get(key, key),), value.strip('"'))
    return fields


def plain(line: str) -> Fields | None:
    """Anything else: a time and a level where they stand first, and the message."""
    match = _PLAIN.match(line)
    fields: Fields = {}
    if match is None:
        add_message(fields, line)
    else:
        put(fields, ("time",), match["time"])
        put(fields, ("level",), match["level"])
        add_message(fields, match["message"])
    return fields


def json_line(line: str) -> Fields | None:
    """Only recognises; `reading.jsonlines` reads JSON fast."""
    if not line.startswith("{"):
        return None
    try:
        return {} if isinstance(json.loads(line), dict) else None
    except (ValueError, RecursionError):
        return None


CLOCKS: tuple[Path, ...] = (
    *((n,) for n in "time ts timestamp @timestamp eventTime event_time datetime date t __REALTIME_TIMESTAMP asctime".split()),
    ("logEvents", "[]", "timestamp"),
    ("message", "ts"),
    ("message", "time"),
)
JSON = LineFormat("json", json_line, CLOCKS)
PLAIN = LineFormat("plain", plain, (("time",),))
FORMATS: tuple[LineFormat, ...] = (
    JSON,
    LineFormat("access", access, (("time",),)),
    LineFormat("syslog-5424", syslog5424, (("time",),)),
    LineFormat("alb", logcolumns.alb, (("time",),)),
    LineFormat("s3-access", logcolumns.s3_access, (("time",),)),
    LineFormat("elb", logcolumns.clb, (("time",),)),
    LineFormat("nlb", logcolumns.nlb, (("time",),)),
    LineFormat("nginx-error", nginx_error, (("time",),)),
    LineFormat("apache-error", _named(_APACHE_ERROR), (("time",),)),
    LineFormat("syslog-3164", _named(_SYSLOG3), (("time",),)),
    LineFormat("logfmt", logfmt, CLOCKS),
)


def recognise(lines: Iterable[str]) -> LineFormat:
    """The format that parses most of the lines, if at least half; else PLAIN."""
    return ranked(lines)[0]


def ranked(lines: Iterable[str]) -> list[LineFormat]:
    """The format as `recognise` tells it, then the others that parse any of the lines."""
    head = [line for line in lines if line.strip()]
    best, share = PLAIN, 0.499
    met: list[LineFormat] = []
    for form in FORMATS:
        hit = sum(form.parse(line) is not None for line in head) / max(len(head), 1)
        if hit:
            met.append(form)
        if hit > share:
            best, share = form, hit
    return [best, *(form for form in met if form is not best)]
