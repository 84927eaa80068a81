"""A connection to a SQL database that cannot write: paced, timed, without a secret in any repr or error."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.sql import quoted_name

from ropewalk.config import Limits
from ropewalk.errors import MissingExtraError, RopewalkError, SourceError
from ropewalk.model import Source
from ropewalk.naming import Names
from ropewalk.reading.dberrors import Trouble, trouble

CHUNK = 2_000


def led(engine: sa.Engine, name: str, schema: str | None) -> frozenset[str]:
    """The columns that an index of the table begins with; none where the catalogue does not tell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # an index on an expression begins with no column
        try:
            told: Any = sa.inspect(engine)
            keys = [told.get_pk_constraint(name, schema)["constrained_columns"], *(i["column_names"] for i in told.get_indexes(name, schema))]
        except (sa.exc.SQLAlchemyError, NotImplementedError):
            return frozenset()
    return frozenset(k[0] for k in keys if k and k[0])


class LostError(SourceError):
    """The store as a whole is out of reach: going on with its next table would only fail again."""


class SqlSession:
    """`extra` names the install extra that brings the driver, `kind` the store for people."""

    extra: ClassVar[str] = ""
    kind: ClassVar[str] = "database"

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source, self._limits, self._names = source, limits, Names(source.key)
        self._opened: sa.Engine | None = None
        self._last = 0.0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._source.name!r})"

    def _dial(self, dialect: sa.Dialect) -> Any:
        """A new connection of the driver that cannot write. Raises ReadOnlyError where that cannot be had."""
        raise NotImplementedError

    def close(self) -> None:
        if self._opened is not None:
            self._opened.dispose()
            self._opened = None

    def _one(self, statement: Any, parameters: Any = None) -> Any:
        rows = self._rows(statement, parameters)
        if not rows:
            raise SourceError("the store gave no answer", where=self._source.name, mend="run `ropewalk sources test`")
        return rows[0]

    def _rows(self, statement: Any, parameters: Any = None) -> list[Any]:
        with self._guard(self._source.name), self._connect() as connection:
            if isinstance(statement, str):
                statement = sa.text(statement)
            return list(connection.execute(statement, parameters or {}))

    def _stream(self, select: sa.Select[Any], where: str, *, all_rows: bool = False) -> Iterator[list[Any]]:
        """Chunks of rows through a cursor on the server, where there is one."""
        with self._guard(where), self._connect() as connection:
            for chunk in connection.execution_options(stream_results=True).execute(select).partitions(CHUNK):
                yield [tuple(row) for row in chunk]

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        """A connection. What fails once it stands is no lost store, unless the connection is gone with it: a foreign table's own server may
        be away, a view may belong to an account that is no more."""
        engine = self._engine()
        self._pause()
        with engine.connect() as connection:
            try:
                yield connection
            except sa.exc.DBAPIError as error:
                found = trouble(error)
                if found.lost and not error.connection_invalidated:
                    what = f"what it stands on is out of reach: {found.what}"
                    raise SourceError(what, where=self._source.name, mend="mend the view, or the server or file that it points to") from None
                raise

    def _pause(self) -> None:
        """Keeps to limits.rate queries a second."""
        if self._limits.rate:
            wait = self._last + 1 / self._limits.rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        self._last = time.monotonic()

    def _url(self) -> sa.URL:
        return self._parsed(self._source.uri)

    def _parsed(self, uri: str) -> sa.URL:
        with self._guard(self._source.name):
            try:
                return sa.make_url(uri)
            except ValueError:  # a port that is no number, as an unquoted @ or : in the password makes it
                raise sa.exc.ArgumentError from None

    def _engine(self) -> sa.Engine:
        """Its URL shows no secret: the connection is made by `_dial`, which alone knows the whole uri."""
        if self._opened is None:
            with self._guard(self._source.name):
                url = self._url()
                bare = sa.URL.create(url.drivername, host=url.host, port=url.port, database=url.database)
                engine = sa.create_engine(bare, pool_size=2, max_overflow=3, pool_pre_ping=False, hide_parameters=True, **self._engine_options())
                event.listen(engine, "do_connect", lambda dialect, record, args, kwargs: self._dial(dialect))
                self._opened = engine
        return self._opened

    def _engine_options(self) -> dict[str, Any]:
        return {}

    @contextmanager
    def _guard(self, where: str) -> Iterator[None]:
        """Turns what a driver raises into a SourceError that quotes nothing of it."""
        found: Trouble | None = None
        try:
            yield
        except RopewalkError:
            raise
        except (ModuleNotFoundError, sa.exc.NoSuchModuleError) as error:
            name = getattr(error, "name", None)
            raise self._missing(f"the package {name}" if name else "its driver") from None
        except Exception as error:
            found = trouble(error)
        if found is not None:
            raise (LostError if found.lost else SourceError)(found.what, where=where, mend=found.mend) from None

    def _missing(self, needed: str) -> RopewalkError:
        return MissingExtraError(f"{self.kind} needs {needed}", extra=self.extra, where=self._source.name)


def named(name: str) -> sa.ColumnClause[Any]:
    """A column by its exact name, always quoted."""
    return sa.column(quoted_name(name, quote=True))
