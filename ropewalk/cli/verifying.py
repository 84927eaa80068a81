"""`ropewalk verify` and `ropewalk stamp`: whether the evidence chain holds, and since when it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ropewalk.cli.render import clean
from ropewalk.cli.state import State, state
from ropewalk.errors import ConfigError, RopewalkError

if TYPE_CHECKING:
    from ropewalk.evidence import Verification

NEWEST = 3
"""Timestamps told one by one."""


def add_to(app: typer.Typer) -> None:
    app.command("verify", rich_help_panel="Judge")(_verify)
    app.command("stamp", rich_help_panel="Judge")(_stamp)


def _verify(
    context: typer.Context,
    noted: Annotated[list[str] | None, typer.Option("--noted", help="A head from an earlier export, as ENTRY:HASH; several times.")] = None,
    stamps: Annotated[list[Path] | None, typer.Option("--stamp", help="A timestamp kept as a file, of `ropewalk stamp`; several times.")] = None,
) -> None:
    """Recompute the evidence chain; exit code 1 if an entry was changed, removed, moved or cut off."""
    run = state(context)
    config, register = run.config, run.register
    from ropewalk.evidence import verify_configured

    found = verify_configured(config, register, anchors=dict(_noted(n) for n in noted or ()), stamps=stamps or ())
    for problem in found.problems:
        run.out.data.file.write(f"{clean(problem.words)}\n")
    _tell_stamps(run, found)
    signed = {None: "", True: " Its head is signed.", False: " Its head is not signed with your key."}[found.signed]
    if not found.ok:
        found.demand(where=register.where)
    if not found.entries:
        run.out.say("The evidence chain is empty: nothing was checked or attested yet.")
        return
    run.out.data.file.write(f"{found.entries}:{found.head}\n")
    run.out.say(f"The evidence chain holds: {found.entries} entries; above stands its head.{signed}")
    if not noted and not stamps:
        run.out.say("Who can write the register could write a whole new chain: compare a head or a timestamp kept elsewhere (--noted, --stamp).")


def _tell_stamps(run: State, found: Verification) -> None:
    """When the authority said what of which head."""
    if len(found.stamps) > NEWEST:
        run.out.say(f"{len(found.stamps)} timestamps hold; the first: {found.stamps[0]}; the newest:")
    run.out.say(*(f"Stamped: {stamp}." for stamp in found.stamps[-NEWEST:]))
    if found.unread:
        run.out.say(f"{found.unread} timestamps were not checked: evidence.timestamp.ca names no authority's certificate.")


def _stamp(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option("--out", help="Write the authority's answer here too, to be kept apart from the register.")] = None,
) -> None:
    """Have the head of the evidence chain stamped by a timestamp authority (RFC 3161), and keep its answer in the chain."""
    run = state(context)
    config, register = run.config, run.register
    from ropewalk.evidence import stamp

    made = stamp(config, register)
    run.out.data.file.write(f"{made.sequence}:{made.head}\n")
    run.out.say(f"Stamped: {made}. The answer is entry {made.entry}.")
    if out is None:
        return
    try:
        out.write_bytes(made.answer)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(out), mend="name a folder that exists and is yours") from None
    run.out.say(f"Wrote {out}: keep it where the register's administrators cannot write.")


def stamp_and_tell(run: State) -> None:
    """After a check that was recorded, where an authority is named; one that does not answer is told of and changes no exit code."""
    if run.config.settings.evidence.timestamp is None:
        return
    from ropewalk.evidence import stamp

    try:
        run.out.say(f"Stamped: {stamp(run.config, run.register)}.")
    except RopewalkError as error:
        run.out.say(f"Not stamped: {error.what}; {error.mend}")


def _noted(text: str) -> tuple[int, str]:
    entry, _, head = text.partition(":")
    if not entry.isdigit() or len(head) != 64:
        raise ConfigError("this is no head", where="--noted", mend="copy entry and hash from an export, as 12:ab34…")
    return int(entry), head
