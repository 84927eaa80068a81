"""How a person's word comes into the register: what kinds the policy asks for, what a word must say, and many of them from a CSV file."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from ropewalk.contracts import Control, Requirement
from ropewalk.errors import ConfigError
from ropewalk.policy import Pack
from ropewalk.testimony import Attestation, same_person

COLUMNS = ("kind", "subject", "by", "at", "valid_until", "statement", "document", "approver", "met")
NEEDED = ("kind", "by", "valid_until")
LEGAL_HOLD = "legal_hold"
OF_STORES = frozenset({
    "encryption_at_rest", "encryption_in_transit", LEGAL_HOLD, "log_content", "log_retention", "public_access", "separate_store", "synthetic_data",
})  # fmt: skip
"""Kinds that controls look for on a store or dataset only: a word on the company would count for none of them."""
LONGEST = 2_000
"""Characters of a statement or name: a sentence, not the document."""
_YES, _NO = {"", "yes", "true", "1", "met"}, {"no", "false", "0", "not met"}
_NAME_IT = {"kind": "write what is attested", "by": "write who gives their word", "subject": "write company, or a source"}
Asked = Mapping[str, Sequence[Requirement]]
"""kind -> the requirements that look for it."""


def kinds(pack: Pack, controls: Mapping[str, type[Control]]) -> dict[str, list[Requirement]]:
    """The kinds of attestation that a policy looks for: those that requirements name (`kind`), and those of their controls (`attests`)."""
    out: dict[str, list[Requirement]] = {}
    for need in pack.requirements:
        named = [str(need.params["kind"])] if need.params.get("kind") else []
        for kind in dict.fromkeys([*named, *getattr(controls.get(need.control), "attests", ())]):
            out.setdefault(kind, []).append(need)
    return out


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a word: field, what, mend; line of the file, 0 without one."""

    field: str
    what: str
    mend: str
    line: int = 0


class RefusedError(ConfigError):
    """Nothing was taken from a file: `problems` names each bad line."""

    def __init__(self, problems: Sequence[Problem], where: str, lines: int) -> None:
        bad = len({p.line for p in problems})
        super().__init__(f"{bad} of {lines} lines cannot be taken, so nothing was recorded", where=where, mend="correct the lines named above")
        self.problems = tuple(problems)


def problems(given: Attestation, asked: Asked, as_of: datetime) -> list[Problem]:
    """Why a word cannot be recorded; empty where it can."""
    out = [Problem(n, "it is empty", _NAME_IT[n]) for n in _NAME_IT if not str(getattr(given, n)).strip()]
    for field in ("kind", "by", "subject", "approver", "statement"):
        text = str(getattr(given, field))
        if len(text) > LONGEST or any(not c.isprintable() for c in text):
            out.append(
                Problem(field, "it is too long, or holds line breaks or control characters", f"write one line of at most {LONGEST} characters")
            )
    if given.at > as_of:
        out.append(Problem("at", f"{given.at:%Y-%m-%d} is still to come", "give the day on which the word was given"))
    if given.met and given.valid_until < given.at:
        out.append(Problem("valid_until", "it ends before it begins", "give the last day on which it holds"))
    if given.approver.strip() and same_person(given.approver, given.by):
        out.append(Problem("approver", "author and approver are the same person", "let somebody else approve it"))
    elif given.met and not given.approver.strip() and segregated(given.kind, asked):
        clauses = ", ".join(r.id for r in asked[given.kind])
        out.append(
            Problem("approver", f"{given.kind} ({clauses}) counts only if somebody else approved it", "name the approver, other than the author")
        )
    if given.kind == LEGAL_HOLD and given.met and not given.statement.strip():
        out.append(Problem("statement", "a legal hold names its statute", "write the law and section that ask for longer storage"))
    return out


def segregated(kind: str, asked: Asked) -> bool:
    """Whether a requirement wants the word approved by somebody other than its author."""
    return any(r.params.get("segregation") for r in asked.get(kind, ()))


