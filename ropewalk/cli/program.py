"""`ropewalk`: global options, the groups of commands, and how an error is told.

Exit codes: 0 clean; 1 a control failed or the record drifts; 2 the user's error; 3 incomplete (or the program's own error);
141 whoever read the output closed it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ropewalk import __version__
from ropewalk.cli import (
    alarming,
    attesting,
    canary,
    checking,
    excepting,
    exporting,
    finding,
    inventory,
    policies,
    recording,
    scanning,
    scheduling,
    serving,
    stores,
    tagging,
    verifying,
)
from ropewalk.cli.render import Out
from ropewalk.cli.state import State
from ropewalk.errors import RopewalkError

INTERRUPTED = 130
PIPE_CLOSED = 141
"""128 and the number of SIGPIPE: whoever read the output (`| head`) has gone."""
_GLOBAL = {"--no-color": 0, "--debug": 0, "--config": 1, "-c": 1}

app = typer.Typer(
    name="ropewalk",
    help="Finds personal data in your stores, checks it against the Data Protection Policy, and keeps the record of processing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 clean, 1 a control failed, 2 your error, 3 incomplete. Start with: ropewalk demo",
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"ropewalk {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="The configuration; else ropewalk.yaml in this folder.")] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours (NO_COLOR is obeyed too).")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the program an unexpected error arose.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    context.obj = State(config, debug, Out(no_color))


for group in (
    scanning,
    finding,
    checking,
    recording,
    stores,
    attesting,
    excepting,
    inventory,
    verifying,
    exporting,
    tagging,
    policies,
    scheduling,
    alarming,
    canary,
    serving,
):
    group.add_to(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point. Exits; never shows a traceback unless `--debug` asks for one, and never a value."""
    try:
        try:
            _run(_globals_first(list(sys.argv[1:] if arguments is None else arguments)))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _leave_quietly()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # Rich and Typer end with 1, which would say that a control failed
            _leave_quietly()
        raise


def _run(args: list[str]) -> None:
    signal.signal(signal.SIGTERM, _stop)
    try:
        app(args=args, prog_name="ropewalk")
    except RopewalkError as error:
        Out("--no-color" in args).problem(error)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            Out("--no-color" in args).say("Stopped. The same command goes on where it was.")
            sys.exit(3)
        raise
    except Exception as error:
        _unexpected(error, "--debug" in args, Out("--no-color" in args))
        sys.exit(3)


def _leave_quietly() -> NoReturn:
    """Nobody reads on: what is still in the buffers goes nowhere, without a word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    sys.exit(PIPE_CLOSED)


def _stop(number: int, frame: object) -> None:
    """`kill`, `docker stop` and a machine that shuts down end a command as Ctrl+C does: with its words, and ready to go on."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _globals_first(args: list[str]) -> list[str]:
    """Global options may stand anywhere: `ropewalk scan --config x` is what people write."""
    first, rest = [], []
    while args:
        arg = args.pop(0)
        if arg == "--":
            rest += [arg, *args]
            break
        if arg in _GLOBAL:
            first += [arg, *args[: _GLOBAL[arg]]]
            del args[: _GLOBAL[arg]]
        elif arg.startswith("--config="):
            first.append(arg)
        else:
            rest.append(arg)
    return first + rest


def _unexpected(error: Exception, debug: bool, out: Out) -> None:
    """The class and the place, never the message: a driver's or parser's message may quote a value."""
    import traceback

    out.say(f"error: unexpected {type(error).__name__}. This is a fault of ropewalk, not yours.", style="bold red")
    if not debug:
        out.say("  mend:  run the command again with --debug and report what it prints; it holds no values")
        return
    for frame in traceback.extract_tb(error.__traceback__):
        out.say(f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}")
