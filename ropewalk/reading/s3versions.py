"""What a bucket keeps besides its objects: older versions, versions of deleted objects, uploads that were never finished.

A lifecycle rule that expires objects leaves their versions in a versioned bucket: only `NoncurrentVersionExpiration` ends them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ropewalk.model import Fact
from ropewalk.reading.awsask import Denied, ask
from ropewalk.reading.names import pattern
from ropewalk.reading.objects import Objects

_PAGES = 200
"""Pages of a thousand versions that are counted at most."""


@dataclass(slots=True)
class Old:
    """Older versions: how many, their bytes, when the oldest was written, and how many are of objects that were deleted."""

    count: int = 0
    bytes: int = 0
    oldest: datetime | None = None
    deleted: int = 0

    def add(self, size: int, when: datetime | None, gone: bool) -> None:
        self.count += 1
        self.bytes += size
        self.deleted += gone
        if when is not None:
            self.oldest = when if self.oldest is None else min(self.oldest, when)

    def value(self, whole: bool) -> dict[str, Any]:
        oldest = None if self.oldest is None else self.oldest.isoformat()
        return {"count": self.count, "bytes": self.bytes, "oldest": oldest, "of_deleted_objects": self.deleted, "all_counted": whole}


def facts(objects: Objects, source: str, as_of: datetime, datasets: Mapping[str, str]) -> Iterator[Fact]:
    """noncurrent_versions of the source and of its datasets (name -> subject); noncurrent_retention_days; unfinished_uploads."""
    s3 = objects.s3
    bucket, _, prefix = objects.root.strip("/").partition("/")
    how = "s3:list_object_versions"
    try:
        try:
            ever = bool((ask(s3, "get_bucket_versioning", Bucket=bucket) or {}).get("Status"))
        except Denied:
            ever = True  # perhaps: the versions themselves tell
        total, named, whole = _counted(objects, bucket, prefix) if ever else (Old(), {}, True)
        how = how if ever else "s3:get_bucket_versioning: versioning was never on"
        yield Fact(source, "noncurrent_versions", total.value(whole), as_of, how)
        for name, subject in datasets.items():
            if own := named.get(name.partition("!")[0].partition("#")[0]):
                yield Fact(subject, "noncurrent_versions", own.value(whole), as_of, how)
        if total.count:
            yield _ended(s3, bucket, source, as_of)
    except Denied as error:
        yield Fact(source, "noncurrent_versions", None, as_of, f"{how} ({error})", "s3:ListBucketVersions")
    how = "s3:list_multipart_uploads"
    try:
        uploads = (ask(s3, "list_multipart_uploads", Bucket=bucket, Prefix=f"{prefix}/" if prefix else "") or {}).get("Uploads", ())
        oldest = min((u["Initiated"] for u in uploads if u.get("Initiated")), default=None)
        yield Fact(source, "unfinished_uploads", {"count": len(uploads), "oldest": oldest.isoformat() if oldest else None}, as_of, how)
    except Denied as error:
        yield Fact(source, "unfinished_uploads", None, as_of, f"{how} ({error})", "s3:ListBucketMultipartUploads")


def _counted(objects: Objects, bucket: str, prefix: str) -> tuple[Old, dict[str, Old], bool]:
    """All older versions below the prefix, those of each name and pattern of names, and whether all of them were counted."""
    total, named = Old(), dict[str, Old]()
    marks: dict[str, str] = {}
    for _ in range(_PAGES):
        page = ask(objects.s3, "list_object_versions", Bucket=bucket, Prefix=f"{prefix}/" if prefix else "", MaxKeys=1000, **marks) or {}
        gone = {m["Key"] for m in page.get("DeleteMarkers", ()) if m.get("IsLatest")}
        for version in page.get("Versions", ()):
            if version.get("IsLatest"):
                continue
            key = str(version["Key"])
            label = objects.names.shown(key[len(prefix) :].lstrip("/") or key.rpartition("/")[2])
            for old in (total, *(named.setdefault(n, Old()) for n in {label, pattern(label)})):
                old.add(int(version.get("Size") or 0), version.get("LastModified"), key in gone)
        if not page.get("IsTruncated"):
            return total, named, True
        marks = {"KeyMarker": page.get("NextKeyMarker", ""), "VersionIdMarker": page.get("NextVersionIdMarker", "")}
        marks = {k: v for k, v in marks.items() if v}
        if not marks:
            break
    return total, named, False


def _ended(s3: Any, bucket: str, source: str, as_of: datetime) -> Fact:
    """Days after which every older version goes, by prefix where rules cover only a part, or `never`."""
    name, how = "noncurrent_retention_days", "s3:get_bucket_lifecycle_configuration"
    try:
        rules = (ask(s3, "get_bucket_lifecycle_configuration", Bucket=bucket) or {}).get("Rules", ())
    except Denied as error:
        return Fact(source, name, None, as_of, f"{how} ({error})", "s3:GetLifecycleConfiguration")
    days: dict[str, int] = {}
    for rule in rules:
        end = rule.get("NoncurrentVersionExpiration") or {}
        scope = rule.get("Filter") or {}
        if rule.get("Status") == "Enabled" and end.get("NoncurrentDays") and not end.get("NewerNoncurrentVersions") and not set(scope) - {"Prefix"}:
            days[str(scope.get("Prefix") or rule.get("Prefix") or "")] = int(end["NoncurrentDays"])
    return Fact(source, name, "never" if not days else days[""] if set(days) == {""} else days, as_of, how)
