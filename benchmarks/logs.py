"""Invented logs of a shop for the benchmarks: JSON lines and nginx's combined format, one line in 200 with personal data."""

from __future__ import annotations

import json
import random
from pathlib import Path

_PATHS = ("/api/v1/orders", "/cart", "/checkout", "/api/v1/items", "/health", "/search", "/login", "/static/app.js")
_WORDS = ("request completed", "cache miss", "query slow", "payment authorised", "retrying upstream", "job finished", "session refreshed")
_SERVICES = ("orders", "cart", "auth", "search", "payments", "notify")
_AGENTS = tuple(f"Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0" for v in range(90, 140))


def write(folder: Path, megabytes: int, *, seed: int = 7) -> None:
    """`app/app.jsonl` and `web/access.log` in `folder`, of so many megabytes each."""
    draw = random.Random(seed)  # noqa: S311
    for name, line in (("app/app.jsonl", _json), ("web/access.log", _access)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        size = number = 0
        with file.open("w", encoding="utf-8") as out:
            while size < megabytes * 1_000_000:
                text = line(draw, number)
                size, number = size + len(text), number + 1
                out.write(text)


def _who(draw: random.Random) -> str:
    return f"ann{draw.randrange(10**6)}@example.com"


def _json(draw: random.Random, number: int) -> str:
    record = {
        "ts": f"2026-01-{1 + number // 86_400_0 % 28:02}T{number // 36_000 % 24:02}:{number // 600 % 60:02}:{number // 10 % 60:02}.{number % 10}00Z",
        "level": draw.choices(["INFO", "DEBUG", "WARN", "ERROR"], [80, 12, 6, 2])[0], "service": draw.choice(_SERVICES),
        "host": f"node-{draw.randrange(8)}-{draw.randrange(256)}", "trace_id": f"{draw.getrandbits(128):032x}", "span": draw.randrange(1 << 40),
        "path": draw.choice(_PATHS), "status": draw.choice([200, 200, 204, 301, 404, 500]), "latency_ms": round(draw.random() * 300, 2),
        "msg": f"login failed for {_who(draw)}" if draw.random() < 0.005 else draw.choice(_WORDS),
    }  # fmt: skip
    return json.dumps(record) + "\n"


def _access(draw: random.Random, number: int) -> str:
    path = draw.choice(_PATHS) + (f"/{draw.randrange(10**6)}" if draw.random() < 0.3 else "")
    if draw.random() < 0.005:
        path = f"/reset?email={_who(draw)}&name=Ann+Example"
    when = f"{1 + number // 864_000 % 28:02}/Jan/2026:{number // 36_000 % 24:02}:{number // 600 % 60:02}:{number // 10 % 60:02} +0000"
    status, size = draw.choice([200, 200, 304, 404]), draw.randrange(50_000)
    return f'10.0.{draw.randrange(8)}.{draw.randrange(256)} - - [{when}] "GET {path} HTTP/1.1" {status} {size} "-" "{draw.choice(_AGENTS)}"\n'
