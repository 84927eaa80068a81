"""The whole product over the sample company, held against truth.yaml: what is planted is found, what is clean stays clean."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import ropewalk as rw
from ropewalk.ropa import declared, record

TRUTH: dict[str, Any] = yaml.safe_load(
    (Path(__file__).resolve().parents[1] / "data" / "samples" / "company" / "truth.yaml").read_text(encoding="utf-8")
)
GOOD = {"pass", "not_applicable"}

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Outcome:
    """What the register says after one scan and one check."""

    frames: dict[str, pd.DataFrame]
    drift: dict[str, str]

    def verdicts(self, control: str, subject: str) -> pd.DataFrame:
        """Of the subject itself and of what lies within it."""
        own = glob(subject)
        results = self.frames["results"]
        return _where(results, [c == control and bool(own.match(s)) for c, s in zip(results["control"], results["subject"], strict=True)])


def _where(frame: pd.DataFrame, mask: list[bool]) -> pd.DataFrame:
    return frame.loc[pd.Series(mask, index=frame.index, dtype=bool)]


def glob(pattern: str) -> re.Pattern[str]:
    """`*` alone is special (paths hold `[]`); matches a subject and everything below it."""
    text = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.compile(text + r"(?=$|[/#.\[])")


def exact(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")) + "$")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, place_company: Callable[[Path], Path]) -> Outcome:
    config = rw.load_config(place_company(tmp_path_factory.mktemp("end") / "company"))
    register = rw.open_register(config)
    rw.scan(config, register, as_of=config.as_of)
    rw.check(config, register, as_of=config.as_of)
    names = ("findings", "fields", "facts", "datasets", "skipped", "scans", "results", "evidence")
    frames = {name: register.frame(name) for name in names}
    rows = record(declared(config), frames, config.as_of, sources=config.sources())
    return Outcome(frames, {row.field: row.state for row in rows})


def test_scan_is_complete(outcome: Outcome) -> None:
    assert outcome.frames["scans"]["status"].tolist() == ["complete"]
    assert set(outcome.frames["datasets"]["source"]) == {*TRUTH["stores"]["broken"], *TRUTH["stores"]["clean"]}


def test_nothing_is_skipped_but_ciphertext(outcome: Outcome) -> None:
    skipped = outcome.frames["skipped"]
    unreadable = skipped[skipped["dataset"].str.startswith("sealed/")]
    assert len(unreadable) == 1
    assert unreadable["reason"].iloc[0]
    rest = skipped.drop(unreadable.index)
    assert rest[rest["path"] == ""][["source", "dataset", "reason"]].to_dict("records") == []


@pytest.mark.parametrize("planted", TRUTH["violations"], ids=lambda v: v["id"])
def test_violation_is_found(outcome: Outcome, planted: dict[str, Any]) -> None:
    verdicts = outcome.verdicts(planted["control"], planted["subject"])
    failed = verdicts[verdicts["status"] == "fail"]
    assert len(failed), f"{planted['what']}: got {verdicts[['subject', 'status', 'reason']].to_dict('records')}"
    assert set(failed["clause"]) == {planted["clause"]}
    count = int(failed["failed"].sum())
    if planted["control"] == "pii_retention":
        assert planted["failed"] <= count <= planted.get("at_most", planted["failed"])
    else:
        assert count >= 1


@pytest.mark.parametrize("planted", TRUTH["unknowns"], ids=lambda v: v["id"])
def test_unknown_is_not_shown_as_good(outcome: Outcome, planted: dict[str, Any]) -> None:
    verdicts = outcome.verdicts(planted["control"], planted["subject"])
    assert set(verdicts["status"]) == {"unknown"}, verdicts[["subject", "status", "reason"]].to_dict("records")
    assert verdicts["reason"].str.len().min() > 0
    assert verdicts["mend"].str.len().min() > 0


@pytest.mark.parametrize("clean", TRUTH["passes"], ids=lambda v: f"{v['control']}-{v['subject']}")
def test_what_is_right_passes(outcome: Outcome, clean: dict[str, Any]) -> None:
    verdicts = outcome.verdicts(clean["control"], clean["subject"])
    assert set(verdicts["status"]) == {"pass"}, verdicts[["subject", "status", "reason"]].to_dict("records")


@pytest.mark.parametrize("store", TRUTH["stores"]["clean"])
def test_clean_store_never_fails(outcome: Outcome, store: str) -> None:
    within = glob(store)
    results = outcome.frames["results"]
    own = _where(results, [bool(within.match(s)) for s in results["subject"]])
    assert own[own["status"].isin(["fail", "error", "stale"])][["control", "subject", "reason"]].to_dict("records") == []


@pytest.mark.parametrize("planted", TRUTH["pii_fields"], ids=lambda f: f"{f['source']}/{f['dataset']}#{f['path']}")
def test_personal_field_is_found(outcome: Outcome, planted: dict[str, Any]) -> None:
    findings = _of(outcome.frames["findings"], planted)
    assert len(findings), _seen(outcome, planted)
    right = {planted["category"], *planted.get("or", ())}
    for found in findings.to_dict("records"):
        named = {found["category"], *(a["category"] for a in found["also"])}
        assert named & right, f"{found['field']} was taken for {named}: {found['explanation']}"


@pytest.mark.parametrize("clean", TRUTH["clean_fields"], ids=lambda f: f"{f['source']}/{f['dataset']}#{f['path']}")
def test_clean_field_is_not_flagged(outcome: Outcome, clean: dict[str, Any]) -> None:
    assert len(_of(outcome.frames["fields"], clean)), _seen(outcome, clean)
    flagged = _of(outcome.frames["findings"], clean)
    assert flagged[["field", "category", "confidence", "explanation"]].to_dict("records") == []


def _of(frame: pd.DataFrame, wanted: dict[str, Any]) -> pd.DataFrame:
    dataset, path = exact(wanted["dataset"]), exact(wanted["path"])
    mine = frame[frame["source"] == wanted["source"]]
    return _where(mine, [bool(dataset.match(d) and path.match(p)) for d, p in zip(mine["dataset"], mine["path"], strict=True)])


def _seen(outcome: Outcome, wanted: dict[str, Any]) -> str:
    fields = outcome.frames["fields"]
    mine = fields[fields["source"] == wanted["source"]]
    return f"nothing at {wanted}; seen: {sorted((mine['dataset'] + '#' + mine['path']).tolist())}"


@pytest.mark.parametrize(("state", "key"), [("observed", "observed"), ("undeclared", "undeclared"), ("declared", "unobserved")])
def test_record_drifts_both_ways(outcome: Outcome, state: str, key: str) -> None:
    for field in TRUTH["drift"][key]:
        assert outcome.drift.get(field) == state, field


def test_every_verdict_is_evidence(outcome: Outcome) -> None:
    results, chain = outcome.frames["results"], outcome.frames["evidence"].sort_values("sequence")
    assert chain["previous"].tolist()[1:] == chain["hash"].tolist()[:-1]
    assert set(results["policy_hash"].str.len()) == {64}
    assert set(results["status"]) <= {"pass", "fail", "unknown", "stale", "not_applicable"}, results[results["status"] == "error"].to_dict("records")
    unread = results[~results["status"].isin(GOOD)]
    assert unread["reason"].str.len().min() > 0
