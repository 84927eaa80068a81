"""Keys live in a key management system, rotate, and open only to the own services (policy clause 2.4)."""

from __future__ import annotations

from collections.abc import Iterator

from ropewalk.contracts import ControlContext
from ropewalk.judging import attestation, by_source, fact, named, param, personal, unread, verdict, way_out
from ropewalk.model import ControlResult, Status

_NARROW = "name in the policy of the key only your own account and roles, or narrow it by a condition (kms:CallerAccount, aws:PrincipalOrgID)"
_REPLACE = "cancel the deletion or enable the key, or encrypt the store with another one"


class KeyManagement:
    control = "key_management"
    attests = ("key_management",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from unread(context)
        for source in by_source(personal(context, logs=None, sealed=True)):
            yield _judge(context, source)


def _judge(context: ControlContext, source: str) -> ControlResult:
    limit = int(param(context, "rotation_days", 365))
    rotation, enabled = fact(context, "key_rotation_days", source), fact(context, "key_rotation", source)
    shared = fact(context, "key_shared_with", source)
    state = fact(context, "key_state", source)
    if shared.value:
        who = named(["everybody" if str(s) == "*" else str(s) for s in shared.value])
        return verdict(context, source, Status.FAIL, f"its key is open to others: {who}", checked=1, failed=1, mend=_NARROW)
    if state.value not in {None, "Enabled"}:
        return verdict(context, source, Status.FAIL, f"its key is no longer in use (state {state.value})", checked=1, failed=1, mend=_REPLACE)
    if enabled.value is False:
        return verdict(context, source, Status.FAIL, "its key does not rotate", checked=1, failed=1)
    if shared.needs:
        word = attestation(context, "key_management", source, "company")
        if word.row is not None:
            return verdict(context, source, word.status, word.reason, checked=1, coverage="attested")
        why = "it is not told who else may use its key"
        return verdict(context, source, Status.UNKNOWN, why, checked=1, mend=way_out(context, "key_management", shared.needs, source))
    if rotation.value is not None:
        good = 0 < float(rotation.value) <= limit
        reason = f"its key rotates every {rotation.value} days; {limit} are allowed"
        return verdict(context, source, Status.PASS if good else Status.FAIL, reason, checked=1, failed=int(not good))
    if enabled.value is True:
        return verdict(context, source, Status.PASS, "its key rotates in the key management system", checked=1)
    word = attestation(context, "key_management", source, "company")
    if word.row is not None:
        return verdict(context, source, word.status, word.reason, checked=1, coverage="attested")
    needs = rotation.needs or enabled.needs
    mend = way_out(context, "key_management", needs, source)
    return verdict(context, source, Status.UNKNOWN, "nothing tells how its keys are kept and rotated", checked=1, mend=mend)
