"""`ropewalk app` and `ropewalk demo`: the dashboard, and the sample company to try everything on."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ropewalk.cli.state import State, state
from ropewalk.errors import ConfigError, PluginError, RopewalkError

PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")]
ADDRESS = "127.0.0.1"


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


def free_port(wanted: int) -> int:
    """`wanted`, or a free port for 0. Raises ConfigError where it is taken."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, wanted))
        except OSError:
            raise ConfigError(f"port {wanted} is taken", where="--port", mend="name another one, or 0 for any that is free") from None
        return int(probe.getsockname()[1])


def command(port: int) -> list[str]:
    """How the dashboard is run: on this machine only, with no browser opened and no usage statistics sent."""
    settings = {
        "server.headless": "true",
        "server.address": ADDRESS,
        "server.port": str(port),
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "theme.light.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#56B4E9",
    }
    flags = [f"--{k}={v}" for k, v in settings.items()]
    return [sys.executable, "-m", "streamlit", "run", str(entry()), *flags]


def environment(config: Path) -> Mapping[str, str]:
    return {**os.environ, "ROPEWALK_CONFIG": str(config)}


def serve(run: State, port: int) -> None:
    """Serves until the process is stopped, and takes the dashboard with it; says the address once it answers."""
    port = free_port(port)
    config = run.config.path
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with subprocess.Popen(command(port), env=environment(config), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as dashboard:
        try:
            if _answers(dashboard, port):
                run.out.say(f"The dashboard is at http://{ADDRESS}:{port} (stop it with Ctrl+C)", style="bold")
            code = dashboard.wait()
        except KeyboardInterrupt:
            code = 0
        finally:
            dashboard.terminate()
    if code:
        mend = f"see why: {' '.join(command(port)[1:4])}"
        raise RopewalkError(f"the dashboard ended by itself (exit code {code})", where=str(entry()), mend=mend)


def _answers(dashboard: subprocess.Popen[bytes], port: int) -> bool:
    """Waits until the server listens; False where it ended instead."""
    while dashboard.poll() is None:
        with contextlib.closing(socket.socket()) as probe:
            probe.settimeout(1)
            if probe.connect_ex((ADDRESS, port)) == 0:
                return True
        time.sleep(0.1)
    return False


def _app(context: typer.Context, port: PortOption = 8501) -> None:
    """Serve the dashboard on this machine."""
    serve(state(context), port)


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
