"""No store with data is open to everybody (policy clauses 1.1, 2.3): public buckets, databases, network rules, links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import attestation, fact, facts, long_ago, named, subjects_of, verdict, way_out
from ropewalk.model import ControlResult, Status

_FACTS = ("public_access", "open_to_world", "public_snapshots")


class PublicAccess:
    control = "public_access"
    attests = ("public_access",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from long_ago(context, *_FACTS)
        told = subjects_of(context, *_FACTS)
        for source in context.sources:
            subjects = [s for s in told if s == source.name or s.startswith(f"{source.name}/")]
            yield _judge(context, source.name, subjects)


def _judge(context: ControlContext, source: str, subjects: list[str]) -> ControlResult:
    if fact(context, "transit", source).value == "local":
        return verdict(context, source, Status.NOT_APPLICABLE, "read on this machine: it offers nothing to the network")
    known = [(k, _open(k.value)) for s in subjects for n in _FACTS for k in facts(context, n, s) if not _rights(n, k.value)]
    opened = [f"{k.subject}: {what}" if k.subject != source else what for k, what in known if what]
    if opened:
        return verdict(context, source, Status.FAIL, f"open to everybody: {named(opened)}", checked=len(known), failed=len(opened))
    untold = [s for s in subjects if any(fact(context, n, s).needs for n in _FACTS)]
    if known and not untold:
        return verdict(context, source, Status.PASS, "closed to everybody who is not let in", checked=len(known))
    word = attestation(context, "public_access", source)
    if word.status != Status.UNKNOWN:
        return verdict(context, source, word.status, word.reason, checked=1, coverage="attested")
    needs = next((n for s in (source, *untold) for name in _FACTS if (n := fact(context, name, s).needs)), "")
    mend = way_out(context, "public_access", needs, source)
    why = f"not told of {named(untold)}" if known else "the store does not tell who may reach it"
    return verdict(context, source, Status.UNKNOWN, why, checked=1, mend=mend)


def _rights(name: str, value: Any) -> bool:
    """Rights of a role PUBLIC inside a database, or that it has none, are a matter of least_privilege: they tell nothing of the network."""
    return name == "public_access" and isinstance(value, (list, tuple)) and all(isinstance(v, dict) and "privilege" in v for v in value)


def _open(value: Any) -> str:
    """What is open, in words; empty where nothing is. A fact is true or false, a list of rules, or {public: …}."""
    if isinstance(value, dict):
        value = value.get("public", value.get("rules", False))
    if isinstance(value, (list, tuple)):
        return named([str(v) for v in value])
    return "" if not value or str(value).lower() in {"false", "no", "none", "private"} else "everybody may reach it"
