"""What was recorded reads back: frames, their columns and types, decisions and results."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from register_rows import AT, FRAMES, fill, verdict

from ropewalk.errors import RegisterError
from ropewalk.model import (
    Category,
    Status,
)
from ropewalk.register import Register, open_register
from ropewalk.register.frames import DTYPES


def test_every_frame_has_its_columns_and_dtypes_also_when_empty(register: Register) -> None:
    empty = {name: register.frame(name) for name in FRAMES}
    fill(register)
    for name, columns in FRAMES.items():
        full = register.frame(name)
        assert list(full.columns) == list(empty[name].columns) == list(columns), name
        assert len(full), name
        assert not len(empty[name]), name
        assert full.dtypes.to_dict() == empty[name].dtypes.to_dict() == {c: pd.api.types.pandas_dtype(DTYPES.get(c, "object")) for c in columns}, name


def documented() -> dict[str, list[str]]:
    """Frame -> its columns, as the table of docs/reference/frames.md lists them; what stands in brackets explains."""
    text = (Path(__file__).parents[2] / "docs" / "reference" / "frames.md").read_text(encoding="utf-8")
    rows = {name: re.sub(r"\{.*?\}|\([^()]*\)", "", columns) for name, columns in re.findall(r"^\| `(\w+)` \|[^|]*\|(.*)\|$", text, re.MULTILINE)}
    return {name: _listed(columns, rows) for name, columns in rows.items()}


def _listed(columns: str, rows: dict[str, str]) -> list[str]:
    """`as` or `those of` another frame are the columns of that one."""
    if other := re.match(r"\s*(?:as|those of) `(\w+)`", columns):
        return _listed(rows[other[1]], rows)
    return [name.strip() for name in columns.split(",")]


def test_the_columns_are_those_of_the_documents(register: Register) -> None:
    assert {name: list(register.frame(name).columns) for name in documented()} == documented()
    with pytest.raises(RegisterError) as caught:
        register.frame("people")
    assert set(documented()) == set(caught.value.mend.removeprefix("use one of: ").split(", "))


def test_a_finding_reads_back_as_it_was_recorded(register: Register) -> None:
    scan_id = fill(register)
    row = register.frame("findings").iloc[0].to_dict()
    assert row == {
        "scan_id": scan_id, "source": "shop", "dataset": "orders", "path": "buyer_email", "field": "shop/orders#buyer_email",
        "entity": "EMAIL_ADDRESS", "category": "email", "strength": "direct", "confidence": 0.9,
        "matched": 90, "sampled": 100, "rows": 120, "bound": 0.03, "method": "keyed",
        "recognisers": ["email"], "evidence": ["name"], "explanation": "the name says e-mail; a short column",
        "signals": [{"kind": "name", "weight": 2.0, "words": "the name says e-mail"}, {"kind": "type", "weight": -1.0, "words": "a short column"}],
        "shapes": ["a@a.a"], "also": [{"entity": "PERSON", "category": "name", "cells": 4}], "lineage": "Orders.BuyerEmail", 
        "declared_type": "varchar", "fingerprint": "fp-orders-buyer_email", "observed_at": pd.Timestamp(AT), "decision": None, "rules_version": "r1",
    }  # fmt: skip
    facts = register.frame("facts").set_index("name")
    assert facts["value"].to_dict() == {"tls_min_version": "1.2", "key": None, "grants": {"app": ["SELECT"]}}
    assert facts.loc["key", "needs"] == "superuser"
    told = register.frame("datasets").iloc[0]
    assert (told["rows"], told["bytes"], told["fields"], told["personal_fields"], told["comment"]) == (1000, 4096, 2, 1, "of the shop")
    scan = register.frame("scans").iloc[0]
    assert (scan["status"], scan["units"], scan["units_done"], scan["rows"], scan["bytes"]) == ("complete", 2, 2, 120, 4096)
    result = register.frame("results").iloc[0]
    assert (result["status"], result["details"], result["as_of"]) == ("fail", {"days": 30, "share": 0.5}, pd.Timestamp(AT))


def test_an_unknown_frame_is_named(register: Register) -> None:
    with pytest.raises(RegisterError, match="no frame 'people'") as caught:
        register.frame("people")
    assert "findings" in caught.value.mend


def test_decisions_join_findings_until_they_expire(register: Register) -> None:
    fill(register)
    until = AT + timedelta(days=30)
    register.record_decision("fp-orders-buyer_email", "dismiss", "Bo", AT, "test accounts only", until)
    assert register.frame("findings", as_of=AT).empty
    assert register.frame("fields", as_of=AT).set_index("path")["decision"].to_dict() == {"buyer_email": "dismissed", "status": None}
    assert len(register.frame("findings", as_of=until)) == 1
    assert len(register.frame("findings", as_of=AT - timedelta(seconds=1))) == 1
    register.record_decision("fp-orders-buyer_email", "reclassify", "Bo", AT, "it is a user name", category=Category.USERNAME)
    assert register.frame("findings", as_of=AT)[["category", "decision"]].to_numpy().tolist() == [["username", "reclassified"]]
    register.record_decision("fp-orders-status", "reclassify", "Bo", AT, "names in it", category="name")
    found = register.frame("findings", as_of=AT).set_index("path")
    assert found["category"].to_dict() == {"buyer_email": "username", "status": "name"}
    said = found.loc["status"]
    assert (said["entity"], said["strength"], said["confidence"]) == ("NAME", "direct", 1.0), "controls count what a person says"
    assert said["evidence"][-1] == "steward"
    register.record_decision("fp-orders-buyer_email", "reopen", "Bo", AT, "a mistake")
    register.record_decision("fp-orders-status", "confirm", "Bo", AT, "looked at it")
    assert register.frame("findings", as_of=AT)[["category", "decision"]].to_numpy().tolist() == [["email", None]]
    assert list(register.frame("decisions")["decision"]) == ["dismissed", "reclassified", "reclassified", "reopened", "confirmed"]


@pytest.mark.parametrize(
    ("decision", "by", "reason", "words"),
    [("delete", "Bo", "so", "one of"), ("dismiss", "", "so", "who"), ("dismiss", "Bo", " ", "why"), ("reclassify", "Bo", "so", "category")],
)
def test_a_decision_needs_its_parts(tmp_path: Path, decision: str, by: str, reason: str, words: str) -> None:
    register = open_register(str(tmp_path / "r.db"))
    with pytest.raises(ValueError, match=words):
        register.record_decision("fp", decision, by, AT, reason)
    assert register.evidence_head()[0] == 0


def test_results_are_those_of_the_last_check_also_when_it_said_nothing(register: Register) -> None:
    first = register.record_results([verdict()], at=AT)
    second = register.record_results([verdict(Status.PASS), verdict()], at=AT + timedelta(days=1))
    assert first != second
    assert list(register.frame("results")["status"]) == ["pass", "fail"]
    register.record_results([], at=AT + timedelta(days=2))
    assert register.frame("results").empty
    assert list(register.frame("results_history")["run_id"]) == [first, second, second]
