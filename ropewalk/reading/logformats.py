"""The line formats of logs: each turns a line into named fields, so that `client_ip` is a field and not a guess.

Sources: NCSA/Apache mod_log_config and nginx `combined`, RFC 3164 and RFC 5424 (syslog), logfmt, AWS ELB, ALB and
S3 server access log field lists, systemd journal export format. A format is chosen by the share of lines it parses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from ropewalk.masking import is_data_key
from ropewalk.model import Path

Fields = dict[Path, str]
Parser = Callable[[str], "Fields | None"]


@dataclass(frozen=True, slots=True)
class LineFormat:
    """`parse(line)` gives the fields of a line, or None where the line is not of this format; `time`: its clock."""

    name: str
    parse: Parser
    time: tuple[Path, ...]


_ACCESS = re.compile(
    r'^(\S+) (\S+) ([^\n]+?) \[([^\]\n]+)\] "((?:[^"\\\n]|\\.)*)" (\d{3}|-) (\d+|-)'
    r'(?: "((?:[^"\\\n]|\\.)*)" "((?:[^"\\\n]|\\.)*)")?(?: ([^\n]*))?$',
    re.MULTILINE,
)
ACCESS_NAMES = ("client_ip", "ident", "user", "time", "request", "status", "bytes", "referer", "user_agent", "rest")
_REQUEST = re.compile(r"(?P<method>[A-Z]{3,10}) (?P<target>\S*)(?: (?P<protocol>HTTP/[\d.]+))?$")
_SYSLOG3 = re.compile(
    r"(?:<(?P<priority>\d{1,3})>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?P<host>\S+) "
    r"(?P<app>[^\s:\[]+)(?:\[(?P<pid>\d+)\])?: (?P<message>.*)$"
)
_SYSLOG5 = re.compile(
    r"<(?P<priority>\d{1,3})>1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<pid>\S+) (?P<msgid>\S+) "
    r'(?P<data>-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: \ufeff?(?P<message>.*))?$'
)
_SD_PARAM = re.compile(r'([^\s=\]"\[]+)="((?:[^"\\\]]|\\.)*)"')
_PAIR = re.compile(r'(?:^|[\s,;({\[?&])([A-Za-z_][\w.-]{0,40})=("(?:[^"\\]|\\.)*"|[^\s,;)}\]&"]+)')
_LOGFMT = re.compile(r'^(?:[A-Za-z_][\w.-]*=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)){2,}$')
_PLAIN = re.compile(
    r"\[?(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d\d/\d\d/\d{4} \d\d:\d\d:\d\d)\]?"
    r"(?:\s+[-|\[]*\s*(?P<level>TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b[\]:]*)?(?:\s*[-|:]+)?\s+(?P<message>.*)$",
    re.IGNORECASE,
)
_NGINX_ERROR = re.compile(r"(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?P<level>\w+)\] (?P<pid>\d+)#\d+: (?:\*\d+ )?(?P<message>.*)$")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')

_ALB = (
    "type time elb client target request_processing_time target_processing_time response_processing_time status target_status "
    "received_bytes sent_bytes request user_agent ssl_cipher ssl_protocol target_group_arn trace_id domain_name chosen_cert_arn "
    "matched_rule_priority request_creation_time actions_executed redirect_url error_reason target_list target_status_list "
    "classification classification_reason"
).split()
_CLB = (
    "time elb client backend request_processing_time backend_processing_time response_processing_time status backend_status "
    "received_bytes sent_bytes request user_agent ssl_cipher ssl_protocol"
).split()
_S3 = (
    "bucket_owner bucket time client_ip requester request_id operation key request status error_code bytes_sent object_size "
    "total_time turn_around_time referer user_agent version_id host_id signature_version cipher_suite authentication_type "
    "host_header tls_version access_point_arn acl_required"
).split()


def put(fields: Fields, path: Path, value: str | None) -> None:
    """Adds a value; `-` and the empty string mean nothing. A second value of one path goes beside the first."""
    if not value or value == "-":
        return
    while path in fields:
        path = (*path, "[]")
    fields[path] = value


def add_target(fields: Fields, target: str) -> None:
    """`/reset?email=a%40b.example&page=2` -> `path`, `query.email`, `query.page`; keys that are data become `*`."""
    path, mark, query = target.partition("?")
    put(fields, ("path",), unquote_plus(path) if "%" in path or "+" in path else path)
    if not mark:
        return
    pairs = parse_qsl(query, max_num_fields=200) if len(query) < 20_000 and query.count("&") < 200 else []
    if not pairs:
        put(fields, ("query",), unquote_plus(query))
    for key, value in pairs:
        put(fields, ("query", "*" if is_data_key(key) else key), value)


def add_request(fields: Fields, request: str) -> None:
    """`GET /a?b=c HTTP/1.1` -> `method`, `path`, `query.b`, `protocol`."""
    if match := _REQUEST.match(request):
        put(fields, ("method",), match["method"])
        add_target(fields, match["target"])
        put(fields, ("protocol",), match["protocol"])
    else:
        put(fields, ("request",), request)


def access(line: str) -> Fields | None:
    """nginx and Apache, common and combined."""
    match = _ACCESS.match(line)
    if match is None:
        return None
    fields: Fields = {}
    for name, value in zip(ACCESS_NAMES, match.groups(), strict=True):
        if name == "request":
            add_request(fields, value)
        else:
            put(fields, (name,), value)
    return fields


def access_block(text: str) -> list[tuple[str, ...]]:
    """Every access line of a text at once, as tuples of ACCESS_NAMES."""
    return _ACCESS.findall(text)


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


def add_message(fields: Fields, message: str) -> None:
    """The message itself, and each `key=value` in it as `message.key`."""
    put(fields, ("message",), message)
    if "=" in message:
        for key, value in _PAIR.findall(message[:4000]):
            put(fields, ("message", "*" if is_data_key(key) else key), value.strip('"'))


def syslog5424(line: str) -> Fields | None:
    match = _SYSLOG5.match(line)
    if match is None:
        return None
    fields: Fields = {}
    for name in ("priority", "time", "host", "app", "pid", "msgid"):
        put(fields, (name,), match[name])
    for key, value in _SD_PARAM.findall(match["data"]):
        put(fields, ("data", "*" if is_data_key(key) else key), value)
    if match["message"]:
        add_message(fields, match["message"])
    return fields


def logfmt(line: str) -> Fields | None:
    if not _LOGFMT.match(line.rstrip() + " "):
        return None
    fields: Fields = {}
    for key, value in _PAIR.findall(line):
        put(fields, ("*" if is_data_key(key) else key,), value.strip('"'))
    return fields


def _positional(names: Sequence[str], check: Callable[[list[str]], bool], least: int) -> Parser:
    def parse(line: str) -> Fields | None:
        values = [a or b or c for a, b, c in _QUOTED.findall(line)]
        if not least <= len(values) or not check(values):
            return None
        fields: Fields = {}
        for name, value in zip(names, values, strict=False):
            if name == "request":
                add_request(fields, value)
            elif name in {"client", "target", "backend"}:
                put(fields, (f"{name}_ip",), value.rsplit(":", 1)[0])
            else:
                put(fields, (name,), value)
        return fields

    return parse


_alb = _positional(_ALB, lambda v: v[0] in {"http", "https", "h2", "grpcs", "ws", "wss"} and v[1][:2] == "20" and "/" in v[2], 17)
_clb = _positional(_CLB, lambda v: v[0][:2] == "20" and v[0].endswith("Z") and ":" in v[2] and v[7].isdigit(), 12)
_s3 = _positional(_S3, lambda v: len(v[0]) == 64 and v[2][2:3] == "/" and v[6].count(".") >= 1, 17)


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


_CLOCKS: tuple[Path, ...] = tuple(
    (n,) for n in ("time", "ts", "timestamp", "@timestamp", "eventTime", "event_time", "datetime", "date", "t", "__REALTIME_TIMESTAMP", "asctime")
)
JSON = LineFormat("json", json_line, _CLOCKS)
PLAIN = LineFormat("plain", plain, (("time",),))
FORMATS: tuple[LineFormat, ...] = (
    JSON,
    LineFormat("access", access, (("time",),)),
    LineFormat("syslog-5424", syslog5424, (("time",),)),
    LineFormat("alb", _alb, (("time",),)),
    LineFormat("s3-access", _s3, (("time",),)),
    LineFormat("elb", _clb, (("time",),)),
    LineFormat("nginx-error", _named(_NGINX_ERROR), (("time",),)),
    LineFormat("syslog-3164", _named(_SYSLOG3), (("time",),)),
    LineFormat("logfmt", logfmt, _CLOCKS),
)


def recognise(lines: Iterable[str]) -> LineFormat:
    """The format that parses most of the lines, if at least half; else PLAIN."""
    head = [line for line in lines if line.strip()]
    best, share = PLAIN, 0.499
    for form in FORMATS:
        hit = sum(form.parse(line) is not None for line in head) / max(len(head), 1)
        if hit > share:
            best, share = form, hit
    return best
