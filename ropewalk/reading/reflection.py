"""The catalogue of a dialect that has no connector of its own: SQLAlchemy's inspector, a schema at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import ObjectKind, ObjectScope

from ropewalk.errors import SourceError
from ropewalk.model import Skipped
from ropewalk.naming import Names
from ropewalk.reading.tables import Column, Table

_SYSTEM = frozenset("information_schema pg_catalog sys system mysql performance_schema guest db_owner internal crdb_internal pg_extension".split())


def reflect(inspector: sa.Inspector, source: str, names: Names) -> Iterator[Table | Skipped]:
    """Tables and views of every schema that is not the system's own; the default schema goes without saying."""
    default = inspector.default_schema_name
    for schema in sorted(s for s in inspector.get_schema_names() if s.lower() not in _SYSTEM):
        place = None if schema == default else schema
        seen: set[str] = set()
        for kind, word in ((ObjectKind.TABLE, "table"), (ObjectKind.ANY_VIEW, "view")):
            columns = _tried(lambda k=kind, p=place: inspector.get_multi_columns(schema=p, kind=k, scope=ObjectScope.DEFAULT))  # type: ignore[misc]
            comments = _tried(lambda k=kind, p=place: inspector.get_multi_table_comment(schema=p, kind=k)) or {}  # type: ignore[misc]
            keys = (_tried(lambda p=place: inspector.get_multi_pk_constraint(schema=p)) or {}) if word == "table" else {}  # type: ignore[misc]
            for name in _names(inspector, place, word):
                own = (columns or {}).get((place, name)) or _tried(lambda n=name, p=place: inspector.get_columns(n, schema=p))  # type: ignore[misc]
                if name in seen:
                    continue
                seen.add(name)
                if not own:
                    yield Skipped(
                        source, Table(name, schema=place, names=names).dataset, "its columns cannot be listed", "mend the view, or grant SELECT on it"
                    )
                    continue
                comment = (comments.get((place, name)) or {}).get("text") or ""
                yield Table(name, tuple(map(_column, own)), place, word, word == "table", comment=comment, key=_key(keys.get((place, name)), own))


def _names(inspector: sa.Inspector, schema: str | None, word: str) -> list[str]:
    return sorted(inspector.get_table_names(schema) if word == "table" else inspector.get_view_names(schema))


def _column(found: Any) -> Column:
    try:
        declared = str(found["type"]).lower()
    except Exception:  # a type that SQLAlchemy has no name for
        declared = ""
    form = "json" if isinstance(found["type"], sa.JSON) else ""
    return Column(str(found["name"]), "" if declared == "null" else declared, found.get("comment") or "", form)


def _key(constraint: Any, columns: Any) -> str:
    names = (constraint or {}).get("constrained_columns") or []
    if len(names) != 1:
        return ""
    return next((str(c["name"]) for c in columns if c["name"] == names[0] and isinstance(c["type"], sa.Integer)), "")


def _tried(ask: Callable[[], Any]) -> Any:
    """None where the dialect cannot answer; one broken view must not hide the rest."""
    try:
        return ask()
    except (SourceError, sa.exc.SQLAlchemyError, NotImplementedError):
        return None
