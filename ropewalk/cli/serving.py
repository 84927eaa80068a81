"""`ropewalk app` and `ropewalk demo`: the dashboard, and the sample company to try everything on."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from ropewalk.cli.state import State, state
from ropewalk.errors import ConfigError, PluginError, RopewalkError

PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")]
AddressOption = Annotated[str, typer.Option("--address", help="The IP address to listen at; 127.0.0.1 is this machine only.")]
LoginOption = Annotated[bool, typer.Option("--behind-login", help="Something in front asks for a login: needed where others reach the address.")]
NameOption = Annotated[str, typer.Option("--public-name", help="The host name under which a proxy shows it, as ropewalk.example.com.")]
ADDRESS = "127.0.0.1"
START = "from streamlit import net_util; net_util.get_external_ip = lambda: None; from streamlit.web.cli import main; main()"
"""Streamlit, which would ask a server on the internet for this machine's address when a browser comes from a page elsewhere."""


def add_to(app: typer.Typer) -> None:
    app.command("app", rich_help_panel="See")(_app)
    app.command("demo", rich_help_panel="See")(_demo)


def entry() -> Path:
    """The dashboard's entry script: inside the wheel, or beside the package in a checkout. Raises PluginError."""
    from ropewalk.plugins import PACKAGE

    for path in (PACKAGE / "_builtin" / "app.py", PACKAGE.parent / "app.py"):
        if path.is_file():
            return path
    raise PluginError("the dashboard is missing", where=str(PACKAGE), mend="install ropewalk again")


def checked(address: str, behind_login: bool) -> str:
    """The address, where nobody else reaches it or somebody asks them who they are: the dashboard has no login. Raises ConfigError."""
    try:
        alone = ip_address(address).is_loopback
    except ValueError:
        raise ConfigError("not an IP address", where="--address", mend="write 127.0.0.1, 0.0.0.0 (all of this machine) or one of its own") from None
    if not alone and not behind_login:
        mend = "leave --address out, or put a proxy that asks for a login before it and say --behind-login (docs/tasks/dashboard.md)"
        raise ConfigError("the dashboard has no login: whoever reaches this address would see it", where="--address", mend=mend)
    return address


def free_port(wanted: int, address: str = ADDRESS) -> int:
    """`wanted`, or a free port for 0. Raises ConfigError where it is taken."""
    with contextlib.closing(socket.socket(_family(address))) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, wanted))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise ConfigError("this machine does not have this address", where="--address", mend="name one of its own, or 0.0.0.0") from None
            raise ConfigError(f"port {wanted} is taken", where="--port", mend="name another one, or 0 for any that is free") from None
        return int(probe.getsockname()[1])


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def command(port: int, address: str = ADDRESS, public_name: str = "") -> list[str]:
    """How the dashboard is run: with no browser opened and no usage statistics sent; by default on this machine only."""
    settings = {
        "server.headless": "true",
        "server.address": address,
        "server.port": str(port),
        **({"browser.serverAddress": public_name} if public_name else {}),
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "theme.light.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#56B4E9",
    }
    flags = [f"--{k}={v}" for k, v in settings.items()]
    return [sys.executable, "-c", START, "run", str(entry()), *flags]


def environment(config: Path) -> Mapping[str, str]:
    return {**os.environ, "ROPEWALK_CONFIG": str(config)}


def serve(run: State, port: int, address: str = ADDRESS, public_name: str = "") -> None:
    """Serves until the process is stopped, and takes the dashboard with it; says the address once it answers."""
    port = free_port(port, address)
    shown = f"[{address}]" if ":" in address else address
    config = run.config.path
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with subprocess.Popen(
        command(port, address, public_name), env=environment(config), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as dashboard:
        try:
            if _answers(dashboard, port, address):
                run.out.say(f"The dashboard is at http://{shown}:{port} (stop it with Ctrl+C)", style="bold")
            code = dashboard.wait()
        except KeyboardInterrupt:
            code = 0
        finally:
            dashboard.terminate()
    if code:
        mend = f"see why: {Path(sys.executable).name} -m streamlit run {entry()}"
        raise RopewalkError(f"the dashboard ended by itself (exit code {code})", where=str(entry()), mend=mend)


def _answers(dashboard: subprocess.Popen[bytes], port: int, address: str) -> bool:
    """Waits until the server listens; False where it ended instead."""
    here = {"0.0.0.0": ADDRESS, "::": "::1"}.get(address, address)  # noqa: S104 - only compared with
    while dashboard.poll() is None:
        with contextlib.closing(socket.socket(_family(here))) as probe:
            probe.settimeout(1)
            if probe.connect_ex((here, port)) == 0:
                return True
        time.sleep(0.1)
    return False


def _app(
    context: typer.Context, port: PortOption = 8501, address: AddressOption = ADDRESS, behind_login: LoginOption = False, public_name: NameOption = ""
) -> None:
    """Serve the dashboard; on this machine only, unless a proxy that asks for a login stands before it."""
    if public_name and not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", public_name):
        raise ConfigError("not a host name", where="--public-name", mend="write it without https:// and path, as ropewalk.example.com")
    serve(state(context), port, checked(address, behind_login), public_name)


def _program() -> str:
    """How this program is called here: by its name where the shell finds it, else by its path (`.venv/bin/ropewalk`)."""
    found, own = shutil.which("ropewalk"), Path(sys.argv[0])
    if (found and Path(found).resolve() == own.resolve()) or not own.is_file():
        return "ropewalk"
    return os.path.relpath(own) if own.is_relative_to(Path.cwd()) or not own.is_absolute() else str(own)


def _demo(
    context: typer.Context,
    serve_it: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the dashboard afterwards.")] = True,
    folder: Annotated[Path, typer.Option("--dir", help="Where the sample company is put.")] = Path("ropewalk-demo"),
    port: PortOption = 8501,
) -> None:
    """Scan and check a sample company, and show its posture. The sample breaks the policy on purpose."""
    from ropewalk import demo
    from ropewalk.cli.checking import check_and_show
    from ropewalk.cli.render import Format
    from ropewalk.cli.scanning import scan_and_tell

    run = state(context)
    config = demo.place(folder)
    run = State(config, run.debug, run.out)
    run.out.say(f"Sample company in {folder}: invented data, planted faults, a frozen clock.")
    scan_and_tell(run)
    check_and_show(run, Format.table, brief=True)
    run.out.say("This is a sample: its failures are planted. Look further:")
    run.out.say(*(f"  {_program()} --config {folder} {words}" for words in ("findings --explain", "check --clause 2.1", "ropa", "ropa drift")))
    if serve_it:
        serve(run, port)
