"""Each person and service has an account of their own (policy clause 1.2): no generic, shared or default one may sign in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, attestation, fact, long_ago, named, verdict, way_out
from ropewalk.model import ControlResult, Status
from ropewalk.reading.accounts import generic


class SharedAccounts:
    control = "shared_accounts"
    attests = ("unique_accounts",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from long_ago(context, "shared_accounts", "accounts")
        for source in context.sources:
            yield _judge(context, source.name)


def _judge(context: ControlContext, source: str) -> ControlResult:
    shared, accounts = fact(context, "shared_accounts", source), fact(context, "accounts", source)
    word = attestation(context, "unique_accounts", source, COMPANY)
    if shared.value is None and accounts.value is None:
        if fact(context, "transit", source).value == "local" and word.row is None:
            return verdict(context, source, Status.NOT_APPLICABLE, "a file: it has no accounts of its own")
        if word.row is not None:
            return verdict(context, source, word.status, word.reason, checked=1, coverage="attested")
        needs = shared.needs or accounts.needs
        mend = way_out(context, "unique_accounts", needs, source)
        return verdict(context, source, Status.UNKNOWN, "the store does not tell its accounts", mend=mend)
    found = sorted({*map(str, shared.value or ()), *generic(_signing_in(accounts.value or ()))})
    counted = {"checked": max(len(accounts.value or ()), len(found)), "failed": len(found)}
    if found and word.status == Status.PASS:
        return verdict(context, source, Status.PASS, f"generic names ({named(found)}), each one's own: {word.reason}", **counted, coverage="attested")
    if found:
        return verdict(context, source, Status.FAIL, f"generic or default accounts that may sign in: {named(found)}", **counted)
    return verdict(context, source, Status.PASS, "no account that may sign in has a generic or default name", **counted)


def _signing_in(accounts: Any) -> Iterator[str]:
    """A fact `accounts` lists names, or {name, login}."""
    for value in accounts:
        name, login = (value.get("name", ""), value.get("login", True)) if isinstance(value, dict) else (value, True)
        if login:
            yield str(name).split("@")[0].strip("'\"")
