"""Fields of a line of a log: requests, queries, `key=value` pairs, and JSON or an access line inside a message.

Sources: NCSA/Apache mod_log_config and nginx `combined`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from ropewalk.model import Path
from ropewalk.naming import KEY, segment
from ropewalk.reading.nested import flatten

Fields = dict[Path, str]
Parser = Callable[[str], "Fields | None"]


@dataclass(frozen=True, slots=True)
class LineFormat:
    """`parse(line)` gives the fields of a line, or None where the line is not of this format; `time`: its clock."""

    name: str
    parse: Parser
    time: tuple[Path, ...]


_ACCESS = re.compile(
    r'^(?:([\w.-]++:\d{1,5}) )?(\S+) (\S+) ([^\n]+?) \[([^\]\n]+)\] "([^"\\\n]*+(?:\\.[^"\\\n]*+)*+)" (\d{3}|-) (\d+|-)'
    r'(?: "([^"\\\n]*+(?:\\.[^"\\\n]*+)*+)" "([^"\\\n]*+(?:\\.[^"\\\n]*+)*+)")?(?: ([^\n]*))?$',
    re.MULTILINE,
)
ACCESS_NAMES = ("server", "client_ip", "ident", "user", "time", "request", "status", "bytes", "referer", "user_agent", "rest")
_REQUEST = re.compile(r"(?P<method>[A-Z]{3,10}) (?P<target>\S*)(?: (?P<protocol>HTTP/[\d.]+))?$")
PAIR = re.compile(r'(?:^|[\s,;({\[?&])([A-Za-z_][\w.-]{0,40})=("(?:[^"\\]|\\.)*"|[^\s,;)}\]&"]+)')


def put(fields: Fields, path: Path, value: str | None) -> None:
    """Adds a value; `-` and the empty string mean nothing. A second value of one path goes beside the first."""
    if not value or value == "-":
        return
    while path in fields:
        path = (*path, "[]")
    fields[path] = value


def put_named(fields: Fields, within: Path, key: str, value: str | None) -> None:
    """Adds a value under its key; a key that is data becomes `*`, and is a value itself."""
    name = segment(key)
    if name == "*" != key:
        put(fields, (*within, KEY), key)
    put(fields, (*within, name), value)


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
        put_named(fields, ("query",), key, value)


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


def add_message(fields: Fields, message: str) -> None:
    """The message itself, and each `key=value` in it as `message.key`; of JSON or an access line in it, their fields below `message`."""
    if '] "' in message and (inside := access(message.strip())):
        for path, value in inside.items():
            put(fields, ("message", *path), value)
        return
    if "{" in message and message.rstrip().endswith("}"):
        before, mark, after = message.partition("{")
        if nested := [(path, text) for path, text in flatten(mark + after.rstrip()) if path and text]:
            for path, text in nested:
                put(fields, ("message", *path), text)
            put(fields, ("message",), before.strip())
            return
    put(fields, ("message",), message)
    if "=" in message:
        for key, value in PAIR.findall(message[:4000]):
            put_named(fields, ("message",), key, value.strip("\"'"))
