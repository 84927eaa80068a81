"""Personal data is encrypted where it lies, with AES-128, RSA-2048 or better (policy clause 2.4); the strongest layer counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import Known, attestation, by_dataset, by_source, fact, facts, is_sealed, named, personal, unread, verdict, way_out
from ropewalk.judging.ciphers import judge_cipher
from ropewalk.model import ControlResult, Status

_ORDER = [Status.FAIL, Status.STALE, Status.UNKNOWN, Status.PASS]


class EncryptionAtRest:
    control = "encryption_at_rest"
    attests = ("encryption_at_rest",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from unread(context)
        for source, rows in by_source(personal(context, logs=None, sealed=True)).items():
            yield _judge(context, source, rows)


def _judge(context: ControlContext, source: str, rows: Sequence[Mapping[str, Any]]) -> ControlResult:
    """One verdict a store: its worst dataset, and how many there are."""
    seen = {key: _dataset(context, source, f"{source}/{key[1]}", own) for key, own in by_dataset(rows).items()}
    status = min((s for s, *_ in seen.values()), key=_ORDER.index)
    worst = [(key[1], why, mend) for key, (s, why, mend, _) in seen.items() if s == status]
    where = "" if len(worst) == len(seen) else f"{named([w[0] for w in worst])}: "
    if status == Status.PASS and (plain := fact(context, "unencrypted_snapshots", source).value):
        reason = f"{worst[0][1]}, but {plain} of its snapshots {'is' if plain == 1 else 'are'} not encrypted"
        mend = "copy each of these snapshots with a key and delete the original, or delete it"
        return verdict(context, source, Status.FAIL, reason, checked=len(seen) + plain, failed=plain, mend=mend)
    failed = sum(s == Status.FAIL for s, *_ in seen.values())
    more = {"mend": worst[0][2]} if worst[0][2] and status != Status.PASS else {}
    words = [by_word for *_, by_word in seen.values()]
    more |= {"coverage": "attested" if all(words) else f"{sum(words)} of {len(words)} datasets attested"} if any(words) else {}
    return verdict(context, source, status, f"{where}{worst[0][1]}", checked=len(seen), failed=failed, **more)


def _dataset(context: ControlContext, source: str, dataset: str, fields: Sequence[Mapping[str, Any]]) -> tuple[Status, str, str, bool]:
    """(status, reason, mend, whether it is a person's word)."""
    status, reason, mend = min((_layers(context, f, dataset, source) for f in fields), key=lambda s: _ORDER.index(s[0]))
    if status == Status.PASS:
        return status, reason, "", False
    word = attestation(context, "encryption_at_rest", dataset, source)
    if word.status in {Status.PASS, Status.FAIL}:
        return word.status, word.reason, "", True
    if word.status == Status.STALE:
        return (status if status == Status.FAIL else Status.STALE), f"{reason}; {word.reason}", mend, False
    return status, reason, mend, False


def _layers(context: ControlContext, field: Mapping[str, Any], *stores: str) -> tuple[Status, str, str]:
    subjects = (str(field["field"]), *stores)
    seen = [Known({"layer": "field", "algorithm": "opaque"}, subjects[0])] if is_sealed(field) else []
    known = [(judge_cipher(k.value), k) for k in [*facts(context, "encrypted_at_rest", *subjects), *seen]]
    for wanted in (Status.PASS, Status.UNKNOWN, Status.FAIL):
        for (status, words), k in known:
            if status == wanted:
                return status, f"{words} ({k.how})" if k.how else words, ""
    needs = fact(context, "encrypted_at_rest", *subjects).needs
    return Status.UNKNOWN, "the store does not tell whether it is encrypted", way_out(context, "encryption_at_rest", needs, subjects[-1])
