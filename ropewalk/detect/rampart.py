"""The second opinion: a small token classifier (Rampart, CC BY 4.0, see models/rampart/NOTICE) run by onnxruntime.

Far better than spaCy's small model on table cells, poor on tweets and logs. Loaded once a process, one thread.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ropewalk.detect.hits import Hit
from ropewalk.errors import PluginError

FOLDER = Path(__file__).parent / "models" / "rampart"
PINNED = {
    "model_q4.onnx": "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    "tokenizer.json": "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
    "config.json": "4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd",
}
VERSION = f"rampart-{PINNED['model_q4.onnx'][:8]}"
WINDOW, OVERLAP = 480, 64
_TOKENS = 510
_BATCH_TOKENS = 1024
"""Tokens run together: more do not fit the caches of a processor and cost a sixth more."""
_SPACE = re.compile(r"\s")


class Rampart:
    """`tag(texts)` gives the model's own labels (GIVEN_NAME, SURNAME, STREET_NAME, CITY, …) as Hits, per text."""

    def __init__(self) -> None:
        import numpy as np
        import onnxruntime
        from tokenizers import Tokenizer

        for name, digest in PINNED.items():
            file = FOLDER / name
            if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
                raise PluginError("the model file is missing or changed", where=str(file), mend="install ropewalk again")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._np: Any = np
        self._session = onnxruntime.InferenceSession(str(FOLDER / "model_q4.onnx"), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        labels = json.loads((FOLDER / "config.json").read_text())["id2label"]
        self._labels = [labels[str(i)] for i in range(len(labels))]

    def tag(self, texts: Sequence[str], threshold: float = 0.5) -> list[list[Hit]]:
        """Hits per text in order of place; long texts are read in overlapping windows."""
        windows = [(i, start) for i, text in enumerate(texts) for start in range(0, max(len(text) - OVERLAP, 1), WINDOW - OVERLAP)]
        codes = self._tokenizer.encode_batch([texts[i][s : s + WINDOW] for i, s in windows])
        order = sorted(range(len(windows)), key=lambda w: len(codes[w].ids))
        found: list[dict[tuple[int, int, str], Hit]] = [{} for _ in texts]
        batch: list[int] = []
        for w in order:
            if batch and (len(batch) + 1) * len(codes[w].ids) > _BATCH_TOKENS:
                self._run(batch, windows, codes, texts, threshold, found)
                batch = []
            batch.append(w)
        if batch:
            self._run(batch, windows, codes, texts, threshold, found)
        return [_apart(sorted(hits.values())) for hits in found]

    def _run(
        self,
        batch: Sequence[int],
        windows: Sequence[tuple[int, int]],
        codes: Sequence[Any],
        texts: Sequence[str],
        threshold: float,
        found: list[dict[tuple[int, int, str], Hit]],
    ) -> None:
        np = self._np
        length = min(max(len(codes[w].ids) for w in batch), _TOKENS + 2)
        ids = np.zeros((len(batch), length), np.int64)
        mask = np.zeros((len(batch), length), np.int64)
        for row, w in enumerate(batch):
            n = min(len(codes[w].ids), length)
            ids[row, :n] = codes[w].ids[:n]
            mask[row, :n] = 1
        (logits,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})
        logits = logits - logits.max(-1, keepdims=True)
        exp = np.exp(logits)
        best = logits.argmax(-1)
        sure = exp.max(-1) / exp.sum(-1)
        for row, w in enumerate(batch):
            i, start = windows[w]
            for hit in self._spans(codes[w], best[row], sure[row], texts[i][start : start + WINDOW], threshold):
                moved = hit._replace(start=hit.start + start, end=hit.end + start)
                found[i].setdefault(moved[:3], moved)

    def _spans(self, code: Any, best: Any, sure: Any, text: str, threshold: float) -> list[Hit]:
        spans: list[Hit] = []
        scores: list[float] = []
        for token, ((a, b), special) in enumerate(zip(code.offsets, code.special_tokens_mask, strict=True)):
            if special or token >= len(best):
                continue
            label = self._labels[int(best[token])]
            if label == "O":
                continue
            kind, score = label[2:], float(sure[token])
            last = spans[-1] if spans else None
            glued = last is not None and a <= last.end
            if last is not None and last.entity == kind and (glued or (label[0] == "I" and _SPACE.fullmatch(text[last.end : a]))):
                scores.append(score)
                spans[-1] = last._replace(end=max(last.end, b), score=sum(scores) / len(scores))
            elif glued and last is not None:
                spans[-1] = last._replace(end=max(last.end, b))  # one word keeps one label: its first piece's
            else:
                scores = [score]
                spans.append(Hit(a, b, kind, score, "rampart"))
        return [s for s in spans if s.score >= threshold]


def _apart(hits: list[Hit]) -> list[Hit]:
    """Overlapping windows may say two things of one place: the longer span stays."""
    out: list[Hit] = []
    for hit in hits:
        if out and hit.start < out[-1].end:
            if hit.end - hit.start > out[-1].end - out[-1].start:
                out[-1] = hit
        else:
            out.append(hit)
    return out
