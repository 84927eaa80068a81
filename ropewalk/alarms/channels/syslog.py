"""Events for a SIEM: OCSF JSON, one an alarm, by syslog (RFC 5424; over TLS as RFC 5425, over TCP as RFC 6587) or into a file."""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ropewalk.alarms.alarm import Alarm
from ropewalk.alarms.channels.ocsf import event
from ropewalk.alarms.channels.post import ChannelError
from ropewalk.alarms.message import Message
from ropewalk.duties import SyslogConfig
from ropewalk.reading.endpoint import refusal

AUDIT = 13
"""Facility of RFC 5424: log audit."""
_PRIORITY = {"high": 3, "medium": 4, "low": 5, "info": 6}


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
        if scheme == "udp":
            _datagrams(place, lines, timeout)
        else:
            _stream(place, lines, timeout, _context(channel, resolve) if scheme == "tls" else None)
    except ssl.SSLCertVerificationError as error:
        mend = "name its authority with `ca`, or correct the host"
        raise ChannelError(f"the syslog server's certificate cannot be verified{refusal(error)}", mend=mend) from None
    except ssl.SSLError as error:
        mend = "check the port (TLS is often at 6514), and whether it wants `cert` and `key`"
        raise ChannelError(f"the syslog server refused TLS ({error.reason or 'no reason given'})", mend=mend) from None
    except OSError as error:
        what = "the file cannot be written" if scheme == "file" else "the syslog server cannot be reached"
        raise ChannelError(f"{what} ({type(error).__name__})", mend="check `to`") from None


def _context(channel: SyslogConfig, resolve: Callable[[str], Path]) -> ssl.SSLContext:
    """Raises ChannelError for files that cannot be read."""
    try:
        context = ssl.create_default_context(cafile=str(resolve(channel.ca)) if channel.ca else None)
        if channel.cert:
            context.load_cert_chain(resolve(channel.cert), resolve(channel.key) if channel.key else None, password="")
    except (OSError, ValueError):
        raise ChannelError("the files of `ca`, `cert` or `key` cannot be read", mend="name files in PEM, the key without a passphrase") from None
    return context


def _stream(place: tuple[str, int], lines: list[bytes], timeout: float, context: ssl.SSLContext | None) -> None:
    """Each line framed by its number of bytes."""
    with socket.create_connection(place, timeout) as plain:
        stream = context.wrap_socket(plain, server_hostname=place[0]) if context else plain
        with stream:
            stream.sendall(b"".join(f"{len(one)} ".encode() + one for one in lines))
            if isinstance(stream, ssl.SSLSocket):
                with suppress(OSError, ValueError):  # a server that does not say goodbye has taken it all the same
                    stream.unwrap()


def _datagrams(place: tuple[str, int], lines: list[bytes], timeout: float) -> None:
    family, kind, proto, _, address = socket.getaddrinfo(*place, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, proto) as datagrams:
        datagrams.settimeout(timeout)
        for one in lines:
            datagrams.sendto(one, address)


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
