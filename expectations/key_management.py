"""Keys live in a key management system, rotate, and open only to the own services (policy clause 2.4)."""

from __future__ import annotations

from collections.abc import Iterator

from ropewalk.contracts import ControlContext
from ropewalk.judging import attestation, by_source, fact, param, personal, unread, verdict, way_out
from ropewalk.model import ControlResult, Status


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
    if shared.value:
        return verdict(context, source, Status.FAIL, f"its key is open to {len(shared.value)} others", checked=1, failed=1)
    if enabled.value is False:
        return verdict(context, source, Status.FAIL, "its key does not rotate", checked=1, failed=1)
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
