"""`ropewalk attest` and `ropewalk verify`: a person's word into the evidence chain, and whether the chain holds."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from ropewalk.cli.render import clean
from ropewalk.cli.state import moment, state
from ropewalk.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    app.command("attest", rich_help_panel="Judge")(_attest)
    app.command("verify", rich_help_panel="Judge")(_verify)


def _attest(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="What is attested, as the verdict's mend names it: incident_plan, pentest, …")],
    by: Annotated[str, typer.Option("--by", help="Who gives their word.")],
    valid_until: Annotated[str, typer.Option("--valid-until", help="The last day on which it holds (2027-03-01).")],
    subject: Annotated[str, typer.Option("--subject", help="What it is about: company, a source, or source/dataset.")] = "company",
    document: Annotated[Path | None, typer.Option("--document", help="The document behind it; its hash is kept, not the file.")] = None,
    statement: Annotated[str, typer.Option("--statement", help="One sentence: what is attested.")] = "",
    approver: Annotated[str, typer.Option("--approver", help="Who approved it, where the clause asks for a second person.")] = "",
) -> None:
    """Record a person's word where no connection can show it; after its last day it is stale."""
    from ropewalk.model import Attestation

    run = state(context)
    until, now = moment(valid_until, end=True), run.config.as_of
    assert until is not None
    if until <= now:
        raise ConfigError("it would be stale at once", where="--valid-until", mend="give a day that is still to come")
    if approver and approver.casefold() == by.casefold():
        raise ConfigError("author and approver are the same person", where="--approver", mend="let somebody else approve it")
    word = Attestation(kind, subject, by, now, until, _hash(document), statement, approver)
    run.register.record_attestation(word)
    run.out.say(f"Recorded: {kind} of {subject} by {by}, valid until {until:%Y-%m-%d}.")
    if word.document_hash:
        run.out.say(f"Document sha256: {word.document_hash}")


def _hash(document: Path | None) -> str:
    if document is None:
        return ""
    try:
        with document.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"the document cannot be read: {error.strerror}", where=str(document), mend="name a file that you may read") from None


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
