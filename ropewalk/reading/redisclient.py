"""A connection to Redis (or Valkey) that sends only commands that read; errors in words of our own, never the server's."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ropewalk.config import Limits
from ropewalk.errors import MissingExtraError, ReadOnlyError, SourceError
from ropewalk.model import Source
from ropewalk.reading.endpoint import refusal
from ropewalk.reading.sqlsession import LostError

READS = frozenset(
    "PING SCAN DBSIZE TYPE PTTL STRLEN GETRANGE HLEN HGETALL HRANDFIELD HSCAN LLEN LRANGE SCARD SRANDMEMBER SSCAN ZCARD ZRANGE "
    "XLEN XRANGE XREVRANGE JSON.GET INFO".split()
) | {("ACL", "WHOAMI"), ("ACL", "LIST"), ("CONFIG", "GET")}
"""All that is ever sent, but for signing in, choosing a database and naming the connection."""
COUNT = 1000
"""Keys that the server looks at in one step of SCAN: it serves others in between."""
_SCHEMES = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss", "redis+unix": "unix", "valkey+unix": "unix"}


class RedisClient:
    """Asks one server; nothing is opened before the first question. `address` is (host, port), None for a Unix socket."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._open: dict[int, Any] = {}
        self._last = 0.0
        parts = urlsplit(source.uri)
        self._scheme = _SCHEMES.get(parts.scheme.lower(), parts.scheme)
        self._parts = parts._replace(scheme=self._scheme)
        self.tls, self.local = self._scheme == "rediss", self._scheme == "unix"

    def __repr__(self) -> str:
        return f"RedisClient({self._source.name!r})"

    @property
    def address(self) -> tuple[str, int] | None:
        try:
            return None if self.local else (self._parts.hostname or "localhost", self._parts.port or 6379)
        except ValueError:
            raise SourceError("the port in the uri is no number", where=self._source.name, mend="redis://host:6379") from None

    @property
    def authority(self) -> str:
        """The file of certificates that the uri trusts; empty for those of this machine."""
        return dict(parse_qsl(self._parts.query)).get("ssl_ca_certs", "")

    @property
    def database(self) -> int | None:
        """The database that the uri names, None where it names none: then all of them are read."""
        said = dict(parse_qsl(self._parts.query)).get("db", "" if self.local else self._parts.path.strip("/"))
        if said and not said.isdigit():
            raise SourceError("the database in the uri is no number", where=self._source.name, mend="redis://host:6379/0")
        return int(said) if said else None

    def ask(self, *command: Any, db: int = 0) -> Any:
        """One answer. Raises SourceError where the server refuses."""
        (answer,) = self.pipe([command], db)
        if isinstance(answer, Exception):
            raise self._error(answer)
        return answer

    def pipe(self, commands: Sequence[Sequence[Any]], db: int = 0) -> list[Any]:
        """The answers to several questions; one that the server refuses is the exception itself. Raises SourceError if it is lost."""
        for command in commands:
            if command[0] not in READS and tuple(command[:2]) not in READS:
                raise ReadOnlyError(f"{command[0]} is no command that reads", where=self._source.name, mend="report this: it is a fault of ropewalk")
        if not commands:
            return []
        self._pause()
        found: Exception
        try:
            pipe: Any = self._client(db).pipeline(transaction=False)
            for command in commands:
                pipe.execute_command(*command)
            return list(pipe.execute(raise_on_error=False))
        except (SourceError, MissingExtraError):
            raise
        except Exception as error:
            found = error
        raise self._error(found) from None

    def keys(self, db: int) -> Iterator[bytes]:
        """Every key, by SCAN: in the order of their hashes, so that the first ones are a fair draw."""
        cursor = b"0"
        while True:
            cursor, batch = self.ask("SCAN", cursor, "COUNT", COUNT, db=db)
            yield from batch
            if cursor in (b"0", 0, "0"):
                return

    def answers_strangers(self) -> bool | None:
        """Whether the server serves who gives no password. None where that cannot be told."""
        try:
            import redis

            stranger = redis.Redis.from_url(self._address(0, signed=False), socket_timeout=5, socket_connect_timeout=5, protocol=2)
            with stranger:
                return bool(stranger.ping())
        except Exception as error:
            kinds = {"AuthenticationError", "NoPermissionError", "AuthenticationWrongNumberOfArgsError"}
            denied = type(error).__name__ in kinds or any(w in str(error) for w in ("NOAUTH", "DENIED", "NOPERM"))
            return False if denied else None

    def close(self) -> None:
        for client in self._open.values():
            with suppress(Exception):
                client.close()
        self._open = {}

    def _client(self, db: int) -> Any:
        if db not in self._open:
            try:
                import redis
            except ImportError:
                raise MissingExtraError("Redis needs the package redis", extra="redis", where=self._source.name) from None
            client: Any = redis.Redis.from_url(
                self._address(db), socket_timeout=self._limits.statement_timeout, socket_connect_timeout=10, protocol=2, max_connections=1,
            )  # fmt: skip
            for told in (("CLIENT", "SETNAME", "ropewalk"), ("CLIENT", "NO-TOUCH", "ON")):  # the second leaves the ages of keys as they are
                with suppress(redis.ResponseError):
                    client.execute_command(*told)
            self._open[db] = client
        return self._open[db]

    def _address(self, db: int, signed: bool = True) -> str:
        parts, query = self._parts, [(k, v) for k, v in parse_qsl(self._parts.query) if k != "db" and (signed or k not in {"username", "password"})]
        place = parts.netloc if signed else parts.netloc.rpartition("@")[2]
        if self.local:
            return f"unix://{place}{parts.path}?{urlencode([*query, ('db', str(db))])}"  # urlunsplit would drop the slashes
        return urlunsplit((self._scheme, place, f"/{db}", urlencode(query), ""))

    def _pause(self) -> None:
        if self._limits.rate:
            time.sleep(max(self._last + 1 / self._limits.rate - time.monotonic(), 0.0))
        self._last = time.monotonic()

    def _error(self, error: Exception) -> SourceError:
        """By kinds and the server's code words; nothing of its text is kept but why TLS refused a certificate."""
        kinds = {c.__name__ for c in type(error).__mro__}
        text, where = str(error), self._source.name
        if kinds & {"NoPermissionError"} or text.startswith("NOPERM"):
            return SourceError("the user may not ask this", where=where, mend="`ropewalk sources grants` prints the rights that it needs")
        if kinds & {"AuthenticationError", "AuthorizationError"} or text.startswith(("NOAUTH", "WRONGPASS")):
            return LostError("the server refused the sign-in", where=where, mend="check the user and the password in the source's uri")
        if "DENIED" in text:
            return LostError("the server is in protected mode and lets nobody in", where=where, mend="set a password or an ACL on the server")
        if "certificate" in text.lower():
            mend = "name its authority: rediss://…?ssl_ca_certs=ca.pem, or have it issued anew"
            return LostError(f"the server's certificate was not accepted{refusal(error)}", where=where, mend=mend)
        if kinds & {"TimeoutError"}:
            return LostError("the server did not answer in time", where=where, mend="raise limits.statement_timeout, or scan at a quieter time")
        if kinds & {"ConnectionError", "OSError"}:
            mend = "check host, port and TLS (rediss://) in the source's uri, and that the server runs and lets this machine in"
            return LostError("the server cannot be reached", where=where, mend=mend)
        if text.startswith(("MOVED", "CLUSTERDOWN", "ASK")):
            return SourceError("the key lies on another node of the cluster", where=where, mend="name each primary node as a source")
        if text.startswith("LOADING"):
            return LostError("the server is still loading its data", where=where, mend="scan again later")
        if "DB index is out of range" in text:
            return LostError("there is no such database", where=where, mend="correct the number of the database in the source's uri")
        if "value" in kinds or isinstance(error, ValueError | TypeError):
            return LostError("the uri is not a Redis address", where=where, mend="write it as rediss://user:password@host:6379/0")
        return SourceError(f"the server answered with an error ({type(error).__name__})", where=where, mend="run `ropewalk sources test`")
