"""A shop in a folder, read by a connector and a judge that are loaded as a user's own."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from quick_judge import quick

import ropewalk as rw
from ropewalk.config import Config, load
from ropewalk.register import Register, open_register
from ropewalk.scan import ScanReport

EXTENSIONS = Path(__file__).parent / "extensions" / "scanners"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLUSTER = textwrap.dedent("""
    import sys
    from distributed import LocalCluster
    from distributed.security import Security
    if __name__ == "__main__":
        ca, cert, key = sys.argv[1:]
        files = {f"tls_{who}_{what}": file for who in ("client", "scheduler", "worker") for what, file in (("cert", cert), ("key", key))}
        tls = Security(tls_ca_file=ca, require_encryption=True, **files)
        cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="tls://127.0.0.1", security=tls)
        print(cluster.scheduler_address, *(w.pid for w in cluster.workers.values()), flush=True)
        sys.stdin.read()
""")


class Shop:
    """A folder source with its configuration and register."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.data.mkdir(parents=True)
        self.configure()

    def configure(self, *, sources: str = "", **settings: object) -> None:
        lines = [f"{k}: {v}" for k, v in {"limits": "{retries: 0}", "workers": 1, **settings}.items()]
        own = f"- {{name: shop, uri: 'folder://{self.data}', owner: me, purpose: tests}}"
        text = "\n".join([f"scanners: [{EXTENSIONS}]", *lines, "sources:", own, sources])
        (self.folder / "ropewalk.yaml").write_text(text)

    def write(self, name: str, *rows: str, head: str = "name,mail", order: str = "") -> None:
        (self.data / name).write_text("\n".join([*([order] if order else []), head, *rows]) + "\n")

    @property
    def config(self) -> Config:
        return load(self.folder)

    @property
    def register(self) -> Register:
        return open_register(self.config)

    def scan(self, **options: Any) -> ScanReport:
        return rw.scan(self.config, **{"judge": quick, "as_of": AT, **options})

    def fields(self, frame: str = "findings") -> list[str]:
        with self.register as register:
            return sorted(register.frame(frame)["field"])

    def units(self) -> dict[str, str]:
        with self.register as register:
            last = register.frame("scans")["scan_id"].iloc[-1]
            units = register.frame("units")
            return {r.dataset: r.status for r in units[units["scan_id"] == last].itertuples()}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write("a.csv", "Ann,ann@example.com", "Bo,")
    made.write("b.csv", "1,2", head="x,y")
    return made
