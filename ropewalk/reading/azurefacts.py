"""What Azure Blob Storage says about a container, through the file system's own credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ropewalk.model import Fact
from ropewalk.reading.objects import Objects

LEAST = """Storage Blob Data Reader on the container BUCKET (with tags: Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/read);
Reader on the storage account for the facts; nothing else."""
_ACCOUNT = "Microsoft.Storage/storageAccounts/read (Reader on the storage account), or an attestation"


def facts(objects: Objects, source: str, as_of: datetime) -> Iterator[Fact]:
    container = _container(objects)
    how = "container properties"
    yield Fact(source, "encrypted_at_rest", {"layer": "account", "algorithm": "AES-256"}, as_of, "Azure Storage encrypts all blobs")
    yield Fact(source, "tls_enforced", None, as_of, "account settings", _ACCOUNT)
    yield Fact(source, "retention_days", None, as_of, "lifecycle rules of the account", _ACCOUNT)
    about = _ask(objects, container)
    if about is None:
        yield Fact(source, "public_access", None, as_of, how, "Storage Blob Data Reader on the container")
        return
    yield Fact(source, "public_access", {"public": bool(about.get("public_access"))}, as_of, how)
    yield Fact(source, "object_lock", bool(about.get("has_immutability_policy") or about.get("has_legal_hold")), as_of, how)
    yield Fact(source, "origin_tag", str((about.get("metadata") or {}).get("origin", "")), as_of, how)


def account_url(objects: Objects) -> str:
    return str(getattr(objects.fs, "account_url", "") or objects.fs.service_client.url)


def tags(objects: Objects, key: str) -> Mapping[str, str]:
    """Metadata of a blob, and its tags where they may be read."""
    container, _, name = key.partition("/")
    try:
        import fsspec.asyn

        blob = objects.fs.service_client.get_blob_client(container, name)
        found = dict(fsspec.asyn.sync(objects.fs.loop, blob.get_blob_properties).metadata or {})
        try:
            found |= fsspec.asyn.sync(objects.fs.loop, blob.get_blob_tags) or {}
        except Exception:  # tags need a right of their own
            return {str(k).lower(): str(v) for k, v in found.items()}
        return {str(k).lower(): str(v) for k, v in found.items()}
    except Exception:
        return {}


def _container(objects: Objects) -> str:
    return str(objects.fs._strip_protocol(f"abfs://{objects.root}")).strip("/").partition("/")[0]


def _ask(objects: Objects, container: str) -> Mapping[str, Any] | None:
    try:
        import fsspec.asyn

        client = objects.fs.service_client.get_container_client(container)
        return dict(fsspec.asyn.sync(objects.fs.loop, client.get_container_properties).items())
    except Exception:  # denied, or a server that does not know the question
        return None
