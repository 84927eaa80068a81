"""A big PostgreSQL table, profiled by a real scan beside plain COPYs of a sample: `python -m benchmarks.postgresql [--rows N] [--table FILE]`.

Starts a server of its own, fills it, and prints JSON. Two yardsticks, both `COPY (…) TO STDOUT` of all columns, read by a client
that throws the lines away: `copy_bernoulli`, a Bernoulli sample of the scan's size, which is how a person would draw one;
`copy_all`, the whole table. The table is made of the Parquet file's rows, repeated with new order ids until there are enough.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
from psycopg import sql

from benchmarks.scanning import cpu
from tests.servers import postgres

RUNS = 3
ROOT = Path(__file__).parent.parent
TYPES = {"string": "text", "large_string": "text", "int64": "bigint", "int32": "integer", "double": "double precision", "bool": "boolean"}


def filled(admin: str, file: Path, rows: int) -> list[str]:
    """Makes table `orders` of so many rows; its columns' names."""
    parquet = pq.ParquetFile(file)
    names, kinds = list(parquet.schema_arrow.names), [TYPES.get(str(t), "text") for t in parquet.schema_arrow.types]
    quoted = sql.SQL(", ").join(map(sql.Identifier, names))
    columns = sql.SQL(", ").join(sql.SQL("{} " + k).format(sql.Identifier(n)) for n, k in zip(names, kinds, strict=True))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE UNLOGGED TABLE orders ({})").format(columns))
        base = 0
        with connection.cursor().copy(sql.SQL("COPY orders ({}) FROM STDIN").format(quoted)) as copy:
            for batch in parquet.iter_batches(20_000):
                for row in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                    if base < rows:
                        copy.write_row(row)
                        base += 1
        fresh = sql.SQL(", ").join(
            sql.SQL("left({0}, 4) || substr(md5({0} || %s), 1, 7) || right({0}, 8)").format(sql.Identifier(n))
            if n == "order_id"
            else sql.Identifier(n)
            for n in names
        )
        done, turn = base, 0
        while done < rows:
            turn += 1
            part = min(base, rows - done)
            more = sql.SQL("INSERT INTO orders SELECT {} FROM orders LIMIT {}").format(fresh, sql.Literal(part))
            connection.execute(more, (str(turn),))
            done += part
        connection.execute("VACUUM ANALYZE orders")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'bench'")
        connection.execute("GRANT SELECT ON orders TO reader")
    return names


def copied(uri: str, query: str, server: int) -> dict[str, float]:
    """One COPY over the scan's own kind of connection: seconds by the clock, CPU of client and server, lines."""
    start, before, wall, lines = cpu(), cpu(server), time.monotonic(), 0
    with psycopg.connect(uri) as connection, connection.cursor().copy(f"COPY ({query}) TO STDOUT") as copy:  # type: ignore[arg-type]
        for block in copy:
            lines += bytes(block).count(b"\n")
    return {
        "wall": round(time.monotonic() - wall, 3), "seconds": round(cpu() - start, 3), "server": round(cpu(server) - before, 2), "rows": lines,
    }  # fmt: skip


def middle(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The run of the middle, by the clock."""
    return sorted(runs, key=lambda r: float(r["wall"]))[len(runs) // 2]


def scan(uri: str, server: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scanning", uri, "--server", str(server)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(done.stderr[-400:])
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def measured(file: Path, rows: int) -> dict[str, Any]:
    """Of each thing the run of the middle of `RUNS`: all are short, and a server writes and cleans when it likes."""
    with postgres() as server:
        names = filled(server.admin, file, rows)
        with psycopg.connect(server.admin) as connection:
            found = connection.execute("SELECT current_setting('data_directory'), pg_relation_size('orders'), version()").fetchone()
        assert found is not None
        pid = int((Path(found[0]) / "postmaster.pid").read_text().split()[0])
        uri = server.uri("reader", "bench")
        copied(uri, "SELECT * FROM orders WHERE false", pid)
        scans = [scan(uri, pid) for _ in range(RUNS)]
        columns = ", ".join(f'"{n}"' for n in names)
        share = 100 * scans[0]["rows"] / rows
        some = f"SELECT {columns} FROM orders TABLESAMPLE BERNOULLI ({share:.6f})"  # noqa: S608
        return {
            "rows": rows, "bytes": found[1], "version": found[2].split(" on ")[0], "scan": middle(scans),
            "copy_bernoulli": middle([copied(uri, some, pid) for _ in range(RUNS)]),
            "copy_all": copied(uri, f"SELECT {columns} FROM orders", pid),  # noqa: S608
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--table", type=Path, required=True, help="a Parquet file of orders")
    given = parser.parse_args()
    print(json.dumps(measured(given.table.resolve(), given.rows)))


if __name__ == "__main__":
    main()