def doubts(given: Attestation, asked: Asked, sources: Iterable[str]) -> list[str]:
    """What may be a slip of the pen: a word that would count for nothing."""
    out = []
    if given.kind not in asked:
        near = " or ".join(get_close_matches(given.kind, asked, 3, 0.6))
        likely = f"is it {near}?" if near else "`ropewalk attest list` names the kinds."
        out.append(f"Nothing in the policy asks for {given.kind!r}, so it counts for nothing unless a control of your own looks for it: {likely}")
    if given.kind in OF_STORES and given.subject == "company":
        out.append(f"{given.kind} is said of a store: a word on the company counts for none. Name it: --subject SOURCE, or '*' for all of them.")
    known = ["company", *sources]
    if not any(fnmatchcase(s, given.subject) or fnmatchcase(s, given.subject.split("/", 1)[0]) for s in known):
        out.append(f"Nothing here is called {given.subject!r}: a subject is company, a source, or source/dataset.")
    return out


def hash_of(document: Path) -> str:
    """SHA-256 of a document. Raises ConfigError."""
    try:
        with document.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"the document cannot be read: {error.strerror}", where=str(document), mend="name a file that you may read") from None


def read_csv(file: Path, asked: Asked, as_of: datetime) -> list[tuple[Attestation, Path | None]]:
    """The words of a CSV file, with their documents (relative to the file). All of them, or RefusedError that names each bad line."""
    reader = _reader(file)
    out, bad, lines = [], [], 0
    for row in reader:
        if not any((v or "").strip() for k, v in row.items() if k is not None and isinstance(v, str)):
            continue
        lines, at = lines + 1, reader.line_num
        found, wrong = _word(row, file, asked, as_of)
        bad += [Problem(p.field, p.what, p.mend, at) for p in wrong]
        if found is not None:
            out.append(found)
    if bad:
        raise RefusedError(bad, str(file), lines)
    if not lines:
        raise ConfigError("there is no line below the heading", where=str(file), mend="write one line an attestation")
    return out


def _reader(file: Path) -> csv.DictReader[str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeError:
        raise ConfigError("the file is not UTF-8", where=str(file), mend="save it as CSV UTF-8") from None
    except OSError as error:
        raise ConfigError(f"the file cannot be read: {error.strerror}", where=str(file), mend="name a CSV file that you may read") from None
    head = text.split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=head.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    names = [(n or "").strip().lower() for n in reader.fieldnames or ()]
    mend = f"the first line names the columns: {', '.join(NEEDED)}, and as you like {', '.join(c for c in COLUMNS if c not in NEEDED)}"
    if missing := [n for n in NEEDED if n not in names]:
        raise ConfigError(f"there is no column {', '.join(missing)}", where=f"{file}:1", mend=mend)
    if strange := [n for n in names if n not in COLUMNS]:
        raise ConfigError(f"the column {strange[0]!r} is not known", where=f"{file}:1", mend=mend)
    if len(set(names)) < len(names):
        raise ConfigError("a column stands twice", where=f"{file}:1", mend=mend)
    reader.fieldnames = names
    return reader


def _word(
    row: Mapping[str | None, str | list[str] | None], file: Path, asked: Asked, as_of: datetime
) -> tuple[tuple[Attestation, Path | None] | None, list[Problem]]:
    if None in row or None in row.values():
        return None, [Problem("line", "it has more or fewer cells than the heading", "put text with a delimiter into quotes")]
    said = {str(k): str(v).strip() for k, v in row.items()}
    bad: list[Problem] = []
    met = said.get("met", "").lower()
    if met not in _YES | _NO:
        bad.append(Problem("met", f"{met[:20]!r} is neither yes nor no", "write yes, or no where it is not so"))
    at = _day(said.get("at", ""), "at", time.min, bad) if said.get("at") else as_of
    until = at if met in _NO and not said["valid_until"] else _day(said["valid_until"], "valid_until", time.max, bad)
    document = file.parent / said["document"] if said.get("document") else None
    digest = ""
    if document is not None:
        try:
            digest = hash_of(document)
        except ConfigError as error:
            bad.append(Problem("document", error.what, error.mend))
    more = (said.get("statement", ""), said.get("approver", ""), met not in _NO)
    given = Attestation(said["kind"], said.get("subject") or "company", said["by"], at or as_of, until or at or as_of, digest, *more)
    bad += [p for p in problems(given, asked, as_of) if p.field not in {b.field for b in bad}]
    return (None, bad) if bad else ((given, document), [])


def _day(text: str, field: str, edge: time, bad: list[Problem]) -> datetime | None:
    """A day's begin or end, or an ISO time; UTC where no zone is given."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        bad.append(Problem(field, f"{text[:30]!r} is no date" if text else "it is empty", "write it as 2027-03-01"))
        return None
    if len(text) == len("2027-03-01"):
        when = datetime.combine(when.date(), edge)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
