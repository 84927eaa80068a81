"""How a tag stands in a comment, and among the tags of an object, so that taking it out leaves the owner's part as it was, to the byte."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ropewalk.reading.tables import origin_of
from ropewalk.tags.nouns import VERSION, Tag, TagError, word

_TAG = re.compile(r" ?\[ropewalk (?:[a-z]+=[A-Za-z0-9._:/,-]+ )+v=1\]")


class InComment:
    """At the end of the comment, after one blank: `of the buyer [ropewalk class=email v=1]`; alone where there is none."""

    def __init__(self, longest: int | None = None) -> None:
        self._longest = longest

    def put(self, now: str | None, tag: Tag) -> str | None:
        own = self.drop(now)
        if not tag:
            return own
        new = tag.text if own is None else f"{own} {tag.text}"
        if self._longest is not None and len(new) > self._longest:
            raise TagError(f"the comment would be {len(new)} characters long; the store takes {self._longest}", mend="shorten the comment")
        return new

    def drop(self, now: str | None) -> str | None:
        """None where there was no comment (an empty one is another thing, and keeps its blank). What was written after the tag stays."""
        found = self._last(now)
        if now is None or found is None:
            return now
        return None if found[0] == now and now.startswith("[") else now[: found.start()] + now[found.end() :]

    def said(self, now: str | None) -> str:
        found = self._last(now)
        return found[0].strip() if found else ""

    def origin(self, now: str | None) -> str:
        return origin_of(self.drop(now) or "") or ""

    @staticmethod
    def _last(now: str | None) -> re.Match[str] | None:
        found = list(_TAG.finditer(now or ""))
        return found[-1] if found else None


_LONGEST = 240
_OWN = "ropewalk"
_ORIGIN = "origin"


class InTags:
    """Two tags: `origin`, which any reader understands, and `ropewalk`, which says what of this is ours: `class=address+email set=origin v=1`."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most

    def put(self, now: Mapping[str, str], tag: Tag) -> dict[str, str]:
        out = self.drop(now)
        if not tag:
            return out
        parts = {k: v.replace(",", "+") for k, v in tag.parts.items()}
        origin = parts.pop(_ORIGIN, "")
        if origin and _name(out, _ORIGIN) is None:
            out[_ORIGIN] = parts["set"] = origin
        if sum(len(k) + len(v) + 2 for k, v in parts.items()) > _LONGEST:
            parts.pop("op", None)
        out[_OWN] = " ".join([*(f"{k}={v}" for k, v in parts.items()), VERSION])
        if self._most is not None and len(out) > self._most:
            raise TagError(f"it would have {len(out)} tags; the store takes {self._most}", mend="remove a tag that nobody needs")
        return out

    def drop(self, now: Mapping[str, str]) -> dict[str, str]:
        """An origin that somebody changed after us is theirs, and stays."""
        out = dict(now)
        own = out.pop(_OWN, "")
        origin = next((p.removeprefix("set=") for p in own.split() if p.startswith("set=")), None)
        if origin is not None and out.get(_ORIGIN) == origin:
            del out[_ORIGIN]
        return out

    def said(self, now: Mapping[str, str]) -> str:
        own = now.get(_OWN, "")
        if VERSION not in own.split():
            return ""
        origin = f"origin={now.get(_ORIGIN, '')} " if "set=" in own else ""
        return f"[ropewalk {origin}{' '.join(p for p in own.replace('+', ',').split() if not p.startswith('set='))}]"

    def origin(self, now: Mapping[str, str]) -> str:
        own = self.drop(now)
        name = _name(own, _ORIGIN)
        return word(own[name]) if name is not None else ""


def _name(tags: Mapping[str, str], wanted: str) -> str | None:
    """The tag's name as it is written; readers of origins do not care for case."""
    return next((n for n in tags if n.lower() == wanted), None)
