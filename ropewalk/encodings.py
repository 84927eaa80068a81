"""A text as it reads once what programs wrap around it is taken off: percent signs, escapes of JSON and HTML, base64, hexadecimal digits."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

DEPTH = 2
"""Wrappings within each other that are taken off: base64 in a web address, JSON in base64."""
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\([nrt/\"\\])")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}={0,2}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}){8,}(?![0-9A-Za-z])")


def written_out(value: str) -> set[str]:
    """The value and its readings."""
    seen, fresh = {value}, [value]
    for _ in range(DEPTH):
        fresh = [text for one in fresh for text in _once(one) if text not in seen]
        seen.update(fresh)
    return seen


def _once(text: str) -> Iterator[str]:
    if "%" in text or "+" in text:
        yield unquote(text)
        yield unquote_plus(text)
    if "\\" in text:
        yield _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else " " if m[2] in "nrt" else m[2], text)
    if "&" in text:
        yield html.unescape(text)
    if found := " ".join(_decoded(text)):
        yield found


def _decoded(text: str) -> Iterator[str]:
    """What base64 and hexadecimal words hold, where that is text."""
    for word in _BASE64.findall(text):
        plain = word.rstrip("=").replace("-", "+").replace("_", "/")
        with_padding = plain + "=" * (-len(plain) % 4)
        try:
            held = base64.b64decode(with_padding, validate=True).decode()
        except (binascii.Error, ValueError):
            continue
        if held.isprintable() or held.replace("\n", "").replace("\t", "").replace("\r", "").isprintable():
            yield held
    for word in _HEX.findall(text):
        try:
            held = bytes.fromhex(word).decode()
        except ValueError:
            continue
        if held.isprintable():
            yield held
