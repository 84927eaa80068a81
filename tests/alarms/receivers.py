"""Real receivers: an HTTP server, an SMTP server with and without TLS, and UDP and TCP sockets."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class Http:
    """Answers `status` to every POST, 0 as something that speaks no HTTP, and keeps what came."""

    url: str = ""
    status: int = 200
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def http() -> Iterator[Http]:
    kept = Http()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append((self.path, dict(self.headers.items()), body))
            if not kept.status:
                self.wfile.write(b"220 mail.example.com ESMTP\r\n")
                return
            self.send_response(kept.status)
            if kept.status in {301, 302, 307}:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/hook/s3cret-path"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Smtp:
    port: int
    mails: list[Mail] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def smtp(certificate: Path | None = None, key: Path | None = None, password: str = "", unknown: str = "") -> Iterator[Smtp]:
    """unknown: a receiver that this server refuses."""
    kept = Smtp(0)

    class Keep:
        async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
            if address == unknown:
                return "550 no such user"
            envelope.rcpt_tos.append(address)
            return "250 known"

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            kept.mails.append(message_from_bytes(envelope.content))
            return "250 kept"

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        kept.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == password, handled=False)

    options: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        options = {"tls_context": context, "require_starttls": True, "authenticator": login, "auth_required": bool(password)}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(Keep(), hostname="127.0.0.1", port=port, **options)
    controller.start()
    kept.port = port
    try:
        yield kept
    finally:
        controller.stop()


@contextmanager
def datagrams() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        yield server


@contextmanager
def stream(tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes], threading.Thread]]:
    """(port, what came, the thread that ends when the client hangs up)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        got: list[bytes] = []

        def read() -> None:
            with suppress(OSError):  # of a client that refuses the certificate
                plain, _ = server.accept()
                with plain, tls.wrap_socket(plain, server_side=True) if tls else plain as client:
                    while part := client.recv(65536):
                        got.append(part)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        yield server.getsockname()[1], got, thread
