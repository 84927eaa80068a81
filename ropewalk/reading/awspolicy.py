"""What statements of AWS policies come to: who else is let in, and whether every request without TLS is refused.

Source: AWS's "The meaning of public" for S3, the reference of policy elements, and the list of global condition keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

_ACCOUNT = re.compile(r"\b\d{12}\b")
_WHO = frozenset(
    "aws:principalorgid aws:principalaccount aws:principalarn aws:principalorgpaths aws:sourcearn aws:sourceaccount aws:sourceorgid aws:sourceowner "
    "aws:sourcevpc aws:sourcevpce aws:userid kms:calleraccount s3:dataaccesspointarn s3:dataaccesspointaccount".split()
)
"""Condition keys that say who asks, or through what of one's own. `…IfExists` says nothing of who does not bring the key."""
_EQUAL = frozenset("stringequals stringequalsignorecase stringlike arnequals arnlike".split())
_SERVICES = frozenset(("aws:principalisawsservice", "aws:viaawsservice"))
"""Exempted from a refusal: services of AWS ask each other over TLS."""
_NARROW = {4: 8, 6: 16}
"""The widest networks that are somebody's, in bits; wider ones are everybody."""


def statements(document: str | None) -> list[Mapping[str, Any]]:
    """Of a policy's JSON; none where there is no policy."""
    found = json.loads(document or "{}").get("Statement", [])
    return [s for s in (found if isinstance(found, list) else [found]) if isinstance(s, Mapping)]


def lets_everybody_in(statement: Mapping[str, Any]) -> bool:
    """An Allow for every principal, or for all but some, that no condition narrows to known ones."""
    everybody = "NotPrincipal" in statement or "*" in _principals(statement)
    return statement.get("Effect") == "Allow" and everybody and not _narrowed(statement)


def other_accounts(found: Iterable[Mapping[str, Any]], own: str) -> list[str] | None:
    """`*` and the numbers of other accounts that are let in; None where the own number would have to be known to tell."""
    out: set[str] = set()
    for statement in found:
        if lets_everybody_in(statement):
            out.add("*")
        elif statement.get("Effect") == "Allow":
            numbers = {m[0] for p in _principals(statement) if (m := _ACCOUNT.search(p))}
            if numbers and not own:
                return None
            out |= numbers - {own}
    return sorted(out)


def everyone(cidr: str) -> bool:
    """Whether a range of addresses is so wide that it is nobody's in particular: two halves of the internet are the internet."""
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        return False
    return (not network.is_private and network.prefixlen < _NARROW[network.version]) or not network.prefixlen


def refuses_plain(statement: Mapping[str, Any], bucket: str) -> bool:
    """A Deny for everybody, on every action and every object of the bucket, of each request without TLS."""
    everybody = "NotPrincipal" not in statement and "*" in _principals(statement)
    whole = any(a.lower() in {"*", "s3:*"} for a in _listed(statement.get("Action")))
    objects = any(_covers(r, bucket) for r in _listed(statement.get("Resource")))
    return statement.get("Effect") == "Deny" and everybody and whole and objects and _is_plain(statement.get("Condition") or {})


def _covers(resource: str, bucket: str) -> bool:
    """Whether a pattern of resources fits every object: it ends open, and fits the name of the bucket with nothing after it."""
    pattern = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in resource)
    return resource.endswith("*") and any(re.fullmatch(pattern, f"arn:{p}:s3:::{bucket}/") for p in ("aws", "aws-cn", "aws-us-gov"))


def _is_plain(condition: Mapping[str, Any]) -> bool:
    """Fits every request without TLS, by SecureTransport or by a version of TLS that is lower or not there; with nothing that exempts others."""
    asked = {(str(op).lower(), str(key).lower()): _listed(value) for op, keys in condition.items() for key, value in keys.items()}
    plain = False
    for (operator, key), values in asked.items():
        off = operator in {"bool", "boolifexists"} and [v.lower() for v in values] == ["false"]
        if off and key == "aws:securetransport":
            plain = True
        elif operator == "numericlessthanifexists" and key == "s3:tlsversion":
            plain = all(_number(v) >= 1.2 for v in values)
            if not plain:
                return False
        elif not (off and key in _SERVICES):
            return False
    return plain


def _narrowed(statement: Mapping[str, Any]) -> bool:
    for operator, keys in (statement.get("Condition") or {}).items():
        name = str(operator).lower().removeprefix("foranyvalue:")
        for key, value in keys.items():
            values = _listed(value)
            if name in _EQUAL and str(key).lower() in _WHO and values and not any(v.startswith("*") or v == "" for v in values):
                return True
            if name == "ipaddress" and str(key).lower() == "aws:sourceip" and values and not any(map(everyone, values)):
                return True
    return False


def _principals(statement: Mapping[str, Any]) -> list[str]:
    who = statement.get("Principal")
    return list(_principal_names(who.get("AWS") if isinstance(who, Mapping) else who))


def _principal_names(named: Any) -> Iterator[str]:
    yield from (str(n) for n in (named if isinstance(named, (list, tuple)) else [named] if named else ()))


def _listed(value: Any) -> list[str]:
    return [str(v) for v in (value if isinstance(value, (list, tuple)) else [value] if value is not None else ())]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
