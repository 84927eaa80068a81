"""`ropewalk verify`: whether the evidence chain holds."""

from __future__ import annotations

from typing import Annotated

import typer

from ropewalk.cli.render import clean
from ropewalk.cli.state import state
from ropewalk.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    app.command("verify", rich_help_panel="Judge")(_verify)


def _verify(
    context: typer.Context,
    noted: Annotated[list[str] | None, typer.Option("--noted", help="A head from an earlier export, as ENTRY:HASH; several times.")] = None,
) -> None:
    """Recompute the evidence chain; exit code 1 if an entry was changed, removed, moved or cut off."""
    run = state(context)
    config, register = run.config, run.register
    from ropewalk.evidence import verify_configured

    found = verify_configured(config, register, anchors=dict(_noted(n) for n in noted or ()))
    for problem in found.problems:
        run.out.data.file.write(f"{clean(problem.words)}\n")
    signed = {None: "", True: " Its head is signed.", False: " Its head is not signed with your key."}[found.signed]
    if not found.ok:
        found.demand(where=register.where)
    if not found.entries:
        run.out.say("The evidence chain is empty: nothing was checked or attested yet.")
        return
    run.out.data.file.write(f"{found.entries}:{found.head}\n")
    run.out.say(f"The evidence chain holds: {found.entries} entries; above stands its head.{signed}")
    if not noted:
        run.out.say("Who can write the register could write a whole new chain: note this head elsewhere (every export does), or sign it.")


def _noted(text: str) -> tuple[int, str]:
    entry, _, head = text.partition(":")
    if not entry.isdigit() or len(head) != 64:
        raise ConfigError("this is no head", where="--noted", mend="copy entry and hash from an export, as 12:ab34…")
    return int(entry), head
