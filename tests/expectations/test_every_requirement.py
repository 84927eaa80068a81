"""Each requirement and each clause of the policy passes, fails, and goes unknown or stale (cases: clause_cases.py)."""

from __future__ import annotations

import pytest
from clause_cases import MEASURED, cases
from shop import CONTROLS, PACKS, Company

from ropewalk.contracts import Requirement
from ropewalk.model import ControlResult, Status, worst

PACK = PACKS["amazon-dpp"]
KEPT: dict[str, dict[Status, list[ControlResult]]] = {}


def judged(need: Requirement, company: Company) -> list[ControlResult]:
    found = list(CONTROLS[need.control]().run(company.context(need)))
    assert found, "it judges nothing"
    assert all((r.requirement, r.clause) == (need.id, need.clause) and r.reason for r in found)
    assert all(r.mend for r in found if r.status not in {Status.PASS, Status.NOT_APPLICABLE}), "a verdict that is not good says how to mend it"
    return found


def verdicts(need: Requirement) -> dict[Status, list[ControlResult]]:
    """Status -> the results of a case that gets it; every case is tried."""
    if need.id not in KEPT:
        found: dict[Status, list[ControlResult]] = {}
        for number, (status, company) in enumerate(cases(need)):
            results = judged(need, company)
            assert worst(results) == status, (number, [(r.subject, r.status.value, r.reason) for r in results])
            found.setdefault(status, results)
        KEPT[need.id] = found
    return KEPT[need.id]


@pytest.mark.parametrize("need", PACK.requirements, ids=lambda n: n.id)
def test_every_requirement_passes_fails_and_goes_unknown_or_stale(need: Requirement) -> None:
    """A KeyError here: write the cases of the new requirement into clause_cases.MEASURED."""
    found = verdicts(need)
    assert {Status.PASS, Status.FAIL} <= set(found)
    assert {Status.UNKNOWN, Status.STALE} & set(found)
    if need.params.get("period_days"):
        assert Status.STALE in found, "what is asked for at intervals goes stale"


@pytest.mark.parametrize("clause", PACK.titles)
def test_a_clause_is_as_good_as_its_weakest_requirement(clause: str) -> None:
    own = [r for r in PACK.requirements if r.clause == clause]
    good = {n.id: verdicts(n)[Status.PASS] for n in own}
    assert worst([r for results in good.values() for r in results]) == Status.PASS
    for need in own:
        for status in set(verdicts(need)) - {Status.PASS}:
            spoiled = {**good, need.id: verdicts(need)[status]}
            assert worst([r for results in spoiled.values() for r in results]) == status


def test_no_case_is_of_a_requirement_that_is_gone() -> None:
    assert set(MEASURED) == {r.id for r in PACK.requirements if r.control != "attested"}


def test_a_requirement_without_cases_is_told() -> None:
    with pytest.raises(KeyError):
        cases(Requirement("9.9.z", "9.9", "Something new.", "no_secrets"))


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_names_the_words_it_falls_back_on(control: str) -> None:
    """`ropewalk attest` knows the kinds by `attests`; a kind that the requirement names (`kind`) is known anyway."""
    import inspect
    import re

    code = inspect.getsource(inspect.getmodule(CONTROLS[control]) or CONTROLS[control])
    named = set(re.findall(r'attestation\(context, "([a-z_]+)"', code))
    assert named <= set(getattr(CONTROLS[control], "attests", ()))
