"""Only named roles with a reason may read personal data (policy clause 1.3): no PUBLIC, no wildcard, no superuser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import attestation, by_source, fact, facts, named, personal, unread, verdict, way_out
from ropewalk.model import ControlResult, Status

_EVERYBODY = {"public", "*", "everyone", "allusers", "allauthenticatedusers", "%", "''@'%'"}


class LeastPrivilege:
    control = "least_privilege"
    attests = ("role_reasons",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from unread(context)
        for source, rows in by_source(personal(context, logs=None)).items():
            yield _judge(context, source, sorted({f"{source}/{r['dataset']}" for r in rows} | {str(r["field"]) for r in rows}))


def _judge(context: ControlContext, source: str, subjects: list[str]) -> ControlResult:
    grants = [g for k in facts(context, "grants", source, *subjects) for g in _grants(k.value)]
    wide = sorted({w for g in grants if (w := _wide(g))})
    if wide:
        reason = f"personal data is open too widely: {named(wide)}"
        return verdict(context, source, Status.FAIL, reason, checked=len(grants), failed=len(wide))
    word = attestation(context, "role_reasons", source, "company")
    if grants and word.status == Status.PASS:
        return verdict(context, source, Status.PASS, f"{len(grants)} grants to named roles; {word.reason}", checked=len(grants), coverage="attested")
    if fact(context, "transit", source).value == "local" and word.status == Status.UNKNOWN:
        readers = "every user of this machine" if fact(context, "public_access", source).value else "those of the machine"
        reason = f"a file: its readers are {readers}, and nobody attested them"
        mend = (
            "take the rights of others away (chmod o-rwx); when only those read it who need it, record why: ropewalk attest role_reasons --subject "
        )
        return verdict(context, source, Status.UNKNOWN, reason, checked=len(grants), mend=f"{mend}{source}")
    if grants or word.status != Status.UNKNOWN:
        count = f"{len(grants)} grants to named roles; " if grants else ""
        return verdict(context, source, word.status, f"{count}{word.reason}", checked=len(grants), coverage="attested")
    needs = fact(context, "grants", source, *subjects).needs
    mend = way_out(context, "role_reasons", needs, source)
    return verdict(context, source, Status.UNKNOWN, "the store does not tell who may read what", mend=mend)


def _grants(value: Any) -> list[dict[str, Any]]:
    """A fact `grants` is a list of {grantee, privileges, object?, superuser?}, or {grantee: [privileges]}."""
    if isinstance(value, dict):
        return [{"grantee": g, "privileges": p} for g, p in value.items()]
    return [g for g in value if isinstance(g, dict)] if isinstance(value, (list, tuple)) else []


def _wide(grant: dict[str, Any]) -> str:
    who = str(grant.get("grantee") or grant.get("role") or "")
    may = grant.get("privileges", grant.get("privilege", grant.get("actions", "")))
    what = [str(m) for m in (may if isinstance(may, (list, tuple)) else [may])]
    if who.lower() in _EVERYBODY:
        return f"everybody may {'/'.join(w.lower() for w in what if w) or 'read'}"
    if grant.get("superuser"):
        return f"{who} is a superuser"
    return f"{who} may do anything" if any(w.strip() in {"*", "*:*", "s3:*"} for w in what) else ""
