"""Opens what is to be tagged: for a look with the scan's own read-only account, for writing with the credential of `tag:` alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ropewalk.errors import ConfigError, MissingExtraError
from ropewalk.model import Dataset, Source
from ropewalk.naming import Names
from ropewalk.policy import plugins_of
from ropewalk.tags.buckets import AzureTags, GcsTags, ObjectTags, S3Tags
from ropewalk.tags.databases import Comments, DuckDbComments, MySqlComments, PostgreSqlComments
from ropewalk.tags.nouns import TagStore

if TYPE_CHECKING:
    from ropewalk.config import Config

_DATABASES: dict[str, tuple[type[Comments], str, str]] = {
    "postgresql": (PostgreSqlComments, "postgresql+psycopg", "postgres"),
    "postgres": (PostgreSqlComments, "postgresql+psycopg", "postgres"),
    "mysql": (MySqlComments, "mysql+pymysql", "mysql"),
    "mariadb": (MySqlComments, "mysql+pymysql", "mysql"),
    "duckdb": (DuckDbComments, "duckdb", "duckdb"),
}
_BUCKETS: dict[str, type[ObjectTags]] = {
    **dict.fromkeys(("s3", "s3a"), S3Tags), **dict.fromkeys(("abfs", "abfss", "az"), AzureTags), **dict.fromkeys(("gs", "gcs"), GcsTags),
}  # fmt: skip
_CANNOT = {
    "sqlite": ("SQLite keeps no comments", "declare it in ropewalk.yaml (separate_store), attest it, or add an origin column"),
    "file": ("files of this machine carry no tags", "put a sidecar file _origin.yaml into the folder (docs/connectors/files.md)"),
    "files": ("files of this machine carry no tags", "put a sidecar file _origin.yaml into the folder (docs/connectors/files.md)"),
    "logs": ("log files carry no tags", "personal data does not belong in logs"),
}


def cannot(source: Source) -> tuple[str, str] | None:
    """Why a source of this kind can carry no tags, and what to do instead; None where it can."""
    if source.scheme in _DATABASES or source.scheme in _BUCKETS:
        return None
    return _CANNOT.get(source.scheme, (f"stores of this kind ({source.scheme}) keep no comments and no tags", "attest its origin, or declare it"))


def look(config: Config, source: Source) -> TagStore:
    """Read-only, as a scan reads: for plans. Raises SourceError, MissingExtraError."""
    if source.scheme in _BUCKETS:
        return _bucket(config, source)
    kind = _DATABASES[source.scheme][0]
    connector = plugins_of(config).connector(source.scheme, f"source {source.name}")(source, config.settings.limits)
    engine = _engine(connector)
    url = engine.url
    return kind(source.name, _place(url.host, url.port, url.database), engine.raw_connection, url.database or "", connector.close, Names(source.key))


def writer(config: Config, source: Source) -> TagStore:
    """With the credential of `tag:`. Raises ConfigError where there is none, or where it is the scan's own."""
    own = writing(config, source)
    if source.scheme in _BUCKETS:
        return _bucket(config, own)
    import sqlalchemy as sa

    kind, driver, extra = _DATABASES[source.scheme]
    url = sa.make_url(own.uri).set(drivername=driver)
    return kind(
        source.name, _place(url.host, url.port, url.database, url.username), _connect(url, extra), url.database or "", names=Names(source.key)
    )


