"""What a check judges from: the register's frames, the words of people, and what the configuration declares."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml

from ropewalk.contracts import ControlContext, FrameTable, Requirement, SqlTable
from ropewalk.judging.unread import only_chosen
from ropewalk.model import Path, Skipped, Source

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.config import AttestationConfig, Config
    from ropewalk.register import Register

Table = Callable[[str, str, Sequence[Path]], SqlTable | FrameTable | Skipped]
_OWN = ("findings", "datasets", "fields", "skipped", "facts")
_REGISTERS = ("inventory", "imports")
_COLUMNS = ("kind", "subject", "by", "at", "valid_until", "document_hash", "statement", "approver", "met", "stored")


@dataclass(frozen=True)
class Material:
    """All that the controls of one check look at; read once."""

    as_of: datetime
    sources: Sequence[Source]
    frames: dict[str, pd.DataFrame]
    attestations: pd.DataFrame
    declared: dict[str, Any]
    exceptions: Sequence[Mapping[str, Any]] = ()

    @property
    def datasets(self) -> pd.DataFrame:
        return self.frames["datasets"]

    def context(self, need: Requirement, table: Table) -> ControlContext:
        f = self.frames
        more = {n: f[n] for n in ("fields", "skipped", "scans", *_REGISTERS)}
        return ControlContext(
            need, self.as_of, f["findings"], f["facts"], f["datasets"], self.sources, self.attestations, table, self.declared, more
        )  # fmt: skip

    def gap(self) -> str:
        """Why it is not known that all was seen; empty where a finished scan saw all of it."""
        scans = self.frames["scans"]
        if not len(self.datasets) or not len(scans):
            return "nothing scanned yet"
        if str(scans.iloc[-1]["status"]) != "complete":
            return f"the last scan is {scans.iloc[-1]['status']}"
        if only_chosen(scans):
            return "only chosen sources or datasets were scanned so far"
        missing = sorted({s.name for s in self.sources} - set(self.datasets["source"]))
        if missing:
            return f"nothing was scanned of {', '.join(missing)}"
        skipped = len(self.frames["skipped"])
        return f"the last scan skipped {skipped} things" if skipped else ""


def material(config: Config, register: Register, as_of: datetime) -> Material:
    """Reads the register once. Frames are narrowed to the sources that the configuration names and enables."""
    sources = config.sources()
    names = [s.name for s in sources]
    frames = {n: register.frame(n) for n in (*_OWN, "scans", *_REGISTERS)}
    for name in _OWN:
        frames[name] = frames[name][frames[name]["source"].isin(names)].reset_index(drop=True)
    settings = config.settings
    declared = {
        "ropa": _ropa(config),
        "clocks": {s.name: {g: c.model_dump() for g, c in s.clocks.items()} for s in settings.sources},
        "separate_stores": [s.name for s in settings.sources if s.separate_store],
        "threshold": settings.detection.threshold,
        "chain": partial(_chain, config, register),  # read when a control asks: it recomputes every entry
    }
    borne = [{str(k): v for k, v in r.items()} for r in register.frame("exceptions").to_dict("records")]
    return Material(as_of, sources, frames, attestations(config, register.frame("attestations")), declared, borne)


def _chain(config: Config, register: Register) -> dict[str, Any]:
    """What the evidence chain proves: entries, since (a day), problems (words)."""
    from ropewalk.evidence import verify_configured

    found = verify_configured(config, register)
    return {"entries": found.entries, "since": found.since, "problems": [p.words for p in found.problems]}


def _ropa(config: Config) -> Any:
    """ropa.yaml as plain data; None where it is missing or cannot be read (`ropewalk ropa` says why)."""
    file = config.resolve(config.settings.ropa)
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError):
        return None


def attestations(config: Config, recorded: pd.DataFrame) -> pd.DataFrame:
    """The register's attestations, and those that ropewalk.yaml holds; a day ends at midnight, UTC."""
    import pandas as pd

    rows = [
        (
            a.kind, a.subject, a.by, _moment(a.at, time.min), _moment(a.valid_until, time.max), _document(config, a), a.statement, a.approver,
            a.met, False,
        )
        for a in config.settings.attestations
    ]  # fmt: skip
    given = pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"at": "datetime64[us, UTC]", "valid_until": "datetime64[us, UTC]"})
    frames = [f for f in (recorded.loc[:, list(_COLUMNS)], given) if len(f)]
    return pd.concat(frames, ignore_index=True).drop_duplicates(ignore_index=True) if frames else given


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, UTC)


def _document(config: Config, given: AttestationConfig) -> str:
    """SHA-256 of the document that an attestation names; empty where it cannot be read."""
    try:
        return hashlib.sha256(config.resolve(given.document).read_bytes()).hexdigest() if given.document else ""
    except OSError:
        return ""
