"""`ropewalk attest`: people's words into the evidence chain, one or a file of them; which hold; and their documents back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ropewalk.cli.heading import about
from ropewalk.cli.render import Column, Format, clean
from ropewalk.cli.state import FormatOption, State, moment, state
from ropewalk.errors import ConfigError
from ropewalk.plurals import counted

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.attesting import Asked
    from ropewalk.model import Attestation


class _AddByDefault(TyperGroup):
    """`ropewalk attest incident_plan …` is `ropewalk attest add incident_plan …`."""

    default = "add"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in {"--help", "-h"}:
            args = [self.default, *args]
        return super().parse_args(ctx, args)


attest = typer.Typer(
    cls=_AddByDefault, no_args_is_help=True,
    help="People's words where no connection can show it: `ropewalk attest KIND --by NAME --valid-until DAY`.",
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    app.add_typer(attest, name="attest", rich_help_panel="Judge")


@attest.command("add")
def _add(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="What is attested, as the verdict's mend names it: incident_plan, pentest, …")],
    by: Annotated[str, typer.Option("--by", help="Who gives their word.")],
    valid_until: Annotated[str, typer.Option("--valid-until", help="The last day on which it holds (2027-03-01).")] = "",
    subject: Annotated[str, typer.Option("--subject", help="What it is about: company, a source, or source/dataset.")] = "company",
    at: Annotated[str | None, typer.Option("--at", help="The day on which the word was given, if not today.")] = None,
    document: Annotated[Path | None, typer.Option("--document", help="The document behind it; its hash is kept, not the file.")] = None,
    store: Annotated[bool, typer.Option("--store", help="Keep the document too, encrypted (evidence.document_key).")] = False,
    statement: Annotated[str, typer.Option("--statement", help="One sentence: what is attested; for a legal hold, its statute.")] = "",
    approver: Annotated[str, typer.Option("--approver", help="Who approved it, where the clause asks for a second person.")] = "",
    not_met: Annotated[bool, typer.Option("--not-met", help="The word says that it is not so: the requirement fails until a newer word.")] = False,
) -> None:
    """Record a person's word where no connection can show it; after its last day it is stale."""
    from ropewalk.attesting import doubts, hash_of, problems
    from ropewalk.model import Attestation

    run = state(context)
    now = run.config.as_of
    given = moment(at) or now
    until = moment(valid_until or None, end=True) or (given if not_met else None)
    if until is None:
        raise ConfigError("it does not say how long it holds", where="--valid-until", mend="give the last day on which it holds, as 2027-03-01")
    if not not_met and until <= now:
        raise ConfigError("it would be stale at once", where="--valid-until", mend="give a day that is still to come")
    if store and document is None:
        raise ConfigError("there is no document to keep", where="--store", mend="name it with --document")
    word = Attestation(kind, subject, by, given, until, hash_of(document) if document else "", statement, approver, not not_met)
    asked = _asked(run)
    for wrong in problems(word, asked, now):
        raise ConfigError(wrong.what, where=f"--{wrong.field.replace('_', '-')}" if wrong.field != "kind" else "KIND", mend=wrong.mend)
    _record(run, [(word, document)], store)
    told = "not so" if not_met else f"valid until {until:%Y-%m-%d}"
    run.out.say(f"Recorded: {kind} of {subject} by {by}, {told}. `ropewalk check` judges by it.")
    if word.document_hash:
        run.out.say(f"Document sha256: {word.document_hash}{', kept encrypted' if store else ''}")
    for doubt in doubts(word, asked, [s.name for s in run.config.sources()]):
        run.out.say(f"Note: {doubt}")


@attest.command("import")
def _import(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV file: kind, by, valid_until; and subject, at, statement, document, approver, met.")
    ],
    store: Annotated[bool, typer.Option("--store", help="Keep the documents too, encrypted (evidence.document_key).")] = False,
) -> None:
    """Record many words from a CSV file: all of them, or none if a line is wrong."""
    from ropewalk.attesting import RefusedError, doubts, read_csv

    run = state(context)
    asked, now = _asked(run), run.config.as_of
    try:
        words = read_csv(file, asked, now)
    except RefusedError as error:
        for p in error.problems:
            run.out.say(clean(f"{file}:{p.line}: {p.field}: {p.what}; {p.mend}"))
        raise
    known = {_identity(r) for r in run.register.frame("attestations").to_dict("records")}
    new = [(w, d) for w, d in words if _identity({n: getattr(w, n) for n in _SAME}) not in known]
    _record(run, new, store)
    ended = sum(w.met and w.valid_until < now for w, _ in new)
    known_already = f"; {counted(len(words) - len(new), 'was', 'were')} known already" if len(new) < len(words) else ""
    run.out.say(f"Recorded {counted(len(new), 'attestation')}{known_already}.")
    if ended:
        run.out.say(f"{counted(ended, 'of them has ended already and is', 'of them have ended already and are')} stale.")
    for doubt in dict.fromkeys(d for w, _ in new for d in doubts(w, asked, [s.name for s in run.config.sources()])):
        run.out.say(f"Note: {doubt}")


