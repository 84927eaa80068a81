"""Key stores that the tests start themselves, on free ports of 127.0.0.1."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import _PATH, Certificates, NoServerError, _home, free_port, make_certificates, process

ADMIN = "pw-of-the-admin"


@dataclass(frozen=True)
class RedisServer:
    """TLS on `port`, none on `plain` (0: closed); `socket` is its Unix socket."""

    port: int
    plain: int
    socket: Path
    certificates: Certificates

    def uri(self, user: str, password: str, db: str = "0") -> str:
        return f"rediss://{user}:{password}@localhost:{self.port}/{db}?ssl_ca_certs={self.certificates.ca}"

    def admin(self, db: int = 0) -> Any:
        import redis

        return redis.Redis(unix_socket_path=str(self.socket), password=ADMIN, db=db, protocol=2)


@contextmanager
def redis_server(*more: str, plain: bool = False) -> Iterator[RedisServer]:
    """Redis of Debian (package redis-server) with TLS and a password; `more`: further settings, `plain`: also a port without TLS."""
    program = shutil.which("redis-server", path=_PATH) or shutil.which("valkey-server", path=_PATH)
    if not program:
        raise NoServerError("install the Debian package redis-server")
    with _home("redis") as home:
        certificates, port, open_port = make_certificates(home), free_port(), free_port() if plain else 0
        command = [
            program, "--port", open_port, "--tls-port", port, "--bind", "127.0.0.1", "--dir", home, "--save", "", "--appendonly", "no",
            "--tls-ca-cert-file", certificates.ca, "--tls-cert-file", certificates.cert, "--tls-key-file", certificates.key,
            "--tls-auth-clients", "no", "--unixsocket", home / "s", "--unixsocketperm", "777", "--enable-debug-command", "local",
            "--requirepass", ADMIN, *more,
        ]  # fmt: skip
        server = RedisServer(port, open_port, home / "s", certificates)
        with process(command, home, lambda: _answers(server)):
            yield server


def _answers(server: RedisServer) -> bool:
    import redis

    try:
        with server.admin() as admin:
            return bool(admin.ping())
    except redis.AuthenticationError:  # a server of another password: the test's own settings
        return True
    except redis.RedisError:
        return False
