"""Every account that can sign in where the data is belongs to an approved person or service (policy clause 1.2)."""

from __future__ import annotations

from collections.abc import Iterator

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, long_ago, verdict
from ropewalk.judging.accounts import People, bare, seen
from ropewalk.judging.inventories import Held, fallback, held, measured
from ropewalk.model import ControlResult, Status


class ApprovedAccounts:
    control = "approved_accounts"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        have = held(context, "approved")
        if have.status == Status.UNKNOWN:
            yield fallback(context, COMPANY, have.status, have.reason, register="approved")
            return
        yield from long_ago(context, "accounts")
        approved = People(have.current)
        for source in context.sources:
            yield _judge(context, have, approved, source.name)


def _judge(context: ControlContext, have: Held, approved: People, source: str) -> ControlResult:
    told = seen(context, source)
    failures = []
    for name in told.names:
        row = approved.of(name)
        if row is None:
            failures.append(f"{bare(name)} is not approved")
        elif not row["active"]:
            failures.append(f"{bare(name)} is disabled in the list and can sign in")
    if failures or told.complete:
        good = f"{len(told.names)} accounts can sign in, and all are approved"
        mend = "approve these accounts and put them on the list, or disable them in the store"
        return measured(context, source, have, failures, good, mend=mend, checked=len(told.names))
    if told.local:
        return verdict(context, source, Status.NOT_APPLICABLE, "a file: it has no accounts of its own")
    needs = f"needed: {told.needs}" if told.needs else "give the scan the right to list accounts"
    return fallback(context, source, Status.UNKNOWN, "the store does not tell all of its accounts", mend=needs)
