"""A boto3 client from the options that fsspec takes, and the keys of a bucket page by page in flat memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ropewalk.errors import MissingExtraError

_TIMEOUT = 20


def client(storage: Mapping[str, Any], service: str = "s3") -> Any:
    """Credentials from `storage` (key, secret, token, profile, anon, endpoint_url, client_kwargs), else from the environment."""
    try:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config
    except ImportError:
        raise MissingExtraError("s3 needs a package", extra="s3", where="s3") from None
    more = dict(storage.get("client_kwargs") or {})
    if storage.get("endpoint_url"):
        more.setdefault("endpoint_url", storage["endpoint_url"])
    config = Config(
        connect_timeout=_TIMEOUT, read_timeout=_TIMEOUT, retries={"max_attempts": 3, "mode": "standard"},
        s3={"addressing_style": "path"} if more.get("endpoint_url") else None, signature_version=UNSIGNED if storage.get("anon") else None,
    )  # fmt: skip
    session = boto3.Session(profile_name=storage.get("profile"))
    keys = {
        "aws_access_key_id": storage.get("key"),
        "aws_secret_access_key": storage.get("secret"),
        "aws_session_token": storage.get("token"),
    }
    more.setdefault("region_name", session.region_name or "us-east-1")
    return session.client(service, config=config, **{k: v for k, v in keys.items() if v}, **more)


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
    """Key, Size, LastModified, ETag of each object below the prefix, or of the object that it names."""
    folder = f"{prefix}/" if prefix else ""
    found = False
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
        for item in page.get("Contents", ()):
            found = True
            yield item
    if not found and prefix:
        exact = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents", ())
        yield from (item for item in exact if item["Key"] == prefix)
