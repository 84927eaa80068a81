"""Only named roles with a reason may read personal data (policy clause 1.3): no PUBLIC, no wildcard, no superuser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import attestation, by_source, fact, facts, field_paths, named, personal, unread, verdict, way_out
from ropewalk.model import ControlResult, Status, path_of
from ropewalk.plurals import counted

_EVERYBODY = {"public", "*", "everyone", "allusers", "allauthenticatedusers", "%"}
_NO_ACCESS = {"REFERENCES", "TRIGGER", "MAINTAIN", "USAGE", "SHOW VIEW"}
"""Rights that open no row."""


class LeastPrivilege:
    control = "least_privilege"
    attests = ("role_reasons",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from unread(context)
        for source, rows in by_source(personal(context, logs=None)).items():
            yield _judge(context, source, rows)


def _judge(context: ControlContext, source: str, rows: Sequence[Mapping[str, Any]]) -> ControlResult:
    subjects = sorted({f"{source}/{r['dataset']}" for r in rows} | {str(r["field"]) for r in rows})
    harmless = _harmless(context, source, rows)
    known = facts(context, "grants", source, *subjects)
    grants = [g for k in known for g in _grants(k.value) if (k.subject, str(g.get("column", ""))) not in harmless and _opens(g)]
    wide = sorted({w for g in grants if (w := _wide(g))})
    if wide:
        reason = f"personal data is open too widely: {named(wide)}"
        return verdict(context, source, Status.FAIL, reason, checked=len(grants), failed=len(wide))
    word = attestation(context, "role_reasons", source, "company")
    if grants and word.status == Status.PASS:
        return verdict(context, source, Status.PASS, f"{_readers(grants)}; {word.reason}", checked=len(grants), coverage="attested")
    if fact(context, "transit", source).value == "local" and word.status == Status.UNKNOWN:
        readers = "every user of this machine" if fact(context, "public_access", source).value else "those of the machine"
        reason = f"a file: its readers are {readers}, and nobody attested them"
        mend = (
            "take the rights of others away (chmod o-rwx); when only those read it who need it, record why: ropewalk attest role_reasons --subject "
        )
        return verdict(context, source, Status.UNKNOWN, reason, checked=len(grants), mend=f"{mend}{source}")
    if grants or word.status != Status.UNKNOWN:
        who = f"{_readers(grants)}; " if grants else ""
        return verdict(context, source, word.status, f"{who}{word.reason}", checked=len(grants), coverage="attested")
    needs = fact(context, "grants", source, *subjects).needs
    mend = way_out(context, "role_reasons", needs, source)
    return verdict(context, source, Status.UNKNOWN, "the store does not tell who may read what", mend=mend)


def _harmless(context: ControlContext, source: str, rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """(dataset's subject, column) of columns that are known and hold nothing personal: a grant on one of them alone opens no personal data."""
    out: set[tuple[str, str]] = set()
    for dataset in {str(r["dataset"]) for r in rows}:
        personal = {path_of(str(r["path"]))[:1] for r in rows if r["dataset"] == dataset}
        out |= {(f"{source}/{dataset}", p[0]) for f in field_paths(context, source, dataset) if (p := path_of(f)[:1]) and p not in personal}
    return out


def _opens(grant: Mapping[str, Any]) -> bool:
    may = grant.get("privileges", grant.get("privilege", ""))
    return not may or not {str(m).upper() for m in (may if isinstance(may, (list, tuple)) else [may])} <= _NO_ACCESS


def _readers(grants: Sequence[Mapping[str, Any]]) -> str:
    """`3 grants to named roles: app, analysts (ann, bo)`."""
    inside = {str(g.get("grantee") or g.get("role") or ""): g.get("members", ()) for g in grants}
    names = [f"{name} ({named(list(members))})" if members else name for name, members in sorted(inside.items()) if name]
    return f"{counted(len(grants), 'grant')} to named roles{': ' if names else ''}{named(names)}"


def _grants(value: Any) -> list[dict[str, Any]]:
    """A fact `grants` is a list of {grantee, privileges, object?, superuser?}, or {grantee: [privileges]}."""
    if isinstance(value, dict):
        return [{"grantee": g, "privileges": p} for g, p in value.items()]
    return [g for g in value if isinstance(g, dict)] if isinstance(value, (list, tuple)) else []


def _wide(grant: dict[str, Any]) -> str:
    who = str(grant.get("grantee") or grant.get("role") or "")
    may = grant.get("privileges", grant.get("privilege", grant.get("actions", "")))
    what = [str(m) for m in (may if isinstance(may, (list, tuple)) else [may])]
    where = f" on {grant['object']}" if str(grant.get("object", "")).startswith("tables that") else ""
    if who.lower() in _EVERYBODY or who.startswith("''@"):  # an account without a name takes every name
        return f"everybody may {'/'.join(w.lower() for w in what if w) or 'read'}{where}"
    by = f" (by {grant['by']})" if grant.get("by") else ""
    if grant.get("superuser"):
        return f"{who} is a superuser{by}"
    return f"{who} may {'read everything' if by else 'do anything'}{by}" if any(w.strip() in {"*", "*:*", "s3:*"} for w in what) else ""
