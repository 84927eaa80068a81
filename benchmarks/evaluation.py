"""`make eval`: runs the detector on the evaluation sets and writes the scores beside the peers' (benchmarks/evaluation.md).

The sets lie outside the repository: EVAL_SETS (a folder, default ../shared/eval), EVAL_SIDE (open | heldout, default open).
Three parts: columns, the same columns with hidden names, and running text.
A field counts as predicted personal if the verdict is direct; weak findings (a city, a customer number) are reported apart.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import evaluation_text
from ropewalk import plugins
from ropewalk.config import Detection, Limits
from ropewalk.detect.core import Detector
from ropewalk.model import Dataset, Finding, Sample, Strength
from ropewalk.reading.cells import Cells
from ropewalk.reading.tables import Column

ROOT = Path(__file__).parent.parent
MODELS = "spapi_models"
PARTS = ["columns", "columns_hidden", "text"]
csv.field_size_limit(2**30)


def tables(folder: Path) -> Iterator[tuple[str, list[Sample]]]:
    """(file name, its samples as a scan has them, JSON in cells opened) of every CSV of a folder, all as text."""
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        head, body = rows[0], rows[1:]
        cells = Cells("eval", path.stem, [Column(name) for name in head], Limits())
        cells.add([[row[i] if i < len(row) and row[i].strip() else None for i in range(len(head))] for row in body])
        yield path.name, [s for s in cells.samples(len(body), "full") if isinstance(s, Sample)]


def worst(findings: Sequence[Finding]) -> Finding:
    """Of what stands inside one column, the finding that a steward would look at first."""
    return max(findings, key=lambda f: (f.category is not None and f.strength is Strength.DIRECT, f.category is not None, f.confidence))


def predict(detector: Detector, side: Path, hidden: bool) -> Iterator[tuple[dict[str, object], Finding]]:
    """One line a labelled column, with the finding it comes from."""
    suffix = "_hidden" if hidden else ""
    labels = [json.loads(line) for line in (side / f"labels{suffix}.jsonl").read_text(encoding="utf-8").splitlines() if line]
    ids = {(label["file"], Column(label["column"]).label): label["id"] for label in labels}
    for name, samples in tables(side / f"tables{suffix}"):
        stem = name.removesuffix(".csv")
        inside: dict[str, list[Finding]] = {}
        for finding in detector.judge(Dataset("eval", "" if hidden else stem, "file"), samples):
            inside.setdefault(finding.field.path[0], []).append(finding)
        for column, findings in inside.items():
            key, finding = ids.get((name, column)), worst(findings)
            if key is not None:
                direct = finding.category is not None and finding.strength is Strength.DIRECT
                yield (
                    {
                        "id": key,
                        "category": finding.category if direct else "none",
                        "score": finding.confidence,
                        "weak": finding.category if not direct else None,
                    },
                    finding,
                )


def columns(detector: Detector, sets: Path, side: str, out: Path, hidden: bool, extra: list[str]) -> str:
    """Writes the predictions, scores them with evaluate.py, returns what it printed."""
    file = out / f"columns{'_hidden' if hidden else ''}.{side}.jsonl"
    with file.open("w", encoding="utf-8") as target:
        for line, _ in predict(detector, sets / "columns" / side, hidden):
            target.write(json.dumps(line) + "\n")
    return score(sets, "columns", file, side, ["--per-category", *(["--hidden"] if hidden else []), *extra])


def models(sets: Path, side: str, out: Path) -> str:
    """The examples of the public Selling Partner API models alone: their scores, and every field called personal that is labelled otherwise."""
    told = score(sets, "columns", out / f"columns.{side}.jsonl", side, ["--sources", MODELS])
    said = {p["id"]: p["category"] for line in (out / f"columns.{side}.jsonl").read_text(encoding="utf-8").splitlines() if (p := json.loads(line))}
    labels = [json.loads(line) for line in (sets / "columns" / side / "labels.jsonl").read_text(encoding="utf-8").splitlines() if line]
    false = [f"{x['id']}: {said[x['id']]}" for x in labels if x["db"] == MODELS and x["strength"] == "none" and said.get(x["id"], "none") != "none"]
    return told + "\n".join([f"fields called personal against their label: {len(false)}", *false]) + "\n"


def text(sets: Path, side: str, out: Path, by: str, every: int, extra: list[str]) -> str:
    """The same for running text, read by `ours` or `stock`; every n-th text."""
    file = out / f"text{'' if by == 'ours' else '_' + by}.{side}.jsonl"
    reader = {"ours": evaluation_text.ours, "stock": evaluation_text.stock}[by]()
    evaluation_text.predict(reader, evaluation_text.texts(sets / "text" / side)[::every], file)
    return score(sets, "text", file, side, extra)


def score(sets: Path, kind: str, predictions: Path, side: str, extra: list[str]) -> str:
    """What evaluate.py prints for a file of predictions. Ends the run with its words where it fails."""
    command = [sys.executable, str(sets / "evaluate.py"), kind, "--pred", str(predictions), "--side", side, *extra]
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "EVAL_SETS": str(sets)}, check=False)
    if result.returncode:
        sys.exit(f"evaluate.py failed on {predictions.name}: {result.stderr.strip().splitlines()[-1:]}")
    return result.stdout


DISPUTED = """`addressObject.zipOrPostalCode` of Shipping v2, where it is listed above, is kept as found: its cells are the same British
postal code as those of `postalCode` in the same file, which is labelled personal, and its neighbours `addressObject.addressLine1`
and `geocode` are, too. Amazon's policy counts an address with its postal code as personal data.
"""
PEERS = """Measured once, before, on the open and the held-out side together; `--stock` measures Presidio on the texts of this run.

