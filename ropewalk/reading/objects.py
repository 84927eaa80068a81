"""Lists and opens the files of a folder or bucket through fsspec: bounded, read-only, never outside the root.

Compression is told by magic bytes, not by the name. A name that holds data (an e-mail) is shown masked.
"""

from __future__ import annotations

import io
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from ropewalk.config import Limits
from ropewalk.errors import MissingExtraError, RopewalkError, SourceError
from ropewalk.model import Skipped
from ropewalk.naming import Names
from ropewalk.reading.decompress import bounded, unpacked
from ropewalk.reading.filemarks import file_mark
from ropewalk.reading.s3 import client, keys
from ropewalk.reading.smallobjects import SMALL, SmallObjects

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "abfs": "azure", "az": "azure", "abfss": "azure", "adl": "azure"}
_PROTOCOLS = {"file": "file", "files": "file", "local": "file", "": "file", "s3a": "s3", "gcs": "gs", "az": "abfs"}

_NEAR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or object. `name` may be shown (masked where it holds data, which is `told`) and is unique; `key` is where it lies.

    mark: changes with the bytes (an ETag, times of change), "" where the store tells nothing that does.
    """

    name: str
    key: str = field(repr=False)
    size: int
    mtime: datetime | None
    mark: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)
    told: tuple[str, ...] = field(default=(), repr=False)


class Objects:
    """The files under `uri`; `options["storage"]` goes to fsspec. Nothing is opened before `list` or `open`."""

    def __init__(self, uri: str, options: Mapping[str, Any], limits: Limits, names: Names | None = None) -> None:
        scheme, mark, rest = uri.partition("://")
        self.scheme, self.root = (scheme.lower(), rest) if mark else ("file", uri)
        self.protocol = _PROTOCOLS.get(self.scheme, self.scheme)
        self.storage: dict[str, Any] = dict(options.get("storage") or {})
        self.names = names or Names()
        self._limits = limits
        self._fs: Any = None
        self._s3: Any = None
        self._small = SmallObjects(lambda: self.s3)
        self._next = 0.0

    def __repr__(self) -> str:
        return f"Objects({self.scheme!r})"

    @property
    def local(self) -> bool:
        return self.protocol == "file"

    @property
    def fs(self) -> Any:
        """The fsspec file system. Raises MissingExtraError with the install hint."""
        if self._fs is None:
            os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # gcsfs asks a service of its own otherwise, and may hang
            import fsspec

            extra = {} if self.local or self.protocol == "memory" else {"skip_instance_cache": True, "use_listings_cache": False}
            try:
                self._fs = fsspec.filesystem(self.protocol, **{**extra, **self.storage})
            except ImportError:
                raise MissingExtraError(f"{self.scheme} needs a package", extra=_EXTRAS.get(self.scheme, "all"), where=self.scheme) from None
            except Exception as error:
                raise SourceError(
                    f"no file system for {self.scheme!r} could be made ({type(error).__name__})", where=self.scheme,
                    mend="use a path, s3://, gs:// or abfs://, and check options.storage",
                ) from None  # fmt: skip
        return self._fs

    @property
    def s3(self) -> Any:
        """A boto3 client with the same credentials."""
        self._s3 = self._s3 or client(self.storage)
        return self._s3

    def list(self) -> Iterator[Entry | Skipped]:
        """Every file below the root. Links that leave the root or loop are Skipped."""
        try:
            yield from self._walk() if self.local else self._bucket() if self.protocol == "s3" else self._remote()
        except (RopewalkError, GeneratorExit):
            raise
        except Exception as error:
            raise SourceError(
                f"cannot be listed ({_kind(error)})", where=self.scheme, mend="check the path, the credentials and the right to list"
            ) from None

    def raw(self, entry: Entry) -> BinaryIO:
        """The bytes as they lie, at most limits.object_bytes of them."""
        self._wait()
        try:
            if self.local:
                handle = os.open(entry.key, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
                file: Any = os.fdopen(handle, "rb", buffering=0)
            elif self.protocol == "s3" and entry.size <= SMALL:
                file = io.BytesIO(self._small.get(entry.key))
            else:
                file = self.fs.open(entry.key, "rb")
        except Exception as error:
            if isinstance(error, FileNotFoundError) or "NoSuchKey" in _kind(error):
                raise SourceError("is gone", where=entry.name, mend="scan again") from None
            raise SourceError(f"cannot be opened ({_kind(error)})", where=entry.name, mend="grant the right to read it") from None
        return bounded(file, self._limits.object_bytes, entry.name)

    def ahead(self, entries: Iterable[Entry]) -> None:
        """Says which objects will be opened next, so that small ones of a bucket come several at a time; not with limits.rate."""
        if self.protocol == "s3" and not self._limits.rate:
            self._small.ahead((e.key, e.size) for e in entries)

    def open(self, entry: Entry) -> BinaryIO:
        """The bytes, decompressed (gzip, bzip2, xz, zstd), at most limits.object_bytes of them raw and expanded_bytes unpacked."""
        raw = self.raw(entry)
        try:
            return unpacked(raw, self._limits.expanded_bytes, entry.name)
        except SourceError:
            raise
        except Exception as error:
            raise SourceError(f"cannot be read ({_kind(error)})", where=entry.name, mend="grant the right to read it") from None

    def close(self) -> None:
        self._small.close()
        self._fs = self._s3 = None

    def _wait(self) -> None:
        if self._limits.rate:
            now = time.monotonic()
            time.sleep(max(self._next - now, 0.0))
            self._next = max(now, self._next) + 1 / self._limits.rate

    def _walk(self) -> Iterator[Entry | Skipped]:
        root = os.path.realpath(self.root)
        if os.path.isfile(root):
            yield self._local(root, os.path.basename(root))
            return
        if not os.path.isdir(root):
            raise SourceError("there is no such folder", where=self.scheme, mend="check the uri in ropewalk.yaml")
        seen = set()
        refused: list[OSError] = []
        for folder, folders, files in os.walk(root, followlinks=False, onerror=refused.append):
            folders.sort()
            for name in sorted(files + [f for f in folders if os.path.islink(os.path.join(folder, f))]):
                path = os.path.join(folder, name)
                below = os.path.relpath(path, root)
                label = self.names.shown(below)
                try:
                    real = os.path.realpath(path)
                    link, info = os.path.islink(path), os.stat(path)
                except OSError as error:
                    if os.path.islink(path):
                        yield Skipped("", label, "a link to nothing or to itself", lasting=True)
                    else:
                        yield Skipped("", label, f"cannot be read ({_kind(error)})")
                    continue
                if link and (not real.startswith(root.rstrip(os.sep) + os.sep) or stat.S_ISDIR(info.st_mode)):
                    why, mend = "a link out of the folder, or to a folder, is not followed", "name its target as a source of its own"
                    yield Skipped("", label, why, mend, lasting=True)
                elif not stat.S_ISREG(info.st_mode):
                    yield Skipped("", label, "not a regular file", lasting=True)
                elif real not in seen:
                    if link or info.st_nlink > 1:  # the same bytes need no second look; other files cannot be met twice
                        seen.add(real)
                    yield self._local(path, below)
        for refusal in refused:
            where = self.names.shown(os.path.relpath(str(refusal.filename), root))
            yield Skipped("", where, f"the folder cannot be listed ({_kind(refusal)})", "grant the right to list it")

    def _local(self, path: str, below: str) -> Entry:
        info = os.stat(path)
        when, mode = datetime.fromtimestamp(info.st_mtime, UTC), {"mode": info.st_mode}
        name, masked = self.names.read(below)
        return Entry(name, path, info.st_size, when, file_mark(info), mode, masked)

    def _bucket(self) -> Iterator[Entry]:
        bucket, _, prefix = self.root.strip("/").partition("/")
        for item in keys(self.s3, bucket, prefix):
            key = item["Key"]
            if key.endswith("/") and not item["Size"]:
                continue  # a folder's placeholder
            below = key[len(prefix) :].lstrip("/") or key.rpartition("/")[2]
            more = {"storage_class": item["StorageClass"]} if "StorageClass" in item else {}
            etag = str(item.get("ETag", "")).strip('"')
            name, masked = self.names.read(below)
            yield Entry(name, f"{bucket}/{key}", int(item["Size"]), item["LastModified"], etag, more, masked)

    def _remote(self) -> Iterator[Entry]:
        root = self.root.rstrip("/")
        start = str(self.fs._strip_protocol(f"{self.protocol}://{root}")).rstrip("/")
        for key, info in sorted(self.fs.find(start, detail=True).items()):
            when = next((info[k] for k in ("LastModified", "last_modified", "updated", "mtime", "created") if info.get(k)), None)
            if isinstance(when, str):
                when = datetime.fromisoformat(when.replace("Z", "+00:00"))
            if isinstance(when, datetime) and when.tzinfo is None:
                when = when.replace(tzinfo=UTC)
            mark = str(info.get("ETag") or info.get("etag") or "").strip('"') or _changed(info)
            more = {str(k): str(v) for k, v in (info.get("metadata") or {}).items()}
            below = key[len(start) :].lstrip("/") or key.rpartition("/")[2]
            moment = when if isinstance(when, datetime) else None
            name, masked = self.names.read(below)
            yield Entry(name, key, int(info.get("size") or 0), moment, mark, more, masked)


def _changed(info: Mapping[str, Any]) -> str:
    """The time of change of an object without an ETag, unless it lies so near that the same second may see another one."""
    when = next((info[k] for k in ("LastModified", "last_modified", "updated", "mtime", "modified") if info.get(k)), None)
    if isinstance(when, (int, float)):
        when = datetime.fromtimestamp(when, UTC)
    if isinstance(when, datetime):
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return "" if abs(datetime.now(UTC) - when) < _NEAR else when.isoformat()
    return when if isinstance(when, str) else ""


def _kind(error: Exception) -> str:
    """The kind of an error, and the service's code where it has one; never its words, for they may quote data."""
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return f"{type(error).__name__} {code}" if code else type(error).__name__
