"""A column of MySQL or MariaDB as SHOW CREATE TABLE writes it, and the same with another comment: all else stays to the letter.

These servers change a comment only together with the whole definition, so it is taken from the server's own text.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<blank>\s+)|(?P<name>`(?:[^`]|``)*`)|(?P<text>'(?:[^'\\]|\\.|'')*')|(?P<note>/\*!\d*|\*/)|(?P<open>\()|(?P<close>\))|(?P<word>[^\s`'()*/]+|.)""",
    re.S,
)


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """A text for a session whose sql_mode is empty: a backslash escapes."""
    out = text.replace("\\", "\\\\").replace("'", "''")
    for char, written in (("\0", "\\0"), ("\n", "\\n"), ("\r", "\\r"), ("\x1a", "\\Z")):
        out = out.replace(char, written)
    return f"'{out}'"


def columns(create: str) -> dict[str, str]:
    """column -> its definition without its name. A line feed within a literal is written as `\\n` by the server, so a line is a column."""
    out = {}
    for line in create.split("\n"):
        found = re.match(r"  (`(?:[^`]|``)*`) (.*?),?$", line, re.S)
        if found:
            out[found[1][1:-1].replace("``", "`")] = found[2]
    return out


def commented(definition: str, comment: str | None) -> str:
    """The definition with this comment (None or "": without one): in the place of the old one, else before a CHECK, else at the end."""
    start, end, check = _places(definition)
    new = f"COMMENT {literal(comment)}" if comment else ""
    if start is not None and end is not None:
        before, after = definition[:start].rstrip(), definition[end:].lstrip()
        return " ".join(p for p in (before, new, after) if p)
    if check is None or not new:
        return f"{definition} {new}".rstrip()
    return f"{definition[:check].rstrip()} {new} {definition[check:]}"


def _places(definition: str) -> tuple[int | None, int | None, int | None]:
    """Begin and end of the comment, and begin of a CHECK, outside of brackets."""
    depth, start, check = 0, None, None
    for token in _TOKEN.finditer(definition):
        if token["open"] or token["close"]:
            depth += 1 if token["open"] else -1
        elif depth or token["blank"]:
            continue
        elif start is not None and token["text"]:
            return start, token.end(), check
        elif token["word"] == "COMMENT":
            start = token.start()
        elif token["word"] == "CHECK" and check is None:
            check = token.start()
    return None, None, check
