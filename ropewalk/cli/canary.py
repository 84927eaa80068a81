"""`ropewalk canary`: registers made-up records, so that a scan tells when one shows up away from home."""

from __future__ import annotations

import getpass
import re
import sys
from typing import Annotated

import typer

from ropewalk.cli.render import Column, Format
from ropewalk.cli.state import FormatOption, state
from ropewalk.errors import ConfigError

canary = typer.Typer(help="Made-up records that must show up nowhere but at home.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the canary is called in alarms; not its value.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(canary, name="canary", rich_help_panel="Watch")


@canary.command("register")
def _register(
    context: typer.Context,
    name: NameArgument,
    home: Annotated[list[str], typer.Option("--home", help="A source where it may be seen; several times.")],
    by: Annotated[str | None, typer.Option("--by", help="Who registers it; else the name of the user who runs this.")] = None,
    show: Annotated[bool, typer.Option("--print", help="Print it for ropewalk.yaml instead of keeping it in the register.")] = False,
) -> None:
    """Register a canary; its value is asked for, or read from standard input, and only a keyed hash of it is kept."""
    run = state(context)
    config = run.config
    from ropewalk.canaries import digest_of, key_file, read_or_make_key

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", name):
        raise ConfigError("not a name", where="NAME", mend="use letters, digits, - _ . ; the name stands in alarms, the value must not")
    for source in home:
        config.source_config(source)
    value = getpass.getpass("Value of the canary: ") if sys.stdin.isatty() else sys.stdin.readline()
    written = digest_of(read_or_make_key(config), value.strip())
    if show:
        run.out.data.file.write(f'canaries:\n  - {{name: {name}, hmac: "{written}", home: [{", ".join(home)}]}}\n')
        return
    run.register.duties.register_canary(name, written, home, by or getpass.getuser())
    run.out.say(f"Registered: {name}, at home in {', '.join(home)}. The next scan looks for it everywhere; its key is in {key_file(config).name}.")


@canary.command("list")
def _list(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Show the canaries and where they were seen away from home."""
    import pandas as pd

    run = state(context)
    from ropewalk.canaries import FACT

    facts = run.register.frame("facts")
    seen = [(str(f["value"]["canary"]), str(f["subject"])) for f in facts[facts["name"] == FACT].to_dict("records") if f["value"]]
    known = [(c.name, list(c.home)) for c in run.config.settings.canaries]
    known += [(name, list(home)) for name, _, home in run.register.duties.canaries()]
    rows = [{"name": name, "home": home, "seen": [s for n, s in seen if n == name]} for name, home in known]
    frame = pd.DataFrame(rows, columns=["name", "home", "seen"])
    columns = (Column("name", ratio=1), Column("home", ratio=1), Column("seen", "seen away from home", ratio=3))
    run.out.show(frame, columns, form, title="Canaries", nothing="No canary is registered: ropewalk canary register NAME --home SOURCE")


@canary.command("remove")
def _remove(context: typer.Context, name: NameArgument) -> None:
    """Take a canary out of the register; scans look for it no more."""
    run = state(context)
    run.register.duties.drop_canary(name)
    run.out.say(f"Removed: {name}.")
