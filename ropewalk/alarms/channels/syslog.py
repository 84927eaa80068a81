"""Events for a SIEM: OCSF JSON (https://schema.ocsf.io, 1.5.0), one an alarm, by syslog (RFC 5424; TCP framed as RFC 6587) or into a file."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ropewalk import __version__
from ropewalk.alarms.alarm import Alarm
from ropewalk.alarms.channels.post import ChannelError
from ropewalk.alarms.message import Message
from ropewalk.duties import SyslogConfig

AUDIT = 13
"""Facility of RFC 5424: log audit."""
_PRIORITY = {"high": 3, "medium": 4, "low": 5, "info": 6}
_SEVERITY = {"info": (1, "Informational"), "low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High")}
_CLASS = {"new_field": (2006, "Data Security Finding"), "canary": (2004, "Detection Finding")}
_COMPLIANCE = (2003, "Compliance Finding")
_RESULT = {"pass": (1, "Pass"), "not_applicable": (1, "Pass"), "fail": (3, "Fail"), "error": (3, "Fail")}


def send(channel: SyslogConfig, message: Message, timeout: float, resolve: Callable[[str], Path]) -> None:
    """Raises ChannelError."""
    scheme, _, rest = channel.to.partition("://")
    try:
        if scheme == "file":
            _append(resolve(rest), "".join(text(e) + "\n" for e in events(message)))
            return
        parts = urlsplit(channel.to)
        place = (str(parts.hostname), int(parts.port or 0))
        lines = [line(message, alarm).encode("utf-8", "replace") for alarm in message.alarms]
        if scheme == "tcp":
            with socket.create_connection(place, timeout) as stream:
                stream.sendall(b"".join(f"{len(one)} ".encode() + one for one in lines))
            return
        family, kind, proto, _, address = socket.getaddrinfo(*place, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, proto) as datagrams:
            datagrams.settimeout(timeout)
            for one in lines:
                datagrams.sendto(one, address)
    except OSError as error:
        what = "the file cannot be written" if scheme == "file" else "the syslog server cannot be reached"
        raise ChannelError(f"{what} ({type(error).__name__})", mend="check `to`") from None


def _append(file: Path, lines: str) -> None:
    with os.fdopen(os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "a", encoding="utf-8", errors="replace") as stream:
        stream.write(lines)


def line(message: Message, alarm: Alarm) -> str:
    """A line of RFC 5424."""
    at = message.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    host = socket.gethostname()[:255] or "-"
    return f"<{AUDIT * 8 + _PRIORITY[alarm.severity]}>1 {at} {host} ropewalk {os.getpid()} {alarm.kind} - {text(event(message, alarm))}"


def text(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def events(message: Message) -> list[dict[str, Any]]:
    return [event(message, alarm) for alarm in message.alarms]


def event(message: Message, alarm: Alarm) -> dict[str, Any]:
    """An OCSF finding."""
    number, name = _CLASS.get(alarm.kind, _COMPLIANCE)
    severity_id, severity = _SEVERITY[alarm.severity]
    milliseconds = int(message.at.timestamp() * 1000)
    out: dict[str, Any] = {
        "activity_id": 1, "activity_name": "Create", "category_uid": 2, "category_name": "Findings", "class_uid": number, "class_name": name,
        "type_uid": number * 100 + 1, "severity_id": severity_id, "severity": severity, "time": milliseconds, "message": alarm.title,
        "status_id": 1, "status": "New",
        "finding_info": {"uid": f"{alarm.key}={alarm.state}", "title": alarm.title, "types": [alarm.kind], "created_time": milliseconds},
        "metadata": {"version": "1.5.0", "product": {"name": "Ropewalk", "vendor_name": "Ropewalk", "version": __version__}, "uid": message.id},
        "resources": [{"name": alarm.subject}] if alarm.subject else [],
        "unmapped": {"counts": dict(alarm.counts), "company": message.company, "mend": alarm.mend},
    }  # fmt: skip
    if number == _COMPLIANCE[0]:
        status_id, status = _RESULT.get(alarm.state, (2, "Warning"))
        needs = [alarm.requirement] if alarm.requirement else []
        control = {"control": alarm.clause} if alarm.clause else {}
        out["compliance"] = {"status_id": status_id, "status": status, "requirements": needs, "standards": ["policy"], **control}
    return out
