"""Books and records are kept for the term and 12 months after (policy clause 3): the evidence chain holds, and a person says where it is kept."""

from __future__ import annotations

from collections.abc import Iterator

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, attestation, param, verdict, way_out
from ropewalk.model import ControlResult, Status


class AuditRecords:
    control = "audit_records"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        kind = str(param(context, "kind", "audit_records"))
        tell = context.declared.get("chain")
        if tell is None:
            yield verdict(context, COMPANY, Status.UNKNOWN, "no evidence chain was looked at", mend="ropewalk verify")
            return
        chain = tell()
        if chain["problems"]:
            mend = "keep the register as it is, restore the last backup that verifies, and find out who wrote there (`ropewalk verify`)"
            reason = f"the evidence chain is broken: {chain['problems'][0]}"
            yield verdict(context, COMPANY, Status.FAIL, reason, checked=chain["entries"], failed=len(chain["problems"]), mend=mend)
            return
        holds = (
            f"the evidence chain holds, {chain['entries']} entries since {chain['since']}" if chain["entries"] else "the evidence chain is empty yet"
        )
        word = attestation(context, kind, COMPANY)
        more = {} if word.status == Status.PASS else {"mend": way_out(context, kind)}
        yield verdict(context, COMPANY, word.status, f"{holds}; {word.reason}", checked=chain["entries"], coverage="attested", **more)
