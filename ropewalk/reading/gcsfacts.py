"""What Google Cloud Storage says about a bucket, through the file system's own credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ropewalk.model import Fact
from ropewalk.reading.objects import Objects

LEAST = """roles/storage.objectViewer and roles/storage.legacyBucketReader on gs://BUCKET, and a custom role with
storage.buckets.get and storage.buckets.getIamPolicy for the facts; nothing else."""
_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})


def facts(objects: Objects, source: str, as_of: datetime) -> Iterator[Fact]:
    bucket = objects.root.strip("/").partition("/")[0]
    about = _ask(objects, f"b/{bucket}")
    how = "storage.buckets.get"
    yield Fact(source, "tls_enforced", None, as_of, how, "an attestation: Google tells of no such setting")
    if about is None:
        names = ("encrypted_at_rest", "retention_days", "versioning", "object_lock", "origin_tag")
        yield from (Fact(source, name, None, as_of, how, "storage.buckets.get") for name in names)
    else:
        key = (about.get("encryption") or {}).get("defaultKmsKeyName")
        yield Fact(source, "encrypted_at_rest", {"layer": "bucket", "algorithm": "AES-256", **({"key": key} if key else {})}, as_of,
                   how if key else "Google Cloud Storage encrypts all objects")  # fmt: skip
        yield Fact(source, "retention_days", _lifecycle(about), as_of, how)
        yield Fact(source, "versioning", "Enabled" if (about.get("versioning") or {}).get("enabled") else "Disabled", as_of, how)
        lock = about.get("retentionPolicy") or {}
        yield Fact(source, "object_lock", int(lock["retentionPeriod"]) // 86400 if lock.get("isLocked") else False, as_of, how)
        yield Fact(source, "origin_tag", str((about.get("labels") or {}).get("origin", "")), as_of, how)
    if ((about or {}).get("iamConfiguration") or {}).get("publicAccessPrevention") == "enforced":
        yield Fact(source, "public_access", {"public": False, "blocked": True}, as_of, how)
        return
    policy = _ask(objects, f"b/{bucket}/iam")
    if policy is None or not {"bindings", "etag"} & set(policy):
        yield Fact(source, "public_access", None, as_of, "storage.buckets.getIamPolicy", "storage.buckets.getIamPolicy")
        return
    roles = [b.get("role", "") for b in policy.get("bindings", ()) if _EVERYBODY & set(b.get("members", ()))]
    uniform = (((about or {}).get("iamConfiguration") or {}).get("uniformBucketLevelAccess") or {}).get("enabled")
    if not roles and not uniform:
        how = "storage.buckets.getIamPolicy: closed, but single objects may be open by ACLs of their own"
        needs = "uniform bucket-level access, or public access prevention" + ("" if about else ", and storage.buckets.get to tell")
        yield Fact(source, "public_access", None, as_of, how, needs)
        return
    yield Fact(source, "public_access", {"public": bool(roles), "roles": roles}, as_of, "storage.buckets.getIamPolicy")


def tags(entry_metadata: Mapping[str, Any]) -> Mapping[str, str]:
    """Custom metadata, as the listing gave it."""
    return {str(k).lower(): str(v) for k, v in entry_metadata.items()}


def _ask(objects: Objects, path: str) -> dict[str, Any] | None:
    try:
        answer = objects.fs.call("GET", path, json_out=True)
        return answer if isinstance(answer, dict) else None
    except Exception:  # denied, or a server that does not know the question
        return None


def _lifecycle(about: Mapping[str, Any]) -> int | str:
    ages = [
        int(rule["condition"]["age"])
        for rule in (about.get("lifecycle") or {}).get("rule", ())
        if (rule.get("action") or {}).get("type") == "Delete" and set(rule.get("condition") or {}) == {"age"}
    ]
    return min(ages) if ages else "never"
