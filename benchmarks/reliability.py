"""How often a confidence is right: `python -m benchmarks.reliability`, after `make eval`, draws docs/reference/reliability.svg.

Counts the verdicts of both parts with columns (names shown, names hidden) on fields that are labelled direct or none: what the
detector said, and the share that is personal. The numbers of the calibration are as in the product; nothing is fitted here.
"""

from __future__ import annotations

import argparse
import json
import os
from itertools import pairwise
from pathlib import Path

from benchmarks.evaluation import ROOT

EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0)
Bin = tuple[float, int, float]


def pairs(sets: Path, side: str, predictions: Path) -> list[tuple[float, bool]]:
    """(confidence that the field is personal, whether it is labelled direct) of every scored field."""
    out = []
    for suffix in ("", "_hidden"):
        lines = (predictions / f"columns{suffix}.{side}.jsonl").read_text(encoding="utf-8").splitlines()
        said = {p["id"]: p for p in map(json.loads, lines)}
        for label in map(json.loads, (sets / "columns" / side / f"labels{suffix}.jsonl").read_text(encoding="utf-8").splitlines()):
            found = said.get(label["id"])
            if found is not None and label["strength"] != "weak" and not found["weak"]:
                out.append((float(found["score"]), label["strength"] == "direct"))
    return out


def binned(found: list[tuple[float, bool]]) -> list[Bin]:
    """(mean confidence said, verdicts, share that was right) of each filled bin."""
    out = []
    for low, high in pairwise(EDGES):
        part = [(p, right) for p, right in found if low <= p < high or (high == 1.0 and p == 1.0)]
        if part:
            out.append((sum(p for p, _ in part) / len(part), len(part), sum(right for _, right in part) / len(part)))
    return out


def drawn(bins: list[Bin]) -> str:
    """An SVG of the curve over the diagonal; the area of a point grows with its verdicts."""
    size, edge = 300, 44

    def at(x: float, y: float) -> str:
        return f"{edge + x * size:.0f},{edge + (1 - y) * size:.0f}"

    whole = size + 2 * edge
    ticks = "".join(
        f'<text x="{edge + v * size:.0f}" y="{size + edge + 18}" text-anchor="middle">{v:g}</text>'
        f'<text x="{edge - 8}" y="{edge + (1 - v) * size + 4:.0f}" text-anchor="end">{v:g}</text>'
        for v in (0, 0.25, 0.5, 0.75, 1)
    )
    points = "".join(
        f'<circle cx="{at(p, r).split(",")[0]}" cy="{at(p, r).split(",")[1]}" r="{2 + min(9.0, n**0.5 / 5):.1f}" fill="#0a6ebd" fill-opacity=".7"/>'
        for p, n, r in bins
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" width="{whole}" font-family="sans-serif" font-size="12" fill="#444">'
        f'<title>Reliability of the confidence</title><rect width="{whole}" height="{whole}" fill="#fff"/>'
        f'<rect x="{edge}" y="{edge}" width="{size}" height="{size}" fill="none" stroke="#bbb"/>'
        f'<polyline points="{at(0, 0)} {at(1, 1)}" stroke="#bbb" stroke-dasharray="4 4" fill="none"/>'
        f'<polyline points="{" ".join(at(p, r) for p, _, r in bins)}" stroke="#0a6ebd" stroke-width="2" fill="none"/>{points}{ticks}'
        f'<text x="{whole / 2:.0f}" y="{whole - 6}" text-anchor="middle">confidence said</text>'
        f'<text x="14" y="{whole / 2:.0f}" text-anchor="middle" transform="rotate(-90 14 {whole / 2:.0f})">share that is personal</text></svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / ".ropewalk" / "eval", help="where `make eval` left its predictions")
    arguments = parser.parse_args()
    sets, side = Path(os.environ.get("EVAL_SETS", ROOT.parent / "shared" / "eval")), os.environ.get("EVAL_SIDE", "open")
    found = pairs(sets, side, arguments.out)
    bins = binned(found)
    error = sum(n * abs(p - r) for p, n, r in bins) / len(found)
    print(f"{len(found)} verdicts, mean error {error:.3f}\n\n| confidence said | verdicts | was personal |\n|---|---|---|")
    for p, n, r in bins:
        print(f"| {p:.2f} | {n} | {r:.2f} |")
    (ROOT / "docs" / "reference" / "reliability.svg").write_text(drawn(bins), encoding="utf-8")


if __name__ == "__main__":
    main()
