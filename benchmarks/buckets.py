"""A bucket of many small objects, listed and profiled by a real scan: `python -m benchmarks.buckets [--objects N] [--out FILE]`.

Starts an S3 server (SeaweedFS) of its own, fills it with objects of a few shapes as a seller would keep them, scans it as a user
would, twice (the second scan finds nothing changed), and writes a Markdown table. Read as `ropewalk scan` reads: nothing is left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.object_servers import S3Server, seaweed

ROOT = Path(__file__).parent.parent
BUCKET = "seller"
SHARES = {"orders": 0.55, "labels": 0.2, "events": 0.15, "reports": 0.09, "odd": 0.01}
_WRITERS, _THREADS = 4, 4


def shape_of(number: int) -> str:
    """Which shape the object with this number has: the same each time."""
    at, up = random.Random(number).random(), 0.0  # noqa: S311 - invented data
    for name, share in SHARES.items():
        up += share
        if at < up:
            return name
    return "odd"


def made(number: int) -> tuple[str, bytes]:
    """Key and content of an object."""
    draw = random.Random(number)  # noqa: S311 - invented data
    day = f"2026-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    order = f"{draw.randint(100, 999)}-{draw.randint(1000000, 9999999)}-{draw.randint(1000000, 9999999)}"
    mail = f"buyer{draw.randint(1, 10**6)}@example.com"
    shape = shape_of(number)
    if shape == "orders":
        record = {"AmazonOrderId": order, "BuyerInfo": {"BuyerEmail": mail, "BuyerName": "Ann Lee"}, "OrderStatus": "Shipped", "PurchaseDate": day}
        return f"orders/{day}/{order}.json", json.dumps(record).encode()
    if shape == "labels":
        return (
            f"labels/{day}/label-{number:07}.txt",
            f"Ship to: Ann Lee, {draw.randint(1, 99)} Sample Street, 12345 Springfield\nOrder {order}\n".encode(),
        )
    if shape == "events":
        lines = [json.dumps({"at": f"{day}T00:00:{n:02}Z", "sku": f"SKU-{draw.randint(1, 999)}", "quantity": n}) for n in range(20)]
        return f"events/dt={day}/part-{number:07}.jsonl.gz", gzip.compress("\n".join(lines).encode(), 1)
    if shape == "reports":
        rows = "".join(f"{order},{mail},{draw.randint(1, 500)}.00\n" for _ in range(30))
        return f"reports/{day[:7]}/report_{number:07}.csv", f"order-id,buyer-email,item-price\n{rows}".encode()
    return f"misc/{''.join(draw.choices('abcdefghij', k=8))}/notes.txt", f"call {mail} back\n".encode()


def _put(given: tuple[dict[str, Any], range]) -> int:
    storage, numbers = given
    s3 = S3Server(storage["endpoint_url"], storage).client()

    def put(number: int) -> None:
        key, body = made(number)
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    with ThreadPoolExecutor(_THREADS) as pool:
        return len(list(pool.map(put, numbers)))


def filled(server: S3Server, objects: int) -> float:
    """Seconds that parallel writers took."""
    server.client().create_bucket(Bucket=BUCKET)
    start, step = time.monotonic(), 1000
    parts = [(server.storage, range(n, min(n + step, objects))) for n in range(0, objects, step)]
    with ProcessPoolExecutor(_WRITERS) as pool:
        assert sum(pool.map(_put, parts)) == objects
    return time.monotonic() - start


def listed(server: S3Server) -> tuple[float, int]:
    """Seconds of a bare listing by boto3, and how many objects there are: the yardstick."""
    start = time.monotonic()
    found = sum(len(p.get("Contents", ())) for p in server.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET))
    return time.monotonic() - start, found


def scanned(server: S3Server, folder: Path) -> Iterator[dict[str, Any]]:
    """Two scans after each other, with the same register, each in a process of its own."""
    source = {"name": "lake", "uri": f"s3://{BUCKET}", "owner": "bench", "purpose": "measure", "options": {"storage": server.storage}}
    (folder / "ropewalk.yaml").write_text(json.dumps({"version": 1, "company": "Bench", "workers": 1, "sources": [source]}))
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.buckets", "--scan", str(folder / "ropewalk.yaml")],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        if done.returncode:
            raise SystemExit(done.stderr[-4000:])
        yield json.loads(done.stdout.strip().splitlines()[-1])


def counted(config: Path) -> dict[str, Any]:
    """One scan in this process, with what it asked of the server: pages of the listing, objects opened, bytes that objects gave."""
    import ropewalk as rw
    from ropewalk.reading.objects import Entry, Objects

    calls: Counter[str] = Counter()
    opened: set[str] = set()
    old_raw, old_list = Objects.raw, Objects.list

    def raw(self: Objects, entry: Entry) -> Any:
        calls["opened"] += 1
        calls["bytes"] += 0 if entry.key in opened else entry.size
        opened.add(entry.key)
        return old_raw(self, entry)

    def listing(self: Objects) -> Any:
        calls["listings"] += 1
        return old_list(self)

    Objects.raw, Objects.list = raw, listing  # type: ignore[method-assign]
    start = time.monotonic()
    report = rw.scan(config)
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "wall": time.monotonic() - start, "cpu": sum(u.ru_utime + u.ru_stime for u in uses), "peak_mib": max(u.ru_maxrss for u in uses) // 1024,
        "datasets": report.units, "unchanged": report.unchanged, "fields": report.fields, "personal": report.personal, "rows": report.rows,
        "status": report.status, "skipped": len(report.skipped), "objects": len(opened), **calls,
    }  # fmt: skip


def page(objects: int, filling: float, listing: float, scans: list[dict[str, Any]]) -> str:
    """The Markdown page."""
    names = {
        "wall": "seconds", "cpu": "CPU seconds", "peak_mib": "peak memory, MiB", "listings": "listings of the bucket", "objects": "objects read",
        "opened": "times an object was opened", "bytes": "bytes of those objects", "datasets": "datasets", "unchanged": "of them unchanged, not read",
        "fields": "fields", "personal": "personal fields", "rows": "rows looked at", "skipped": "named as not looked at", "status": "status",
    }  # fmt: skip

    def cell(value: Any) -> str:
        return f"{value:.1f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)

    lines = [f"| {words} | {' | '.join(cell(s.get(name, 0)) for s in scans)} |" for name, words in names.items()]
    shares = ", ".join(f"{share:.0%} {name}" for name, share in SHARES.items())
    return f"""\
# A bucket of {objects:,} objects

Written by `python -m benchmarks.buckets`; an S3 server (SeaweedFS) on the same machine, {os.cpu_count()} cores, one worker.
The objects: {shares} (`odd`: each in a folder of its own name, so that no pattern joins them).
{_WRITERS * _THREADS} writers took {filling:.0f} s; a bare listing by boto3 takes {listing:.1f} s.

| | first scan | second scan, nothing changed |
|---|--:|--:|
{chr(10).join(lines)}

Seconds are those of the whole scan: listing, facts, drawing, judging, register. Loading the models is in them. The server's own work runs
on the same cores.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("buckets.md"))
    parser.add_argument("--scan", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.scan:
        print(json.dumps(counted(given.scan)))
        return
    with seaweed() as server, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        filling = filled(server, given.objects)
        listing, found = listed(server)
        if found != given.objects:
            raise SystemExit(f"{found} of {given.objects} objects are there")
        given.out.write_text(page(given.objects, filling, listing, list(scanned(server, Path(folder)))), encoding="utf-8")
    print(given.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
