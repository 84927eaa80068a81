"""`ropewalk alarms`: whether the channels work, and what was said."""

from __future__ import annotations

import typer

from ropewalk.cli.render import Column, Format
from ropewalk.cli.state import FormatOption, State, state
from ropewalk.errors import ConfigError

alarms = typer.Typer(help="Alarms: what changed, said once, to the channels that the configuration names.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(alarms, name="alarms", rich_help_panel="Watch")


def raise_and_tell(run: State) -> None:
    """Raises alarms; a channel that fails is told of and changes no exit code."""
    config, register = run.config, run.register
    from ropewalk.alarms import raise_alarms, told

    raised = raise_alarms(config, register)
    run.out.say(f"{raised.new} new alarms." if raised.new else "No new alarm.", *told(raised.deliveries))
    if raised.new and not config.settings.alarms.channels:
        run.out.say("No channel is configured (docs/tasks/alarms.md); see them with: ropewalk alarms list")


@alarms.command("test")
def _test(context: typer.Context) -> None:
    """Send a test alarm through every channel; exit code 3 if one fails."""
    run = state(context)
    config = run.config
    from ropewalk.alarms import told, try_channels

    if not config.settings.alarms.channels:
        raise ConfigError("no channel is configured", where=str(config.path), mend="name one under alarms.channels (docs/tasks/alarms.md)")
    deliveries = try_channels(config)
    run.out.say(*told(deliveries))
    raise typer.Exit(3 if any(d.error for d in deliveries) else 0)


@alarms.command("list")
def _list(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Show the alarms, newest first, and which channel took them."""
    run = state(context)
    frame = run.register.frame("alarms").iloc[::-1].reset_index(drop=True)
    if form is Format.table and len(frame):
        frame["deliveries"] = [", ".join(f"{k}: {v}" for k, v in d.items()) for d in frame["deliveries"]]
    columns = (Column("at", least=16), Column("severity"), Column("title", ratio=3), Column("deliveries", ratio=1))
    run.out.show(frame, columns, form, title="Alarms", nothing="No alarm was raised yet. `ropewalk check --alarm` raises them.")
