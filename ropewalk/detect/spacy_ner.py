"""spaCy's named entities alone: of the pipeline only `ner` runs, and `tok2vec` where `ner` has none of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ropewalk.detect.recognisers import loaded

_LABELS = {"PER": "PERSON", "persName": "PERSON", "PRS": "PERSON", "placeName": "LOC", "geogName": "LOC"}
"""Labels of the models of other languages (WikiNER, Polish, Swedish) in the words of the English ones."""
Entity = tuple[int, int, str]


class SpacyNer:
    """`tag(texts)` gives (start, end, label) per text, in spaCy's own labels (PERSON, GPE, ORG, …)."""

    def __init__(self, model: str) -> None:
        self._nlp: Any = loaded(model)
        shared: Any = dict(self._nlp.pipeline).get("tok2vec")
        needed = {"ner", "tok2vec"} if shared is not None and "ner" in shared.listening_components else {"ner"}
        self._idle = [name for name in self._nlp.pipe_names if name not in needed]
        self.version = f"{model}-{self._nlp.meta.get('version', '')}"

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """spaCy forgets the strings of the texts afterwards: its vocabulary does not grow with the data."""
        with self._nlp.memory_zone():
            docs = self._nlp.pipe(texts, disable=self._idle, batch_size=256)
            return [[(e.start_char, e.end_char, _LABELS.get(e.label_, e.label_)) for e in doc.ents] for doc in docs]