def writing(config: Config, source: Source) -> Source:
    """The source with the address and credential that tags are written with."""
    given = config.source_config(source.name).tag
    where = f"{config.path}: source {source.name}"
    own = config.absolute(replace(source, uri=given.uri)) if given.uri else source
    if own.scheme not in {*_DATABASES, *_BUCKETS} or (own.scheme in _BUCKETS) != (source.scheme in _BUCKETS):
        raise ConfigError("tag.uri is no store of the same kind", where=where, mend="write it like the source's uri, with another account")
    if source.scheme in _BUCKETS:
        return _bucket_writer(source, own, given.storage, where)
    if not given.uri:
        mend = "write tag: {uri: …} with an account that may comment; the scan's own account stays read-only (docs/tasks/tag.md)"
        raise ConfigError("no credential to write tags with", where=where, mend=mend)
    import sqlalchemy as sa

    mine, scans = sa.make_url(own.uri), sa.make_url(source.uri)
    if source.scheme != "duckdb" and (mine.username or "") == (scans.username or ""):
        raise ConfigError(
            "tag.uri signs in as the account that scans", where=where, mend="make an account for tags; the one that scans stays read-only"
        )
    if source.scheme == "duckdb" and mine.database != scans.database:
        raise ConfigError("tag.uri names another file", where=where, mend="name the file that is scanned")
    if (mine.database or "") != (scans.database or ""):
        raise ConfigError("tag.uri names another database", where=where, mend="name the database that is scanned, on the server that takes writes")
    return own


def _bucket_writer(source: Source, own: Source, storage: dict[str, Any], where: str) -> Source:
    scans = dict(source.options.get("storage") or {})
    if not storage:
        mend = "write tag: {storage: {profile: tagger}} (or key and secret, a connection_string, …); the scan's own account stays read-only"
        raise ConfigError("no credential to write tags with", where=where, mend=mend)
    identity = {k for k in ("key", "profile", "connection_string", "account_key", "sas_token", "client_id", "token") if k in storage}
    if storage == scans or any(storage[k] == scans.get(k) for k in identity):
        raise ConfigError("tag.storage is the credential that scans", where=where, mend="use another one; the one that scans stays read-only")
    if own.uri.partition("://")[2].strip("/") != source.uri.partition("://")[2].strip("/"):
        raise ConfigError("tag.uri names another place", where=where, mend="leave it out: tags go to the bucket that is scanned")
    return replace(own, options={**own.options, "storage": storage})


def _bucket(config: Config, source: Source) -> TagStore:
    from ropewalk.reading.objects import Objects

    return _BUCKETS[source.scheme](
        source.name, Objects(source.uri, source.options, config.settings.limits, Names(source.key)), config.settings.limits
    )


def _engine(connector: Any) -> Any:
    """The connector's engine, which cannot write: any table leads to it."""
    for found in connector.datasets():
        if isinstance(found, Dataset):
            return connector.table(found, []).engine
    raise ConfigError("the account that scans sees no table", where=repr(connector), mend="run `ropewalk sources test`")


def _connect(url: Any, extra: str) -> Callable[[], Any]:
    def connect() -> Any:
        try:
            if extra == "duckdb":
                import duckdb

                return duckdb.connect(str(url.database), config={"enable_external_access": "false"})
            dialect = url.get_dialect()()
            _, parameters = dialect.create_connect_args(url)
            if extra == "postgres":
                return _postgres(parameters)
            return _mysql(parameters)
        except ModuleNotFoundError as error:
            raise MissingExtraError(f"tags need the package {error.name}", extra=extra, where="tag") from None

    return connect


def _postgres(parameters: dict[str, Any]) -> Any:
    import psycopg

    connection = psycopg.connect(**{"connect_timeout": 10, "application_name": "ropewalk tag", **parameters}, autocommit=True)
    for name, value in (("lock_timeout", "5s"), ("statement_timeout", "30s"), ("search_path", "pg_catalog"), ("standard_conforming_strings", "on")):
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    return connection


def _mysql(parameters: dict[str, Any]) -> Any:
    import pymysql

    connection = pymysql.connect(**{"connect_timeout": 10, "read_timeout": 60, "charset": "utf8mb4", **parameters}, autocommit=True)
    with closing(connection.cursor()) as cursor:
        for setting in ("sql_mode = ''", "sql_quote_show_create = 1", "lock_wait_timeout = 5", "time_zone = '+00:00'"):
            cursor.execute(f"SET SESSION {setting}")
    return connection


def _place(host: str | None, port: int | None, database: str | None, user: str | None = None) -> str:
    who = f" as {user}" if user else ""
    return f"{host or ''}{f':{port}' if port else ''}{'/' if host and database else ''}{database or ''}{who}"
