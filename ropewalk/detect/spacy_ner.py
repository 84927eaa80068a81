"""spaCy's named entities alone: the tagger, parser and lemmatiser are left out, and tok2vec too where `ner` has its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ropewalk.detect.recognisers import model_package

_EXTRA = ["tagger", "parser", "lemmatizer", "attribute_ruler", "senter", "morphologizer"]
_LABELS = {"PER": "PERSON", "persName": "PERSON", "PRS": "PERSON", "placeName": "LOC", "geogName": "LOC"}
"""Labels of the models of other languages (WikiNER, Polish, Swedish) in the words of the English ones."""
Entity = tuple[int, int, str]


class SpacyNer:
    """`tag(texts)` gives (start, end, label) per text, in spaCy's own labels (PERSON, GPE, ORG, …)."""

    def __init__(self, model: str) -> None:
        import spacy

        self._nlp: Any = spacy.load(model_package(model), exclude=_EXTRA)
        shared: Any = dict(self._nlp.pipeline).get("tok2vec")
        if shared is not None and "ner" not in shared.listening_components:
            self._nlp.remove_pipe("tok2vec")
        self.version = f"{model}-{self._nlp.meta.get('version', '')}"

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        return [[(e.start_char, e.end_char, _LABELS.get(e.label_, e.label_)) for e in doc.ents] for doc in self._nlp.pipe(texts, batch_size=256)]
