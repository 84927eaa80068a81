"""The retention check of one large PostgreSQL table against its one SQL query: `python -m benchmarks.retention [--rows N]`.

Starts a server as the tests do, fills a table of orders, scans it, and then measures, in turns: the one query of counts that the check
pushes down, run alone over a connection of its own; and `rw.check` narrowed to the requirement 2.1.a, with register, connector and
Great Expectations. Writes retention.md beside this file. The floor is the query's time and less than one second.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psycopg
import sqlalchemy as sa
import yaml

from tests.servers import postgres

HERE = Path(__file__).parent
AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
FLOOR, ROUNDS = 1.0, 5
FILL = """
CREATE TABLE orders AS SELECT n AS order_id, 'buyer' || n || '@example.com' AS buyer_email, (n % 900)::text || ' Example Street' AS address,
  CASE WHEN n % 10 < 7 THEN timestamptz '2026-11-20 12:00+00' - (n % 29) * interval '1 day' WHEN n % 10 < 9 THEN NULL
       ELSE timestamptz '2026-11-20 12:00+00' - (31 + n % 300) * interval '1 day' END AS delivered_at,
  to_char(timestamptz '2026-11-20 12:00+00' - (n % 60) * interval '1 day', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS shipped_at
FROM generate_series(1, {rows}) AS n"""


def configured(folder: Path, uri: str) -> Path:
    clocks = {"*orders": {"delivered": "delivered_at", "shipped": "shipped_at"}}
    source = {"name": "shop", "uri": uri, "owner": "bench", "purpose": "measure", "clocks": clocks}
    settings = {"as_of": AS_OF, "sources": [source], "detection": {"ner": False}, "limits": {"statement_timeout": 600.0}}
    file = folder / "ropewalk.yaml"
    file.write_text(yaml.safe_dump(settings))
    return file


def query_of(engine: sa.Engine, personal: list[str]) -> sa.Executable:
    """The query that the check sends."""
    from ropewalk.judging.deadline import Deadline
    from ropewalk.judging.sqlrows import SqlRows

    types = {str(c["name"]): c["type"] for c in sa.inspect(engine).get_columns("orders")}
    return SqlRows(sa.table("orders"), "postgresql", types).retention(personal, "delivered_at", "shipped_at", Deadline.of(AS_OF, 30))


def timed(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


def measure(rows: int) -> str:
    import ropewalk as rw
    from ropewalk.model import Status

    with postgres() as server, tempfile.TemporaryDirectory(prefix="bench-") as name:
        with psycopg.connect(server.admin, autocommit=True) as connection:
            connection.execute("CREATE ROLE shop LOGIN PASSWORD 'bench'")
            connection.execute(FILL.format(rows=rows).encode())
            connection.execute("VACUUM ANALYZE orders")
            connection.execute("GRANT SELECT ON orders TO shop")
            version = connection.execute("SHOW server_version").fetchone()
        config = rw.load_config(configured(Path(name), server.uri("shop", "bench")))
        rw.scan(config)
        engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(server.admin))
        with rw.open_register(config) as register:
            found = register.frame("findings")
            personal = sorted(found[found["strength"] == "direct"]["path"])
            query = query_of(engine, personal)

            def alone() -> None:
                with engine.connect() as connection:
                    connection.execute(query).one()

            def check() -> None:
                (result,) = rw.check(config, register, clauses=["2.1.a"]).results
                assert (result.status, result.details["rows"]) == (Status.FAIL, rows), result.reason

            check()  # loads Great Expectations once
            start = time.process_time()
            pairs = [(timed(alone), timed(check)) for _ in range(ROUNDS)]
            own = (time.process_time() - start) / ROUNDS
        engine.dispose()
    return report(rows, str(version[0]) if version else "", personal, pairs, own)


def report(rows: int, version: str, personal: list[str], pairs: list[tuple[float, float]], own: float) -> str:
    query, check = median(q for q, _ in pairs), median(c for _, c in pairs)
    extra = median(c - q for q, c in pairs)
    lines = [
        "# The retention check of a large table",
        "",
        f"{rows:,} rows in PostgreSQL {version}, personal fields {', '.join(personal)}; both clocks, delivery native and shipment as text.",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of {len(pairs)} rounds, in turns.",
        "",
        "| | seconds |",
        "|---|---|",
        f"| the one query of counts, alone | {query:.2f} |",
        f"| `ropewalk check --clause 2.1.a`, all of it | {check:.2f} |",
        f"| more than the query | {extra:.2f} (floor: less than {FLOOR:g}) |",
        f"| CPU of this process in a round, the server's apart | {own:.2f} |",
        "",
        "Each round (query, check): " + "; ".join(f"{q:.2f}, {c:.2f}" for q, c in pairs) + ".",
        "",
        "The first check of a process loads Great Expectations besides, which takes seconds once.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    text = measure(given.rows)
    (given.out / "retention.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
