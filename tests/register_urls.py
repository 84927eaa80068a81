"""Registers to test against: a SQLite file, and databases of a real PostgreSQL server over verified TLS, as an ordinary user."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from servers import postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[Callable[[], str]]:
    """Makes an empty database, owned by an ordinary user, and returns its URL; the server runs for the session."""
    with postgres() as server:
        with psycopg.connect(server.admin, autocommit=True) as connection:
            connection.execute("CREATE ROLE team LOGIN PASSWORD 'of-the-team'")

        def make() -> str:
            name = f"r{secrets.token_hex(6)}"
            with psycopg.connect(server.admin, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name} OWNER team".encode())
            return server.uri("team", "of-the-team", name)

        yield make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty register's URL, once on each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'register.db'}"
    made: Callable[[], str] = request.getfixturevalue("postgres_url")
    return made()
