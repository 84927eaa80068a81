"""What may be shown of a value: its shape. The only door through which anything made from a value leaves RAM."""

from __future__ import annotations

from itertools import groupby

_LONG = 40


def shape(value: str) -> str:
    """The masked pattern of a value: letters a/A, digits 9, runs shortened: `Ann Lee` -> `Aa Aa`, `555-0134` -> `9-9`.

    Runs are collapsed, so that lengths of names are not kept; at most 40 characters.
    """
    out = []
    for kind, _ in groupby(value, _kind):
        out.append(kind)
    text = "".join(out)
    return text[:_LONG] + ("…" if len(text) > _LONG else "")


def _kind(char: str) -> str:
    if char.isdigit():
        return "9"
    if char.isupper():
        return "A"
    if char.isalpha():
        return "a"
    return " " if char.isspace() or not char.isprintable() else char if ord(char) < 128 else "·"
