"""Data travels only over TLS 1.2 or later, SFTP or SSH-2 (policy clause 1.5), for each store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import attestation, fact, long_ago, param, verdict, way_out
from ropewalk.judging.subjects import Known
from ropewalk.model import ControlResult, Status

_SSH = {"sftp", "ssh", "ssh-2", "ssh2"}
_SOON = 14
"""Days before its end from which a certificate is named as one to renew."""


class EncryptionInTransit:
    control = "encryption_in_transit"
    attests = ("encryption_in_transit",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from long_ago(context, "transit", "tls_version", "tls_min_version", "tls_enforced")
        for source in context.sources:
            yield _judge(context, source.name)


def _judge(context: ControlContext, source: str) -> ControlResult:
    transit = fact(context, "transit", source)
    if transit.value == "local":
        return verdict(context, source, Status.NOT_APPLICABLE, "read on this machine: nothing travels")
    if transit.value == "plain":
        return verdict(context, source, Status.FAIL, f"its address asks for no encryption ({transit.how})", checked=1, failed=1)
    if str(transit.value).lower() in _SSH:
        return verdict(context, source, Status.PASS, f"read over {transit.value}", checked=1)
    minimum = str(param(context, "minimum", "1.2"))
    pieces = [
        _versions([fact(context, name, source) for name in ("tls_version", "tls_min_version")], minimum),
        _enforced(_first(context, source, "tls_enforced")),
        _certificate(
            _first(context, source, "certificate_expires", "certificate_not_after", "tls_cert_expires"),
            fact(context, "tls_cert_trusted", source),
            context.as_of,
        ),
    ]
    bad = [why for ok, why in pieces if ok is False]
    dim = [why for ok, why in pieces if ok is None]
    counted = {"checked": len(pieces), "failed": len(bad)}
    if bad:
        return verdict(context, source, Status.FAIL, "; ".join(bad + dim), **counted)
    if not dim:
        return verdict(context, source, Status.PASS, "; ".join(why for _, why in pieces), **counted)
    word = attestation(context, "encryption_in_transit", source)
    if word.status != Status.UNKNOWN:
        return verdict(context, source, word.status, word.reason, **counted, coverage="attested")
    asked = ("transit", "tls_version", "tls_min_version", "tls_enforced", "tls_cert_expires")
    needs = "; ".join(n for n in dict.fromkeys(fact(context, name, source).needs for name in asked) if n)
    mend = way_out(context, "encryption_in_transit", needs, source)
    return verdict(context, source, Status.UNKNOWN, "; ".join(dim), **counted, mend=mend)


def _first(context: ControlContext, source: str, *names: str) -> Known:
    return next((k for n in names if (k := fact(context, n, source)).value is not None), Known(None))


def _versions(known: list[Known], minimum: str) -> tuple[bool | None, str]:
    """The version of the connection, and the least that the server would accept: the weaker counts, and what may not be asked is not known."""
    judged = [_version(k, minimum) for k in known if k.value is not None]
    if judged and any(k.value is None and k.needs for k in known):
        judged.append((None, "the least version of TLS that the server accepts is not known"))
    order = [False, None, True]
    return min(judged, key=lambda j: order.index(j[0]), default=(None, "the version of TLS is not known"))


def _version(known: Known, minimum: str) -> tuple[bool | None, str]:
    if known.value is None:
        return None, "the version of TLS is not known"
    if known.value is False or str(known.value).lower() in {"none", "off", "plain", "ssl"}:
        return False, "the connection is not encrypted"
    match = re.search(r"(\d+)\.(\d+)|v(\d+)$", str(known.value), re.I)
    if match is None or re.search(r"ssl", str(known.value), re.I):
        return (False, f"{known.value} is older than TLS {minimum}") if match else (None, "the version of TLS is not known")
    found = (int(match[1] or match[3]), int(match[2] or 0))
    return found >= tuple(int(p) for p in minimum.split(".")), f"TLS {found[0]}.{found[1]}"


def _enforced(known: Known) -> tuple[bool | None, str]:
    if known.value is None:
        return None, "it is not known whether the server refuses plain connections"
    said = f" ({known.how})" if known.how else ""
    return bool(known.value), "plain connections are refused" if known.value else f"the server accepts plain connections{said}"


def _certificate(known: Known, trusted: Known, as_of: datetime) -> tuple[bool | None, str]:
    """A certificate that nothing shows to be the server's own is neither good nor bad: its authority may be one that only clients know."""
    if known.value is None:
        return None, "the end of the certificate is not known"
    end = _moment(known.value)
    if end is None:
        return None, "the end of the certificate cannot be read"
    if end <= as_of:
        return False, f"certificate expired on {end:%Y-%m-%d}"
    if trusted.value is False:
        return None, f"it is not known whether the certificate is the server's own ({trusted.how})"
    left = (end - as_of).days
    return True, f"certificate valid until {end:%Y-%m-%d}" + (f", {left} days from now: renew it" if left <= _SOON else "")


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
