"""The text part of `make eval`: hits in running text by `TextReader`, and by stock Presidio on the same texts with `--stock`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Spans = list[dict[str, Any]]
Reader = Callable[[Sequence[str]], list[Spans]]
BATCH = 500
STOCK_SCORE = 0.4
"""Presidio at its own threshold: at 0.0 its bank, licence and passport patterns match nearly every number."""


def texts(folder: Path) -> list[tuple[str, str]]:
    """(id, text) of every set of a side. Ends the run where the side has no text sets."""
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        sys.exit(f"no text sets are in {folder}: set EVAL_SETS and EVAL_SIDE to a side that has text/<side>/*.jsonl")
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]
    return [(line["id"], line["text"]) for line in lines]


def predict(read: Reader, found: Sequence[tuple[str, str]], target: Path) -> None:
    """Writes one line a text in the format of evaluate.py."""
    with target.open("w", encoding="utf-8") as file:
        for first in range(0, len(found), BATCH):
            part = found[first : first + BATCH]
            for (id_, _), spans in zip(part, read([text for _, text in part]), strict=True):
                file.write(json.dumps({"id": id_, "spans": spans}) + "\n")


def ours() -> Reader:
    """The reader that fields of prose are judged with."""
    from ropewalk.detect.names import Names
    from ropewalk.detect.text import TextReader

    reader = TextReader(Names())
    return lambda some: [[_span(h.start, h.end, h.entity, h.score) for h in hits] for hits in reader.read(some)]


def stock() -> Reader:
    """Presidio as it comes: its English recognisers and spaCy's small model."""
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    from ropewalk.detect.recognisers import nlp_engine, stock_analyzer, stock_recognisers

    engine = nlp_engine()
    recognisers = [*stock_recognisers(), SpacyRecognizer(supported_entities=engine.get_supported_entities())]
    analyzer = stock_analyzer(recognisers, engine=engine)

    def read(some: Sequence[str]) -> list[Spans]:
        found = (analyzer.analyze(text, "en", score_threshold=STOCK_SCORE) for text in some)
        return [[_span(r.start, r.end, r.entity_type, r.score) for r in results] for results in found]

    return read


def _span(start: int, end: int, entity: str, score: float) -> dict[str, Any]:
    return {"start": start, "end": end, "type": entity, "score": round(float(score), 3)}