@attest.command("list")
def _list(
    context: typer.Context,
    only: Annotated[list[str] | None, typer.Option("--state", help="Only this state: valid, stale, missing, 'ends soon', …; several times.")] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=0, help="From how many days before its end a word ends soon (alarms.expiry_days).")
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """List which words hold, which end soon, which have ended, and which the policy asks for in vain."""
    from ropewalk.views.attested import STATES

    run = state(context)
    if wrong := sorted(set(only or ()) - set(STATES)):
        raise ConfigError(f"there is no state {wrong[0]!r}", where="--state", mend=f"use one of: {', '.join(STATES)}")
    frame = attestations_frame(run, days)
    shown = frame[frame["state"].isin(only)].reset_index(drop=True) if only else frame.copy()
    columns = (
        Column("state"),
        Column("kind"),
        Column("subject", ratio=2),
        Column("requirements", "asked by", ratio=2),
        Column("who", "by, approved by", ratio=3),
        Column("until"),
        Column("days_left", "days", number=True),
    )
    if form is Format.table:
        shown["who"] = [", ".join(filter(None, map(str, pair))) for pair in zip(shown["by"], shown["approver"], strict=True)]
        shown["until"] = [f"{u:%Y-%m-%d}" if u == u and u is not None else "" for u in shown["valid_until"]]
    run.out.show(shown, columns, form, title="Attestations", nothing="No attestation matches.", head=about(run) if form is not Format.table else None)
    if form is Format.table:
        count = {s: int((frame["state"] == s).sum()) for s in STATES}
        run.out.say(", ".join(f"{n} {s}" for s, n in count.items() if n) or "The policy asks for no attestation.")
        for row in shown[shown["mend"] != ""].head(3).to_dict("records"):
            run.out.say(f"  {row['kind']}: {row['mend']}")


@attest.command("document")
def _document(
    context: typer.Context,
    digest: Annotated[str, typer.Argument(metavar="HASH", help="The document's sha256, or its first 8 characters or more.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write it to.")],
) -> None:
    """Give a stored document back, decrypted and proven to be the one that was attested."""
    from ropewalk.register.documents import read_key

    run = state(context)
    found = [h for h in run.register.documents.hashes() if len(digest) >= 8 and h.startswith(digest.lower())]
    if len(found) != 1:
        many = f"{len(found)} documents begin so" if found else "no document with this hash is kept"
        raise ConfigError(many, where=digest[:64], mend="copy the hash from `ropewalk attest list --format json`; only documents of --store are kept")
    content = run.register.documents.open(found[0], read_key(run.config)[0])
    try:
        with out.open("xb") as stream:
            stream.write(content)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(out), mend="name a new file in a folder that is yours") from None
    run.out.say(f"Wrote {out}: {len(content)} bytes, sha256 {found[0]}.")


def attestations_frame(run: State, days: int | None = None) -> pd.DataFrame:
    """The view of all words, those of ropewalk.yaml too."""
    from ropewalk import views
    from ropewalk.judging.material import attestations

    given = attestations(run.config, run.register.frame("attestations"))
    soon = run.config.settings.alarms.expiry_days if days is None else days
    return views.attestations(given, _asked(run), run.config.as_of, soon)


def _asked(run: State) -> Asked:
    from ropewalk.attesting import kinds
    from ropewalk.policy import load_policy, plugins_of

    return kinds(load_policy(run.config), plugins_of(run.config).controls())


def _record(run: State, words: list[tuple[Attestation, Path | None]], store: bool) -> None:
    """Documents first: a word that says that its document is kept is never ahead of it."""
    kept = [(w, d) for w, d in words if store and d is not None]
    if kept:
        from ropewalk.register.documents import MOST, read_key

        if large := next((d for _, d in kept if d.stat().st_size > MOST), None):
            mend = "leave --store out: its hash is kept all the same"
            raise ConfigError(f"the document is larger than {MOST >> 20} MiB", where=str(large), mend=mend)
        key, made = read_key(run.config, make=not run.register.documents.hashes())
        if made:
            run.out.say(f"Made the key {made}. Keep a copy apart from the register: without it no stored document can be read.")
        for word, document in kept:
            if run.register.documents.keep(document.read_bytes(), key) != word.document_hash:
                raise ConfigError("the document changed while it was read", where=str(document), mend="run the command again")
    run.register.record_attestations([replace(w, stored=store and d is not None) for w, d in words])


_SAME = ("kind", "subject", "by", "valid_until", "document_hash", "statement", "approver", "met")


def _identity(row: Any) -> tuple[str, ...]:
    return tuple(row[n].isoformat() if n == "valid_until" else str(row[n]) for n in _SAME)
