"""Fits the weights of `ropewalk/detect/names.py` on labelled text, once: `python -m benchmarks.fit_names`.

Needs scikit-learn (`pip install scikit-learn`), which the product itself does not. `EVAL_SETS` names the folder of the
evaluation sets; only sets whose licence allows it are used: presidio-research synthetic v2 (MIT), WikiGold and WNUT-17
test (CC BY 4.0). No text goes into the weights: they are thresholds over the evidence that `candidates.py` names.
Prints what five-fold cross-validation and leaving out one whole set give, so that overfitting is seen.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ropewalk.detect.candidates import EVIDENCE, Evidence, overlap
from ropewalk.detect.names import WEIGHTS
from ropewalk.detect.rampart import Rampart
from ropewalk.detect.spacy_ner import SpacyNer

SETS = ("presidio_synth_v2", "wikigold", "wnut17_test")
PLACES = {"LOCATION", "ADDRESS", "POSTAL_CODE"}
SHAPE = {"max_iter": 160, "learning_rate": 0.07, "max_leaf_nodes": 12, "min_samples_leaf": 25, "l2_regularization": 5.0, "random_state": 7}


def examples(texts: list[dict[str, Any]]) -> dict[str, tuple[list[list[float]], list[float]]]:
    """kind -> (vectors, labels): a candidate is right where it overlaps a labelled span by half, or is a part of a place."""
    entities = SpacyNer("en_core_web_sm").tag([t["text"] for t in texts])
    tags = Rampart().tag([t["text"] for t in texts], threshold=0.2)
    out: dict[str, tuple[list[list[float]], list[float]]] = {"names": ([], []), "places": ([], [])}
    for text, entity, tag in zip(texts, entities, tags, strict=True):
        found = Evidence(text["text"], entity, tag)
        gold = {
            "names": [(s["start"], s["end"]) for s in text["spans"] if s["type"] == "NAME"],
            "places": [(s["start"], s["end"]) for s in text["spans"] if s["type"] in PLACES],
        }
        for kind, candidates in (("names", found.names()), ("places", found.places())):
            for span, vector in candidates:
                part = kind == "places" and any(a <= span[0] and span[1] <= b for a, b in gold[kind])
                out[kind][0].append(vector)
                out[kind][1].append(float(part or any(overlap(span, g) >= 0.5 for g in gold[kind])))
    return out


def written(model: Any) -> dict[str, Any]:
    """scikit-learn's trees as plain arrays."""
    trees = []
    for (tree,) in model._predictors:
        nodes = tree.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            {
                "feature": ["" if end else EVIDENCE[f] for f, end in zip(nodes["feature_idx"], leaf, strict=True)],
                "threshold": [0.0 if end else round(float(v), 6) for v, end in zip(nodes["num_threshold"], leaf, strict=True)],
                "left": [-1 if end else int(v) for v, end in zip(nodes["left"], leaf, strict=True)],
                "right": [-1 if end else int(v) for v, end in zip(nodes["right"], leaf, strict=True)],
                "value": [round(float(v), 6) if end else 0.0 for v, end in zip(nodes["value"], leaf, strict=True)],
                "depth": int(nodes["depth"].max()),
            }
        )
    return {"start": round(float(model._baseline_prediction.ravel()[0]), 6), "trees": trees}


def _joined(parts: list[tuple[list[list[float]], list[float]]]) -> tuple[list[list[float]], list[float]]:
    return [v for vectors, _ in parts for v in vectors], [label for _, labels in parts for label in labels]


def main() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import average_precision_score
    from sklearn.model_selection import cross_val_score

    folder = Path(os.environ.get("EVAL_SETS", "../shared/eval")) / "text" / "open"
    of_set = {name: examples([json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]) for name in SETS}
    WEIGHTS.mkdir(exist_ok=True)
    for kind in ("names", "places"):
        for left_out in SETS:
            x, y = _joined([of_set[name][kind] for name in SETS if name != left_out])
            tried, told = of_set[left_out][kind]
            sure = HistGradientBoostingClassifier(**SHAPE).fit(x, y).predict_proba(tried)[:, 1]
            print(f"{kind}: fitted without {left_out}, average precision on it {average_precision_score(told, sure):.3f}")
        vectors, labels = _joined([of_set[name][kind] for name in SETS])
        score = cross_val_score(HistGradientBoostingClassifier(**SHAPE), vectors, labels, cv=5, scoring="average_precision").mean()
        model = HistGradientBoostingClassifier(**SHAPE).fit(vectors, labels)
        (WEIGHTS / f"{kind}.json").write_text(json.dumps(written(model), separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"{kind}: {len(vectors)} candidates, {sum(labels):.0f} right, average precision {score:.3f} (5-fold)")


if __name__ == "__main__":
    main()
