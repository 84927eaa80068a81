"""Nothing leaves the machine: scan, check and the pages run where every look-up and connection elsewhere raises and is written down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(600)

# Loaded by every Python process below this folder's PYTHONPATH, worker processes included.
GUARD = """
import os, socket, sys

def _elsewhere(address):
    host = address[0] if isinstance(address, tuple) else ""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    return bool(host) and host != "localhost" and not host.startswith("127.") and host != "::1"

def _guard(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.bind") and isinstance(arguments[1], tuple):
        guilty = event != "socket.bind" and _elsewhere(arguments[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        guilty = _elsewhere((arguments[0] or "",))
    else:
        return
    if guilty:
        with open(os.environ["GUARD_BOOK"], "a") as book:
            book.write(event + " " + str(arguments[1:] if event == "socket.connect" else arguments[:1]) + "\\n")
        raise PermissionError("the network is closed in this test")

sys.addaudithook(_guard)
"""

WORK = """
import importlib, pkgutil, sys
import ropewalk as rw
config = rw.load_config(sys.argv[1])
register = rw.open_register(config)
rw.scan(config, register, as_of=config.as_of)
rw.check(config, register, as_of=config.as_of)
assert len(register.frame("findings")) > 20
assert len(register.frame("results")) > 10
import ropewalk.pages, ropewalk.exporters
for package in (ropewalk.pages, ropewalk.exporters):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print("done")
"""


def guarded(folder: Path, code: str, *arguments: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Runs Python code behind the guard; returns what it said and what the guard wrote down."""
    guard, book = folder / "guard", folder / "book.txt"
    guard.mkdir(exist_ok=True)
    (guard / "sitecustomize.py").write_text(GUARD)
    environment = {**os.environ, "PYTHONPATH": str(guard), "GUARD_BOOK": str(book)}
    done = subprocess.run([sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, timeout=550)
    return done, book.read_text() if book.exists() else ""


def test_the_guard_guards(tmp_path: Path) -> None:
    done, book = guarded(tmp_path, "import urllib.request; urllib.request.urlopen('http://example.com/')")
    assert done.returncode != 0
    assert "example.com" in book


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_guard_guards_children(tmp_path: Path, method: str) -> None:
    code = f"""
import multiprocessing, socket
if __name__ == "__main__":
    child = multiprocessing.get_context({method!r}).Process(target=socket.gethostbyname, args=("example.org",))
    child.start(); child.join(); raise SystemExit(child.exitcode)
"""
    script = tmp_path / "children.py"
    script.write_text(code)
    done, book = guarded(tmp_path, f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')")
    assert done.returncode != 0
    assert "example.org" in book


def test_nothing_leaves_the_machine(tmp_path: Path, company: Path) -> None:
    script = tmp_path / "work.py"
    script.write_text(WORK)
    done, book = guarded(tmp_path, f"import runpy, sys; sys.argv = [sys.argv[0], sys.argv[1]]; runpy.run_path({str(script)!r})", str(company))
    assert book == ""
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip().endswith("done")
