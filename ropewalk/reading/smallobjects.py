"""Small objects of S3, each in one request, several at a time, and the last ones kept in RAM: a bucket has thousands of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

SMALL = 1 * 2**20
"""Bytes up to which an object is fetched whole. Larger ones are opened as files, of which only parts may be read."""
_KEPT = 48 * 2**20
_AT_ONCE = 8


class SmallObjects:
    """`get` and `ahead` by key (`bucket/name`) and size; `client` gives a boto3 client, which threads may share."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._coming: dict[str, Future[bytes]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._held = 0

    def __repr__(self) -> str:
        return f"SmallObjects({len(self._kept)} kept)"

    def ahead(self, wanted: Iterable[tuple[str, int]]) -> None:
        """Begins to fetch what will be asked for; of one at a time there is nothing to gain."""
        keys = [key for key, size in wanted if size <= SMALL and key not in self._kept and key not in self._coming]
        if len(keys) < 2:
            return
        self._client()
        self._pool = self._pool or ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="objects")
        for key in keys:
            self._coming[key] = self._pool.submit(self._fetch, key)

    def get(self, key: str) -> bytes:
        """The whole object. Raises what the service raises."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        coming = self._coming.pop(key, None)
        body = coming.result() if coming is not None else self._fetch(key)
        self._kept[key] = body
        self._held += len(body)
        while self._held > _KEPT:
            self._held -= len(self._kept.popitem(last=False)[1])
        return body

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None
        self._kept.clear()
        self._coming.clear()
        self._held = 0

    def _fetch(self, key: str) -> bytes:
        bucket, _, name = key.partition("/")
        return bytes(self._client().get_object(Bucket=bucket, Key=name)["Body"].read(SMALL + 1))
