"""Rows from nouns: findings, facts and skips as the register's tables hold them.

The last door: personal data in what people write (comments in a catalogue, tags) and in reasons is masked here once more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ropewalk.model import Dataset, Fact, Finding, Skipped, path_text
from ropewalk.naming import masked_words
from ropewalk.register.chain import canonical, plain

ACCOUNTS = frozenset(
    "accounts superusers shared_accounts accounts_without_password grants public_access key_shared_with api_key_age_days lockout "
    "password_policy".split()
)
"""Facts that name accounts of staff and programs: kept as they are, for the lists of approved accounts and leavers are held against them."""


def listed(dataset: Dataset) -> dict[str, Any]:
    """What the store's catalogue told of a dataset, as columns of its unit."""
    return {"kind": dataset.kind, "total_rows": dataset.rows, "comment": masked_words(dataset.comment), "fingerprint": dataset.fingerprint}


def observations(findings: Iterable[Finding], *, scan_id: str, observed_at: datetime, rules_version: str) -> list[dict[str, Any]]:
    """A row a finding; of several on one path the surest. A fingerprint that the judge did not give is made from the field."""
    rows: dict[str, dict[str, Any]] = {}
    for f in findings:
        path = path_text(f.field.path)
        if path in rows and rows[path]["confidence"] >= f.confidence:
            continue
        rows[path] = {
            "scan_id": scan_id,
            "source": f.field.source,
            "dataset": f.field.dataset,
            "path": path,
            "field": str(f.field),
            "entity": f.entity,
            "category": None if f.category is None else f.category.value,
            "strength": f.strength.value,
            "confidence": float(f.confidence),
            "matched": int(f.matched),
            "sampled": int(f.sampled),
            "rows": int(f.rows),
            "bound": float(f.bound),
            "method": f.method,
            "recognisers": list(f.recognisers),
            "evidence": list(f.evidence),
            "explanation": f.explanation,
            "signals": [{"kind": s.kind, "weight": float(s.weight), "words": s.words} for s in f.signals],
            "shapes": list(f.shapes),
            "also": [{"entity": e, "category": c.value, "cells": int(n)} for e, c, n in f.also],
            "lineage": f.lineage,
            "declared_type": f.declared_type,
            "fingerprint": f.fingerprint or digest(str(f.field))[:20],
            "observed_at": observed_at,
            "rules_version": rules_version,
            "digest": digest(f.field.source, f.field.dataset, path),
        }
    return list(rows.values())


def facts(given: Iterable[Fact], *, batch: str, source: str, dataset: str = "") -> list[dict[str, Any]]:
    """A row a fact; a value that is not JSON is recorded as unknown."""
    return [
        {
            "batch": batch,
            "source": source,
            "dataset": dataset,
            "subject": f.subject,
            "name": f.name,
            "value": _kept(f.name, plain(f.value)) if _is_json(f.value) else None,
            "observed_at": f.observed_at,
            "how": f.how,
            "needs": f.needs if _is_json(f.value) else f"the connector gave a {type(f.value).__name__} that is not JSON",
        }
        for f in given
    ]


def _kept(name: str, value: Any) -> Any:
    if name in ACCOUNTS:
        return value
    if isinstance(value, dict):
        return {masked_words(key): _kept(name, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_kept(name, inner) for inner in value]
    return masked_words(value) if isinstance(value, str) else value


def _is_json(value: Any) -> bool:
    try:
        canonical(value)
    except ValueError:
        return False
    return True


def skips(given: Iterable[Skipped], *, scan_id: str, scan_seq: int, at: datetime) -> list[dict[str, Any]]:
    """A row a skip; the digest keeps one that is recorded twice from counting twice."""
    rows = {}
    for s in given:
        path = path_text(s.path)
        key = digest(s.source, s.dataset, path, s.reason)
        rows[key] = {
            "scan_seq": scan_seq,
            "scan_id": scan_id,
            "source": s.source,
            "dataset": s.dataset,
            "path": path,
            "reason": masked_words(s.reason),
            "mend": s.mend,
            "at": at,
            "digest": key,
        }
    return list(rows.values())


def digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
