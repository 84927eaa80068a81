"""CloudWatch Logs: its groups, when their events happened, and the lines of a stretch of time. Errors name the permission that lacks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ropewalk.config import Limits
from ropewalk.errors import MissingExtraError, SourceError
from ropewalk.model import Source
from ropewalk.reading.awsask import code_of
from ropewalk.reading.s3 import client

_PAGE, _STREAMS, _EMPTY = 10_000, 1_000, 50
_DENIED = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized", "AuthFailure", "403")
_SIGN_IN = (
    "UnrecognizedClient",
    "InvalidClientToken",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "NoCredentials",
    "PartialCredentials",
    "InvalidSignature",
)
_RIGHT = {
    "describe_log_groups": "logs:DescribeLogGroups", "describe_log_streams": "logs:DescribeLogStreams",
    "filter_log_events": "logs:FilterLogEvents", "describe_resource_policies": "logs:DescribeResourcePolicies",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """A log group. created and the times of a span are milliseconds since 1970; days None: its events never expire."""

    name: str
    created: int
    bytes: int
    days: int | None
    key: str
    slow: bool


class LogGroups:
    """Reads the groups under `cloudwatch://REGION/PREFIX`; nothing is asked before the first question."""

    def __init__(self, source: Source, limits: Limits) -> None:
        rest = source.uri.partition("://")[2]
        self.region, _, self.prefix = rest.partition("/")
        self._source, self._limits = source, limits
        storage = dict(source.options.get("storage") or {})
        self.storage: Mapping[str, Any] = {**storage, "client_kwargs": {"region_name": self.region, **(storage.get("client_kwargs") or {})}}
        self._api: Any = None
        self._last = 0.0

    def __repr__(self) -> str:
        return f"LogGroups({self._source.name!r})"

    @property
    def prefixes(self) -> list[str]:
        """How the names may begin: many begin with a slash, which people leave out of an address."""
        return [self.prefix] if not self.prefix or self.prefix.startswith("/") else [self.prefix, f"/{self.prefix}"]

    @property
    def api(self) -> Any:
        """The client. Raises SourceError where the uri names no region."""
        if self._api is None:
            if not self.region:
                raise SourceError("the uri names no region", where=self._source.name, mend="cloudwatch://eu-west-1/prefix-of-the-log-groups")
            try:
                self._api = client(self.storage, "logs")
            except MissingExtraError:
                raise MissingExtraError("CloudWatch Logs needs the package boto3", extra="cloudwatch", where=self._source.name) from None
            except Exception as error:
                raise self._error(error, "describe_log_groups") from None
        return self._api

    def groups(self) -> Iterator[Group]:
        """Those whose names begin with the prefix; as names often begin with a slash, with `/prefix` as well."""
        met: set[str] = set()
        for prefix in self.prefixes:
            for page in self._pages("describe_log_groups", **({"logGroupNamePrefix": prefix} if prefix else {})):
                for g in page.get("logGroups", ()):
                    if g["logGroupName"] not in met:
                        met.add(g["logGroupName"])
                        yield Group(
                            g["logGroupName"], int(g.get("creationTime") or 0), int(g.get("storedBytes") or 0), g.get("retentionInDays"),
                            g.get("kmsKeyId") or "", g.get("logGroupClass", "STANDARD") != "STANDARD",
                        )  # fmt: skip

    def span(self, group: Group) -> tuple[int, int] | None:
        """The times of its first and its last event, as far as 1,000 streams tell; None where it holds none."""
        first = last = None
        streams = 0
        for page in self._pages("describe_log_streams", logGroupName=group.name, orderBy="LastEventTime", descending=True):
            for stream in page.get("logStreams", ()):
                streams += 1
                start, end = stream.get("firstEventTimestamp"), stream.get("lastEventTimestamp")
                first = start if first is None else min(first, start) if start is not None else first
                last = end if last is None else max(last, end) if end is not None else last
            if streams >= _STREAMS:
                first = min(group.created, first or group.created)
                break
        return None if first is None or last is None else (int(first), int(last))

    def lines(self, group: Group, start: int | None = None, end: int | None = None, most: int | None = None) -> Iterator[str]:
        """The messages of [start, end], oldest first as far as the service sorts them; at most `most`."""
        given, empty = 0, 0
        times = {**({} if start is None else {"startTime": start}), **({} if end is None else {"endTime": end})}
        for page in self._pages("filter_log_events", logGroupName=group.name, limit=min(most or _PAGE, _PAGE), **times):
            events = page.get("events", ())
            empty = 0 if events else empty + 1
            for event in events:
                yield str(event.get("message", ""))
                given += 1
                if given == most:
                    return
            if empty >= _EMPTY and most is not None:
                return

    def policies(self) -> list[Mapping[str, Any]]:
        return [p for page in self._pages("describe_resource_policies") for p in page.get("resourcePolicies", ())]

    def close(self) -> None:
        self._api = None

    def _pages(self, call: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        token: str | None = None
        while True:
            self._pause()
            try:
                page = getattr(self.api, call)(**arguments, **({"nextToken": token} if token else {}))
            except (SourceError, MissingExtraError):
                raise
            except Exception as error:
                found = self._error(error, call)
            else:
                yield page
                before, token = token, page.get("nextToken")
                if not token or token == before:
                    return
                continue
            raise found from None

    def _pause(self) -> None:
        if self._limits.rate:
            time.sleep(max(self._last + 1 / self._limits.rate - time.monotonic(), 0.0))
        self._last = time.monotonic()

    def _error(self, error: Exception, call: str) -> SourceError:
        """By the service's code; its words are not kept."""
        code, where, right = code_of(error), self._source.name, _RIGHT[call]
        if any(c in code for c in _DENIED):
            return SourceError(f"the role may not ask {right}", where=where, mend=f"needs {right}: `ropewalk sources grants` prints the policy")
        if any(c in code for c in _SIGN_IN):
            return SourceError(
                f"AWS refused the credentials ({code})", where=where, mend="set options.storage (profile, or key and secret), or the role"
            )
        if "Throttling" in code or "LimitExceeded" in code:
            return SourceError("AWS slowed the requests down", where=where, mend="set limits.rate to 2, or scan at a quieter time")
        if "ResourceNotFound" in code:
            return SourceError("the log group is gone", where=where, mend="scan again")
        if code in {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError", "InvalidRegionError"}:
            return SourceError("CloudWatch Logs cannot be reached", where=where, mend="check the region in the source's uri and the way to AWS")
        return SourceError(f"CloudWatch Logs answered with an error ({code})", where=where, mend="run `ropewalk sources test`")
