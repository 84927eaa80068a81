"""Opens a register: URL to engine, a private file, its version, its migrations; and database errors in plain words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from ropewalk.errors import MissingExtraError, NoRegisterError, RegisterError
from ropewalk.migrations import HEAD
from ropewalk.register.schema import metadata

VERSION_TABLE = "ropewalk_version"
MARK = 0x526F7065
"""`PRAGMA application_id` of a SQLite register: the letters `Rope`."""
WAIT = 30
"""Seconds to wait for another writer."""
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_EXTRAS = {"postgresql": "postgres"}


def connect(url: str, *, create: bool = True) -> tuple[sa.Engine, str]:
    """An engine on a register of this version, and the name to show for it. Raises RegisterError, MissingExtraError."""
    parsed = _parse(url)
    where = _where(parsed)
    if parsed.get_backend_name() == "sqlite":
        _prepare_file(parsed, where, create)
    try:
        engine = _engine(parsed)
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(parsed.get_backend_name(), "all")
        raise MissingExtraError(f"the driver {error.name} is not installed", extra=extra, where=where) from None
    try:
        with mended(where):
            _bring_up_to_date(engine, where, create)
    except BaseException:
        engine.dispose()
        raise
    return engine, where


@contextmanager
def mended(where: str) -> Iterator[None]:
    """Database errors as RegisterError with what, where and mend; never with parameters."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _explained(error, where) from None
    except sa.exc.SQLAlchemyError as error:
        raise RegisterError(f"the register cannot be used ({type(error).__name__})", where=where, mend="check `register:`") from None


def _explained(error: sa.exc.DBAPIError, where: str) -> RegisterError:
    text = str(error.orig).lower()
    if "append-only" in text:
        return RegisterError("what was once recorded is never changed", where=where, mend="record a new entry instead")
    if isinstance(error.orig, sqlite3.Error):
        if "locked" in text or "busy" in text:
            return RegisterError("another program holds it locked", where=where, mend="close that program or wait, then try again")
        if "readonly" in text or "unable to open" in text:
            return RegisterError("the file cannot be opened for writing", where=where, mend="check the rights of the file and its folder")
        if "full" in text:
            return RegisterError("the disk is full", where=where, mend="make room, then try again; nothing was half written")
        if "not a database" in text or "malformed" in text or "corrupt" in text or "decode" in text:
            return RegisterError("the file is damaged", where=where, mend="restore it from a backup; or move it away and scan anew")
        return RegisterError(f"the register cannot be read ({type(error.orig).__name__})", where=where, mend="restore it from a backup")
    name = type(error.orig).__name__
    return RegisterError(
        f"the database refused or went away ({name})", where=where, mend="check that it runs, and the user, password and rights in `register:`"
    )


def _parse(url: str) -> sa.URL:
    text = url if "://" in url else f"sqlite:///{url}"
    try:
        parsed = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise RegisterError("not a database URL", where="register", mend="write sqlite:///folder/register.db or postgresql://…") from None
    parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise RegisterError(f"a register does not live in {parsed.get_backend_name()}", where="register", mend="use sqlite:///… or postgresql://…")
    return parsed


def _where(url: sa.URL) -> str:
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    return url.set(query={}).render_as_string(hide_password=True)


def _prepare_file(url: sa.URL, where: str, create: bool) -> None:
    """Only this user may read the register: it tells where personal data lies."""
    if not url.database or url.database == ":memory:":
        return
    file = Path(url.database)
    if not file.exists():
        if not create:
            raise NoRegisterError("there is no register yet", where=where, mend="run `ropewalk scan`, or correct `register:`")
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(FileExistsError):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise RegisterError(f"the file cannot be made: {error.strerror}", where=where, mend="name a folder you may write in") from None
    elif file.is_dir():
        raise RegisterError("this is a folder", where=where, mend="name a file, as sqlite:///folder/register.db")


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": WAIT, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={WAIT * 1000}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A write transaction: all or nothing, and one writer at a time from its start (a deferred one fails under two writers)."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def alone(connection: sa.Connection, table: str) -> None:
    """Nobody else writes the table until this transaction ends: what is read now still holds when it is written. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")


def _bring_up_to_date(engine: sa.Engine, where: str, create: bool) -> None:
    with engine.connect() as connection:
        version = _version(connection, where)
    if version == HEAD:
        return
    if version is None and not create:
        raise NoRegisterError("there is no register yet", where=where, mend="run `ropewalk scan`, or correct `register:`")
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MARK})")
        if _version(connection, where) != HEAD:
            _migrate(connection)


def _version(connection: sa.Connection, where: str) -> str | None:
    """The version of the register, None where nothing is. Raises RegisterError for something else and for newer versions."""
    tables = set(sa.inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        foreign = connection.dialect.name == "sqlite" or tables & set(metadata.tables)
        if tables and foreign:
            raise RegisterError("this database is not a register", where=where, mend="name another file or schema in `register:`")
        return None
    version: str | None = connection.execute(sa.select(sa.func.max(sa.column("version_num"))).select_from(sa.table(VERSION_TABLE))).scalar()
    if version is not None and version > HEAD:
        raise RegisterError(f"a newer ropewalk wrote it (version {version}, this one knows {HEAD})", where=where, mend="upgrade ropewalk")
    return version


def _migrate(connection: sa.Connection, to: str = "head") -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations").replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    command.upgrade(config, to)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {MARK}")
