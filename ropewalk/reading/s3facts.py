"""What S3 says about a bucket: encryption and key, access, policy, lifecycle, versions, lock, logging. What is denied is unknown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ropewalk.model import Fact
from ropewalk.reading.awsask import Denied, ask, key_facts
from ropewalk.reading.awspolicy import lets_everybody_in, refuses_plain, statements
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
                    "s3:GetBucketOwnershipControls", "s3:GetBucketAcl", "s3:GetLifecycleConfiguration", "s3:GetBucketVersioning",
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
    policy = fact("", "s3:GetBucketPolicy", "get_bucket_policy", lambda r: statements((r or {}).get("Policy")))
    acl = fact("", "s3:GetBucketAcl", "get_bucket_acl", lambda r: list((r or {}).get("Grants", ())))
    owner = fact("", "s3:GetBucketOwnershipControls", "get_bucket_ownership_controls", _ownership)
    yield _public(source, as_of, fences, policy, acl, owner)
    yield _enforced(source, as_of, policy, bucket, str(s3.meta.endpoint_url))
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
    if not isinstance(at_rest, dict):
        return
    if at_rest["algorithm"] == "AES256":
        yield Fact(source, "key_spec", "AES-256", as_of, "s3:get_bucket_encryption: keys of S3 itself")
    elif key := at_rest.get("key") or ("alias/aws/s3" if "kms" in str(at_rest["algorithm"]) else ""):
        yield from key_facts(objects.storage, source, as_of, key)


def _ownership(answer: Any) -> str:
    rules = (answer or {}).get("OwnershipControls", {}).get("Rules", ())
    return next((str(r["ObjectOwnership"]) for r in rules if r.get("ObjectOwnership")), "ObjectWriter")


def _public(source: str, as_of: datetime, fences: Fact, policy: Fact, acl: Fact, owner: Fact) -> Fact:
    how = "s3: public access block, policy, ownership and ACL"
    up = fences.value or {}
    if fences.value is not None and all(up.get(f) for f in _FENCES):
        return Fact(source, "public_access", {"public": False, "blocked": True}, as_of, how)
    without = up.get("IgnorePublicAcls") or owner.value == "BucketOwnerEnforced"  # then ACLs open nothing, of single objects neither
    by_policy = [s for s in policy.value or () if not up.get("RestrictPublicBuckets") and lets_everybody_in(s)]
    by_acl = [g for g in acl.value or () if not without and g.get("Grantee", {}).get("URI") in _EVERYBODY]
    if by_policy or by_acl:
        return Fact(source, "public_access", {"public": True, "policy": len(by_policy), "acl": len(by_acl)}, as_of, how)
    missing = [f.needs for f in (policy, *(() if without else (acl, owner))) if f.value is None]
    if not missing and not without:
        how = f"{how}: single objects may be open by ACLs of their own"
        missing = ["ACLs turned off (object ownership BucketOwnerEnforced, or IgnorePublicAcls)"]
    if missing:
        return Fact(source, "public_access", None, as_of, how, " and ".join(missing))
    return Fact(source, "public_access", {"public": False, "blocked": False}, as_of, how)


def _enforced(source: str, as_of: datetime, policy: Fact, bucket: str, endpoint: str) -> Fact:
    """Whether a statement of the bucket's policy refuses every request without TLS; servers of others than AWS may refuse it by themselves."""
    if policy.value is None:
        return Fact(source, "tls_enforced", None, as_of, policy.how, policy.needs)
    how = "s3:get_bucket_policy: aws:SecureTransport"
    if any(refuses_plain(s, bucket) for s in policy.value):
        return Fact(source, "tls_enforced", True, as_of, how)
    tried = [s for s in policy.value if s.get("Effect") == "Deny" and ("securetransport" in str(s).lower() or "s3:tlsversion" in str(s).lower())]
    if endpoint.startswith("https:") and ".amazonaws." not in endpoint:
        needs = "a bucket policy that denies aws:SecureTransport false, or an attestation that the server has no port without TLS"
        return Fact(source, "tls_enforced", None, as_of, f"{how}: none, and the server is not AWS's", needs)
    lacks = "no statement denies requests where it is false"
    if tried:
        lacks = f"a statement denies some; it must be for everybody, s3:* and arn:aws:s3:::{bucket}/*, with no other condition"
    return Fact(source, "tls_enforced", False, as_of, f"{how}: {lacks}")


def _lifecycle(answer: Any) -> int | dict[str, int] | str:
    """Days after which every object expires; rules that cover only part of the bucket by their prefix; `never` where none does."""
    days: dict[str, int] = {}
    for rule in (answer or {}).get("Rules", ()):
        after = (rule.get("Expiration") or {}).get("Days")
        scope = rule.get("Filter") or {}
        if rule.get("Status") != "Enabled" or not after or set(scope) - {"Prefix"}:
            continue
        place = str(scope.get("Prefix") or rule.get("Prefix") or "")
        days[place] = min(days.get(place, int(after)), int(after))
    return "never" if not days else days[""] if set(days) == {""} else days


def _lock(answer: Any) -> dict[str, Any] | bool:
    found = (answer or {}).get("ObjectLockConfiguration", {})
    if found.get("ObjectLockEnabled") != "Enabled":
        return False
    rule = (found.get("Rule") or {}).get("DefaultRetention", {})
    return {"mode": rule.get("Mode", ""), "days": int(rule.get("Days") or 0) + 365 * int(rule.get("Years") or 0)}


def _tags(answer: Any) -> dict[str, str]:
    return {str(t["Key"]).lower(): str(t["Value"]) for t in (answer or {}).get("TagSet", ())}
