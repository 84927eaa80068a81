"""Tags of objects: Amazon S3 (tags), Azure Blob Storage (index tags), Google Cloud Storage (metadata)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, ClassVar

from ropewalk.config import Limits
from ropewalk.errors import RopewalkError
from ropewalk.model import Skipped
from ropewalk.reading.names import pattern
from ropewalk.reading.objects import Entry, Objects
from ropewalk.tags.forms import InTags
from ropewalk.tags.nouns import Form, Spot, TagError

_ASKED = 8
"""Requests at a time while reading; writing is one at a time."""
_DENIED = frozenset({"AccessDenied", "403", "401", "Forbidden", "Unauthorized", "AuthorizationPermissionMismatch", "AuthorizationFailure"})
_GONE = frozenset({"NoSuchKey", "404", "BlobNotFound", "NotFound", "FileNotFoundError"})


class ObjectTags:
    """A bucket or container. A dataset is one object, or all objects of its pattern; sheets and members share the tags of their object."""

    kind: ClassVar[str] = "bucket"
    most: ClassVar[int | None] = 10
    read_right: ClassVar[str] = ""
    write_right: ClassVar[str] = ""

    def __init__(self, source: str, objects: Objects, limits: Limits) -> None:
        self.form: Form = InTags(self.most)
        self.place = f"{objects.protocol}://{objects.root.strip('/')}"
        self._source, self._objects, self._limits = source, objects, limits

    def spots(self, datasets: set[str]) -> Iterator[Spot | Skipped]:
        """All versions that are current now; older versions of an object keep what they have."""
        wanted = {file_of(d) for d in datasets}
        met: set[str] = set()
        entries = self._listed()
        with ThreadPoolExecutor(1 if self._limits.rate else _ASKED) as pool:
            while part := list(islice(entries, 1000)):
                chosen = [(name, e) for e in part if (name := _of(e, wanted)) is not None]
                met |= {name for name, _ in chosen}
                for (name, entry), now in zip(chosen, pool.map(lambda c: self._asked(c[1].key), chosen), strict=True):
                    if isinstance(now, TagError):
                        yield Skipped(self._source, name, now.what, now.mend)
                    else:
                        yield Spot(name, "", (entry.key,), now)
        for gone in sorted(wanted - met):
            yield Skipped(self._source, gone, "it is no longer there", "scan again")

    def write(self, spot: Spot, new: Mapping[str, str]) -> None:
        key = spot.names[0]
        if self._now(key) != spot.now:
            raise TagError("somebody changed the tags meanwhile; they were left alone", mend="run the command again")
        self._guarded(lambda: self._put(key, dict(new)), self.write_right)
        if self._now(key) != new:
            raise TagError("the store took the tags, and does not show them as they were written", mend="look at it there")

    def close(self) -> None:
        self._objects.close()

    def _get(self, key: str) -> Mapping[str, str]:
        raise NotImplementedError

    def _put(self, key: str, tags: dict[str, str]) -> None:
        """All tags of the object; those that are not named go."""
        raise NotImplementedError

    def _listed(self) -> Iterator[Entry]:
        try:
            yield from (e for e in self._objects.list() if isinstance(e, Entry))
        except TagError:
            raise
        except RopewalkError as error:
            raise TagError(error.what, mend=error.mend.replace("options.storage", "tag.storage"), lost=True) from None

    def _asked(self, key: str) -> dict[str, str] | TagError:
        try:
            return self._now(key)
        except TagError as error:
            return error

    def _now(self, key: str) -> dict[str, str]:
        found = self._guarded(lambda: self._get(key), self.read_right)
        return {str(k): str(v) for k, v in (found or {}).items() if v is not None}

    def _guarded(self, act: Callable[[], Any], right: str) -> Any:
        if self._limits.rate:
            time.sleep(1 / self._limits.rate)
        try:
            return act()
        except RopewalkError:
            raise
        except Exception as error:
            problem = _told(error, right)
        raise problem


class S3Tags(ObjectTags):
    kind = "S3"
    read_right, write_right = "s3:GetObjectTagging", "s3:PutObjectTagging (and s3:DeleteObjectTagging to revert) on the objects"

    def _get(self, key: str) -> Mapping[str, str]:
        bucket, _, name = key.partition("/")
        return {t["Key"]: t["Value"] for t in self._objects.s3.get_object_tagging(Bucket=bucket, Key=name).get("TagSet", ())}

    def _put(self, key: str, tags: dict[str, str]) -> None:
        bucket, _, name = key.partition("/")
        if tags:
            self._objects.s3.put_object_tagging(Bucket=bucket, Key=name, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})
        else:
            self._objects.s3.delete_object_tagging(Bucket=bucket, Key=name)


class AzureTags(ObjectTags):
    kind = "Azure Blob Storage"
    read_right = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/read"
    write_right = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write (Storage Blob Data Owner has it)"

    def _blob(self, key: str) -> Any:
        container, _, name = key.partition("/")
        return self._objects.fs.service_client.get_blob_client(container, name)

    def _get(self, key: str) -> Mapping[str, str]:
        import fsspec.asyn

        return dict(fsspec.asyn.sync(self._objects.fs.loop, self._blob(key).get_blob_tags) or {})

    def _put(self, key: str, tags: dict[str, str]) -> None:
        import fsspec.asyn

        fsspec.asyn.sync(self._objects.fs.loop, self._blob(key).set_blob_tags, tags)


class GcsTags(ObjectTags):
    """Custom metadata; a name that goes is set to null, as the service wants it."""

    kind = "Google Cloud Storage"
    most = None
    read_right, write_right = "storage.objects.get", "storage.objects.update"

    def _get(self, key: str) -> Mapping[str, str]:
        return self._call("GET", key).get("metadata") or {}

    def _put(self, key: str, tags: dict[str, str]) -> None:
        gone = dict.fromkeys(self._get(key).keys() - tags.keys())
        self._call("PATCH", key, json={"metadata": {**tags, **gone}})

    def _call(self, method: str, key: str, **more: Any) -> dict[str, Any]:
        bucket, _, name = key.partition("/")
        answer = self._objects.fs.call(method, "b/{}/o/{}", bucket, name, json_out=True, **more)
        return answer if isinstance(answer, dict) else {}


def file_of(dataset: str) -> str:
    """The object or pattern of a dataset: `a.zip!b.csv`, `a.xlsx#Sheet1` -> `a.zip`, `a.xlsx`."""
    return dataset.partition("!")[0].partition("#")[0]


def _of(entry: Entry, wanted: set[str]) -> str | None:
    """A dataset has the name of its object, or the pattern of its objects."""
    return next((n for n in (entry.name, pattern(entry.name)) if n in wanted), None)


def _told(error: Exception, right: str) -> TagError:
    """The service's code, never its words: they may quote keys."""
    response = getattr(error, "response", None)
    code = str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
    code = code or str(getattr(error, "error_code", "") or getattr(error, "status_code", "") or getattr(error, "code", "") or type(error).__name__)
    if code in _DENIED or type(error).__name__ in {"ClientAuthenticationError", "PermissionError"}:
        return TagError("the account may not do this", mend=f"grant {right}")
    if code in _GONE:
        return TagError("it is no longer there", mend="scan again")
    lost = type(error).__name__ in {"EndpointConnectionError", "ConnectTimeoutError", "ServiceRequestError", "ClientConnectorError"}
    return TagError("the store cannot be reached" if lost else f"the store answered with an error ({code})", mend="check tag.storage", lost=lost)
