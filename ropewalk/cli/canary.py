"""`ropewalk canary`: makes up and registers records, so that a scan tells when one shows up away from home."""

from __future__ import annotations

import getpass
import re
import sys
from typing import Annotated

import typer

from ropewalk.cli.render import Column, Format
from ropewalk.cli.state import FormatOption, State, state
from ropewalk.errors import ConfigError

canary = typer.Typer(help="Made-up records that must show up nowhere but at home.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the canary is called in alarms; not its value.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(canary, name="canary", rich_help_panel="Watch")


HomeOption = Annotated[list[str], typer.Option("--home", help="A source where it may be seen; several times.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who registers it; else the name of the user who runs this.")]
PrintOption = Annotated[bool, typer.Option("--print", help="Print it for ropewalk.yaml instead of keeping it in the register.")]


@canary.command("plant")
def _plant(
    context: typer.Context,
    name: NameArgument,
    home: HomeOption,
    domain: Annotated[
        str, typer.Option("--domain", help="The domain of its e-mail address; one of your own tells you who writes to it.")
    ] = "example.com",
    by: ByOption = None,
) -> None:
    """Make up a person, register it, and print the record for you to insert at home; it is shown this once, and kept nowhere."""
    run = state(context)
    from ropewalk.canaries import made_up

    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?", domain):
        raise ConfigError("not a domain", where="--domain", mend="write it as example.com")
    record = made_up(domain)
    _keep(run, {f"{name}-{part}": value for part, value in record.items()}, home, by)
    for part, value in record.items():
        run.out.data.file.write(f"{part}: {value}\n")
    run.out.say(
        f"Registered as {', '.join(f'{name}-{part}' for part in record)}.",
        f"Insert this record into {' and '.join(home)} now, as one more buyer: Ropewalk writes into no store, and cannot show it again.",
    )


@canary.command("register")
def _register(context: typer.Context, name: NameArgument, home: HomeOption, by: ByOption = None, show: PrintOption = False) -> None:
    """Register a canary; its value is asked for, or read from standard input, and only a keyed hash of it is kept."""
    run = state(context)
    from ropewalk.canaries import key_file

    value = getpass.getpass("Value of the canary: ") if sys.stdin.isatty() else sys.stdin.readline()
    written = _keep(run, {name: value.strip()}, home, by, register=not show)[name]
    if show:
        run.out.data.file.write(f'canaries:\n  - {{name: {name}, hmac: "{written}", home: [{", ".join(home)}]}}\n')
        return
    where = f"its key is in {key_file(run.config)}" if key_file(run.config).exists() else "its key is in the environment"
    run.out.say(f"Registered: {name}, at home in {', '.join(home)}. The next scan looks for it everywhere; {where}.")


def _keep(run: State, values: dict[str, str], home: list[str], by: str | None, *, register: bool = True) -> dict[str, str]:
    """Registers values by name; returns what is kept of each. Raises ConfigError, RegisterError."""
    config = run.config
    from ropewalk.canaries import digest_of, read_or_make_key

    for name in values:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", name):
            raise ConfigError("not a name", where="NAME", mend="use letters, digits, - _ . ; the name stands in alarms, the value must not")
    for source in home:
        config.source_config(source)
    known = {c.name for c in config.settings.canaries}
    if taken := [n for n in values if n in known]:
        raise ConfigError(f"ropewalk.yaml has a canary {taken[0]}", where="NAME", mend="give this one another name")
    key = read_or_make_key(config)
    kept = {name: digest_of(key, value) for name, value in values.items()}
    if register:
        for name, written in kept.items():
            run.register.duties.register_canary(name, written, home, by or getpass.getuser())
    return kept


@canary.command("list")
def _list(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Show the canaries and where they were seen away from home."""
    run = state(context)
    from ropewalk.views import watch

    known = [(c.name, list(c.home)) for c in run.config.settings.canaries]
    known += [(name, list(home)) for name, _, home in run.register.duties.canaries()]
    frame = watch.canaries(known, run.register.frame("facts"))
    columns = (Column("name", ratio=1), Column("home", ratio=1), Column("seen", "seen away from home", ratio=3))
    run.out.show(frame, columns, form, title="Canaries", nothing="No canary is registered: ropewalk canary plant NAME --home SOURCE")
    if form is Format.table and len(frame):
        run.out.say("Looked for in what the last scans read; `ropewalk scan --exhaustive` reads every row.")


@canary.command("remove")
def _remove(context: typer.Context, name: NameArgument) -> None:
    """Take a canary out of the register; scans look for it no more."""
    run = state(context)
    run.register.duties.drop_canary(name)
    run.out.say(f"Removed: {name}.")
