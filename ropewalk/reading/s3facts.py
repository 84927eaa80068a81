"""What S3 says about a bucket: encryption and key, access, policy, lifecycle, versions, lock, logging. What is denied is unknown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ropewalk.model import Fact
from ropewalk.reading.awsask import Denied, ask, key_facts
from ropewalk.reading.objects import Objects

_EVERYBODY = ("http://acs.amazonaws.com/groups/global/AllUsers", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers")
_FENCES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

LEAST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads",
                    "s3:GetBucketLocation", "s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock", "s3:GetBucketPolicy",
                    "s3:GetBucketPolicyStatus", "s3:GetBucketAcl", "s3:GetLifecycleConfiguration", "s3:GetBucketVersioning",
                    "s3:GetBucketObjectLockConfiguration", "s3:GetBucketLogging", "s3:GetBucketTagging",
                ],
                "Resource": "arn:aws:s3:::BUCKET",
            },
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectTagging"], "Resource": "arn:aws:s3:::BUCKET/*"},
            {
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"],
                "Resource": "ARN-OF-THE-KEY",
            },
        ],
    },
    indent=2,
)  # fmt: skip


def facts(objects: Objects, source: str, as_of: datetime) -> Iterator[Fact]:
    s3, bucket = objects.s3, objects.root.strip("/").partition("/")[0]

    def fact(name: str, right: str, call: str, tell: Callable[[Any], Any], **more: Any) -> Fact:
        try:
            return Fact(source, name, tell(ask(s3, call, Bucket=bucket, **more)), as_of, f"s3:{call}")
        except Denied as error:
            return Fact(source, name, None, as_of, f"s3:{call} ({error})", right)

    at_rest = fact("encrypted_at_rest", "s3:GetEncryptionConfiguration", "get_bucket_encryption", _encryption)
    yield at_rest
    yield from _key(objects, source, as_of, at_rest.value)
    fences = fact("", "s3:GetBucketPublicAccessBlock", "get_public_access_block", lambda r: (r or {}).get("PublicAccessBlockConfiguration", {}))
    policy = fact("", "s3:GetBucketPolicy", "get_bucket_policy", _policy)
    acl = fact("", "s3:GetBucketAcl", "get_bucket_acl", lambda r: list((r or {}).get("Grants", ())))
    yield _public(source, as_of, fences, policy, acl)
    yield _enforced(source, as_of, policy)
    yield fact("retention_days", "s3:GetLifecycleConfiguration", "get_bucket_lifecycle_configuration", _lifecycle)
    yield fact("versioning", "s3:GetBucketVersioning", "get_bucket_versioning", lambda r: (r or {}).get("Status", "Disabled"))
    yield fact("object_lock", "s3:GetBucketObjectLockConfiguration", "get_object_lock_configuration", _lock)
    yield fact("access_logging", "s3:GetBucketLogging", "get_bucket_logging", lambda r: bool((r or {}).get("LoggingEnabled")))
    yield fact("origin_tag", "s3:GetBucketTagging", "get_bucket_tagging", lambda r: _tags(r).get("origin", ""))


def tags(objects: Objects, key: str) -> Mapping[str, str]:
    """Tags and metadata of one object; nothing where they may not be read."""
    bucket, _, name = key.partition("/")
    out: dict[str, str] = {}
    for call in ("head_object", "get_object_tagging"):
        try:
            answer = ask(objects.s3, call, Bucket=bucket, Key=name) or {}
        except Denied:
            continue
        out |= {k.lower(): v for k, v in (answer.get("Metadata") or {}).items()} | _tags(answer)
    return out


def _encryption(answer: Any) -> dict[str, Any]:
    rules = (answer or {}).get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    for rule in rules:
        default = rule.get("ApplyServerSideEncryptionByDefault") or {}
        if algorithm := default.get("SSEAlgorithm"):
            return {"layer": "bucket", "algorithm": algorithm, **({"key": default["KMSMasterKeyID"]} if default.get("KMSMasterKeyID") else {})}
    return {"layer": "bucket", "algorithm": "none"}


def _key(objects: Objects, source: str, as_of: datetime, at_rest: Any) -> Iterator[Fact]:
    key = at_rest.get("key") if isinstance(at_rest, dict) else None
    if key is None:
        if isinstance(at_rest, dict) and at_rest["algorithm"] == "AES256":
            yield Fact(source, "key_spec", "AES-256", as_of, "s3:get_bucket_encryption: keys of S3 itself")
        return
    yield from key_facts(objects.storage, source, as_of, key)


def _policy(answer: Any) -> list[dict[str, Any]]:
    statements = json.loads((answer or {}).get("Policy") or "{}").get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _public(source: str, as_of: datetime, fences: Fact, policy: Fact, acl: Fact) -> Fact:
    how = "s3: public access block, policy and ACL"
    up = fences.value or {}
    if fences.value is not None and all(up.get(f) for f in _FENCES):
        return Fact(source, "public_access", {"public": False, "blocked": True}, as_of, how)
    by_policy = [s for s in policy.value or () if not up.get("RestrictPublicBuckets") and _open(s)]
    by_acl = [g for g in acl.value or () if not up.get("IgnorePublicAcls") and g.get("Grantee", {}).get("URI") in _EVERYBODY]
    if by_policy or by_acl:
        return Fact(source, "public_access", {"public": True, "policy": len(by_policy), "acl": len(by_acl)}, as_of, how)
    missing = [f.needs for f in (policy, acl) if f.value is None]
    if missing:
        return Fact(source, "public_access", None, as_of, how, " and ".join(missing))
    return Fact(source, "public_access", {"public": False, "blocked": False}, as_of, how)


def _open(statement: Mapping[str, Any]) -> bool:
    who = statement.get("Principal")
    named = who.get("AWS") if isinstance(who, dict) else who
    everybody = named == "*" or (isinstance(named, list) and "*" in named)
    return statement.get("Effect") == "Allow" and everybody and not statement.get("Condition")


def _enforced(source: str, as_of: datetime, policy: Fact) -> Fact:
    """Whether a statement refuses every request without TLS: Deny, everybody, all of S3, aws:SecureTransport false."""
    if policy.value is None:
        return Fact(source, "tls_enforced", None, as_of, policy.how, policy.needs)
    return Fact(source, "tls_enforced", any(map(_denies_plain, policy.value)), as_of, "s3:get_bucket_policy: aws:SecureTransport")


def _denies_plain(statement: Mapping[str, Any]) -> bool:
    who, actions = statement.get("Principal"), statement.get("Action")
    everybody = who == "*" or (isinstance(who, dict) and who.get("AWS") in ("*", ["*"]))
    whole = any(a in ("s3:*", "*") for a in (actions if isinstance(actions, list) else [actions]))
    resources = statement.get("Resource")
    objects = any(isinstance(r, str) and (r == "*" or r.endswith("/*")) for r in (resources if isinstance(resources, list) else [resources]))
    conditions = statement.get("Condition") or {}
    bools = {str(k).lower(): v for k, v in (conditions.get("Bool") or {}).items()}
    plain = bools.get("aws:securetransport")
    plain = plain[0] if isinstance(plain, list) and plain else plain
    return (
        statement.get("Effect") == "Deny" and everybody and whole and objects and len(conditions) == len(bools) == 1 and str(plain).lower() == "false"
    )


def _lifecycle(answer: Any) -> int | dict[str, int] | str:
    """Days after which every object expires; rules that cover only part of the bucket by their prefix; `never` where none does."""
    days: dict[str, int] = {}
    for rule in (answer or {}).get("Rules", ()):
        after = (rule.get("Expiration") or {}).get("Days")
        scope = rule.get("Filter") or {}
        if rule.get("Status") != "Enabled" or not after or set(scope) - {"Prefix"}:
            continue
        days[str(scope.get("Prefix") or rule.get("Prefix") or "")] = int(after)
    return "never" if not days else days[""] if set(days) == {""} else days


def _lock(answer: Any) -> dict[str, Any] | bool:
    found = (answer or {}).get("ObjectLockConfiguration", {})
    if found.get("ObjectLockEnabled") != "Enabled":
        return False
    rule = (found.get("Rule") or {}).get("DefaultRetention", {})
    return {"mode": rule.get("Mode", ""), "days": int(rule.get("Days") or 0) + 365 * int(rule.get("Years") or 0)}


def _tags(answer: Any) -> dict[str, str]:
    return {str(t["Key"]).lower(): str(t["Value"]) for t in (answer or {}).get("TagSet", ())}
