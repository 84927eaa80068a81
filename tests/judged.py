"""What a scan and a check say of a real store: the verdicts by requirement and subject, and the facts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from quick_judge import quick

import ropewalk as rw
from ropewalk.model import ControlResult
from ropewalk.testimony import Attestation


def judged(
    place: Path, sources: Sequence[dict[str, Any]], clauses: Sequence[str], *, words: Sequence[tuple[str, str]] = (), ahead: int = 0
) -> dict[Any, ControlResult]:
    """(requirement, subject) -> verdict, of several the one that is not good; words: (kind, subject) that were attested; ahead: days."""
    file = place / "ropewalk.yaml"
    file.write_text(json.dumps({"version": 1, "sources": [{"owner": "o", "purpose": "p", **s} for s in sources]}), encoding="utf-8")
    config = rw.load_config(file)
    (place / ".ropewalk").mkdir(exist_ok=True)
    with rw.open_register(config) as register:
        rw.scan(config, register, judge=quick)
        for kind, subject in words:
            register.record_attestations(
                [Attestation(kind, subject, "ann.lee", config.as_of, config.as_of + timedelta(days=30), statement="so it is")]
            )
        found = rw.check(config, register, clauses=clauses, as_of=config.as_of + timedelta(days=ahead)).results
    return {(r.requirement, r.subject): r for r in sorted(found, key=lambda r: r.status != "pass")}
