"""Presidio's word on values: its recognisers, by the exact fast path, for text fields that our own patterns leave open.

Packs name the entities that count (`presidio: [PHONE_NUMBER, …]`). A hit over most of a cell counts as a match of the
cell, a shorter one as a hit inside it. Numbers, dates, ids and fields that are clear already are not asked about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from ropewalk.config import Detection
from ropewalk.detect.hits import Hit
from ropewalk.detect.labelled import no_phone
from ropewalk.detect.packs import Packs
from ropewalk.detect.patterns import PatternEngine
from ropewalk.detect.profile import Profile, Share
from ropewalk.detect.recognisers import stock_recognisers

ASKED = 100
"""Distinct cells of one field that Presidio sees here; what it finds in more is the same share."""
SCORE = 0.4
"""Presidio's threshold: the score of a valid telephone number without context."""


_PHONE = re.compile(r"[+(]|\b0\d|\d[ ./-]\d+[ ./-]\d")
"""A telephone number in a cell of its own is written like one: bare digits and ZIP+4 are valid numbers, too."""


_OPEN = frozenset({"person_name", "street_address", "free_text"})
"""What says of a whole cell leaves open what stands inside."""


def _surer(hit: Hit, hits: Sequence[Hit]) -> bool:
    """Whether the same digits are more surely something else: a social security number is a telephone number of somewhere, too."""
    return any(o.score > hit.score and o.start < hit.end and hit.start < o.end for o in hits)


class Authority:
    """Asks Presidio; its recognisers are built at first use, once a process."""

    def __init__(self, detection: Detection, packs: Packs) -> None:
        self._detection = detection
        self._ids: dict[str, list[str]] = {}
        for r in packs.recognisers:
            for entity in r.value.presidio if r.value else ():
                self._ids.setdefault(entity, []).append(r.id)

    @cached_property
    def _engine(self) -> PatternEngine:
        found = stock_recognisers(self._detection.language, regions=self._detection.regions)
        kept = [r for r in found if any(e in self._ids for e in r.supported_entities)]
        return PatternEngine.of(kept, threshold=SCORE, language=self._detection.language)

    def confirm(self, profile: Profile, values: Mapping[str, int], context: Sequence[str]) -> None:
        """Raises the shares of the profile to what Presidio sees, where that is more."""
        texts = [t for t in profile.texts if 6 <= len(t) <= 2_000 and not t.isalpha()][:ASKED]
        if not texts or not self._worth(profile):
            return
        whole: dict[str, list[str]] = {}
        inside: dict[str, list[str]] = {}
        for text, hits in zip(texts, self._engine.scan(texts, context=context), strict=True):
            for hit in hits:
                bare = hit.entity == "PHONE_NUMBER" and not _PHONE.search(text[hit.start : hit.end])
                bare = bare or (" " not in text and hit.end - hit.start < 0.8 * len(text))
                bare = bare or (hit.entity == "PHONE_NUMBER" and (no_phone(text, hit) or _surer(hit, hits)))
                for id_ in self._ids.get(hit.entity, ()) if not bare else ():
                    kind = whole if hit.end - hit.start >= 0.8 * len(text) else inside
                    kind.setdefault(id_, []).append(text)
        for kind, shares in ((whole, profile.matches), (inside, profile.inside)):
            for id_, found in kind.items():
                mine = dict.fromkeys(found)
                share = Share(sum(values.get(t, 1) for t in mine), len(mine), len(mine) / max(1, min(profile.looked, ASKED)))
                if id_ not in shares or share.share > shares[id_].share + 0.05:
                    shares[id_] = share

    def _worth(self, profile: Profile) -> bool:
        if profile.numeric > 0.5 or profile.sequence or profile.years is not None:
            return False
        if any(s.share >= 0.8 for s in profile.negatives.values()):
            return False
        return not any(s.share >= 0.8 for i, s in profile.matches.items() if i not in _OPEN)
