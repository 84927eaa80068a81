"""Passwords are long, mixed, of limited age and not used again; accounts lock; MFA is on (policy clauses 1.2, 1.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, attestation, fact, long_ago, named, param, subjects_of, verdict, way_out
from ropewalk.model import ControlResult, Status

_LEAST = {"min_length": 12, "classes": 4, "min_age_days": 1, "history": 10}
_MOST = {"max_age_days": 365, "lockout_attempts": 10}
_OF_AWS = ("s3", "s3a", "cloudwatch")
_TRUE = ("mfa", "forbids_name")
_WORDS = {
    "min_length": "length", "classes": "classes of characters", "min_age_days": "minimum age in days", "history": "passwords remembered",
    "max_age_days": "maximum age in days", "lockout_attempts": "tries before lockout", "mfa": "second factor",
    "forbids_name": "ban of the user's name",
}  # fmt: skip


class PasswordPolicy:
    control = "password_policy"
    attests = ("password_policy",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        told = subjects_of(context, "password_policy", "lockout")
        yield from long_ago(context, "password_policy", "lockout")
        for subject in [*told, *_silent(context, told)] if told else [COMPANY]:
            yield _judge(context, subject)


def _silent(context: ControlContext, told: Sequence[str]) -> list[str]:
    """Stores that tell nothing of passwords, while others do: what one tells says nothing of another, but AWS answers for its services."""
    answered = {s.split("/", 1)[0] for s in told}
    answered |= {s.name for s in context.sources if s.scheme in _OF_AWS and any(o.scheme == "aws" and o.name in answered for o in context.sources)}
    return [s.name for s in context.sources if s.name not in answered and fact(context, "transit", s.name).value != "local"]


def _judge(context: ControlContext, subject: str) -> ControlResult:
    known = fact(context, "password_policy", subject)
    word = attestation(context, "password_policy", subject, COMPANY)
    rules = _rules(context, subject, known.value)
    if not rules:
        if word.row is not None:
            return verdict(context, subject, word.status, word.reason, checked=1, coverage="attested")
        mend = way_out(context, "password_policy", known.needs, "" if subject == COMPANY else subject)
        why = "no system tells its password rules" if subject == COMPANY else "it does not tell its password rules"
        return verdict(context, subject, Status.UNKNOWN, why, mend=mend)
    asked = [str(p) for p in param(context, "pieces", [*_LEAST, *_MOST, *_TRUE])]
    judged = {p: _piece(context, p, rules.get(p)) for p in asked}
    bad = [why for ok, why in judged.values() if ok is False]
    if "min_length" in asked and (blank := fact(context, "accounts_without_password", subject).value):
        bad.append(f"{len(blank)} accounts need no password: {named(list(map(str, blank)))}")
    dim = [_WORDS[p] for p, (ok, _) in judged.items() if ok is None]
    counted = {"checked": len(judged), "failed": len(bad)}
    if bad:
        return verdict(context, subject, Status.FAIL, "; ".join(bad), **counted)
    if dim and word.status == Status.PASS:
        return verdict(
            context, subject, Status.PASS, f"what the system tells is within limits; for the rest: {word.reason}", **counted, coverage="attested"
        )
    if dim and word.row is not None:
        return verdict(context, subject, word.status, f"not told: {', '.join(dim)}; {word.reason}", **counted, coverage="attested")
    if dim:
        return verdict(context, subject, Status.UNKNOWN, f"not told: {', '.join(dim)}", **counted)
    return verdict(context, subject, Status.PASS, f"{len(judged)} rules are within limits", **counted)


def _rules(context: ControlContext, subject: str, policy: object) -> dict[str, Any]:
    """The password rules that a system tells, with its lockout: {max_attempts: null} says that there is none."""
    rules = dict(policy) if isinstance(policy, Mapping) else {}
    lockout = fact(context, "lockout", subject).value
    if isinstance(lockout, Mapping) and "max_attempts" in lockout:
        rules.setdefault("lockout_attempts", lockout["max_attempts"] or 0)
    return rules


def _piece(context: ControlContext, name: str, value: Any) -> tuple[bool | None, str]:
    if value is None:
        return None, ""
    if name in _TRUE:
        return bool(value), f"{_WORDS[name]} is off"
    limit = param(context, name, {**_LEAST, **_MOST}[name])
    if name == "lockout_attempts" and not value:
        return False, "accounts do not lock"
    good = value >= limit if name in _LEAST else 0 < value <= limit
    return good, f"{_WORDS[name]} is {value}, {'at least' if name in _LEAST else 'at most'} {limit} is asked for"