| detector | columns, is-PII F1 |
|---|---|
| presidio-structured | .58 to .60 |
| DataHub-classify | .57 (.08 with names hidden) |
| regular expressions on names alone | .89 (optimistic: written by one who had seen them) |
| patterns and the ONNX model, content alone | .77 |
| both together | .90 |

| detector | text, spans: P / R / F2 |
|---|---|
| Presidio with spaCy's small model, from a score of 0.4 | .59 / .62 / .61 |
| Presidio with spaCy's medium model | .66 / .66 / .66 |
| patterns, medium model and ONNX model where they agree | .70 / .72 / .72 |
| the same, where either says so | .61 / .77 / .73 |
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / ".ropewalk" / "eval", help="where the predictions go")
    parser.add_argument("--errors", type=int, default=0, help="print the most frequent kinds of errors")
    parser.add_argument("--no-report", action="store_true", help="leave benchmarks/evaluation.md alone")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS, help="only these; the report is then left alone")
    parser.add_argument("--stock", type=int, metavar="N", help="also stock Presidio, on every N-th text; 1 is all")
    arguments = parser.parse_args()
    sets, side = Path(os.environ.get("EVAL_SETS", ROOT.parent / "shared" / "eval")).resolve(), os.environ.get("EVAL_SIDE", "open")
    if not (sets / "evaluate.py").is_file():
        sys.exit("the evaluation sets are not here: set EVAL_SETS to the folder that holds evaluate.py")
    for kind in {part.split("_")[0] for part in arguments.parts}:
        if not (sets / kind / side).is_dir():
            sys.exit(f"the side {side!r} has no {kind} here ({sets / kind / side}): set EVAL_SETS and EVAL_SIDE")
    arguments.out.mkdir(parents=True, exist_ok=True)
    detector = Detector.of(Detection(), plugins.Plugins.of().packs())
    parts = [f"# Evaluation\n\nSide `{side}`, detector {detector.version}. Written by `make eval`; rows of the sets are not in this repository.\n"]
    extra = ["--errors", str(arguments.errors)] if arguments.errors else []

    def tell(title: str, measure: Callable[[], str]) -> None:
        started = time.process_time()
        told = measure()
        print(f"== {title} ({time.process_time() - started:.1f} CPU s)\n{told}", flush=True)
        scores = (
            told.split("# error kinds")[0] if "# error kinds" in told else "\n".join(x for x in told.splitlines() if not re.search(r"\bgold\b", x))
        )
        parts.append(f"## {title}\n\n```\n{scores.strip()}\n```\n")

    if "columns" in arguments.parts:
        tell("Columns", lambda: columns(detector, sets, side, arguments.out, False, extra))
        tell("The Selling Partner API models' own examples", lambda: models(sets, side, arguments.out))
        parts.append(DISPUTED)
    if "columns_hidden" in arguments.parts:
        tell("Columns, names hidden", lambda: columns(detector, sets, side, arguments.out, True, extra))
    if "text" in arguments.parts:
        tell("Text", lambda: text(sets, side, arguments.out, "ours", 1, extra))
        if arguments.stock:
            which = "every text" if arguments.stock == 1 else f"every {arguments.stock}th text"
            if arguments.stock > 1:
                tell(f"Text, {which}", lambda: text(sets, side, arguments.out, "ours", arguments.stock, []))
            tell(
                f"Text, stock Presidio, {which} (score from {evaluation_text.STOCK_SCORE})",
                lambda: text(sets, side, arguments.out, "stock", arguments.stock, extra),
            )
    parts.append(f"## Peers\n\n{PEERS}")
    if not arguments.no_report and set(arguments.parts) == set(PARTS):
        (ROOT / "benchmarks" / "evaluation.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
