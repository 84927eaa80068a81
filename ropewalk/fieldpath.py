"""Paths of fields: a column, a JSON path, a named part of a log line; as tuples, and as the text that people read."""

from __future__ import annotations

import re

Path = tuple[str, ...]
"""Where a field lies in its dataset: `("buyer_email",)`, `("details", "BuyerInfo", "BuyerEmail")`.

The first segment is the column (or the top key); `"[]"` stands for any list element, `"*"` for a key
that is data rather than structure (an object keyed by ids), so that no value becomes a name.
"""


def path_text(path: Path) -> str:
    """`("details", "items", "[]", "giftMessage")` -> `details.items[].giftMessage`; odd segments and nameless ones are quoted."""
    out = ""
    for segment in path:
        if segment == "[]":
            out += "[]"
            continue
        text = '"' + segment.replace('"', '""') + '"' if not segment or set(segment) & set('."[') else segment
        out += f".{text}" if out else text
    return out


_SEGMENT = re.compile(r'"((?:[^"]|"")*)"|(\[\])|([^.\["]+)')


def path_of(text: str) -> Path:
    """The path that `path_text` wrote: `details.items[].giftMessage` -> `("details", "items", "[]", "giftMessage")`."""
    return tuple(m[1].replace('""', '"') if m[1] is not None else m[0] for m in _SEGMENT.finditer(text))
