"""What the pages look at: the configuration, the register's frames, the policy and the record, read once a change.

`ROPEWALK_CONFIG` names the configuration; without it, ropewalk.yaml of the current folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ropewalk import config as configuration
from ropewalk import views
from ropewalk.attesting import kinds
from ropewalk.config import Config
from ropewalk.exporters.heading import about
from ropewalk.judging.material import attestations
from ropewalk.policy import load_policy, plugins_of
from ropewalk.register import open_register
from ropewalk.ropa import declared, record

if TYPE_CHECKING:
    from ropewalk.model import ProcessingActivity
    from ropewalk.register import Register

FRAMES = (
    "fields", "findings", "facts", "datasets", "skipped", "scans", "last_units", "results", "attestations", "exceptions",
    "trend", "checks",
)  # fmt: skip


@dataclass(frozen=True)
class State:
    """One consistent look: frames by name (results as they stand now), the policy as a frame, the record, people's words, the policy's
    overrides in words, and the last entry of the evidence chain (number, hash); `now` is the clock of the verdicts."""

    config: Config
    frames: dict[str, pd.DataFrame]
    policy: pd.DataFrame
    record: list[ProcessingActivity]
    now: datetime
    words: pd.DataFrame
    overrides: Mapping[str, str]
    chain: tuple[int, str]

    @property
    def scanned(self) -> bool:
        return bool(len(self.frames["scans"]))

    @property
    def looked(self) -> bool:
        """Whether any field could be looked at: without one, no number says anything."""
        return bool(len(self.frames["fields"]))

    def stores(self) -> pd.DataFrame:
        """A row a source, with its state."""
        f = self.frames
        return views.sources(self.config.sources(), f["datasets"], f["findings"], f["skipped"], f["last_units"])

    def about(self) -> dict[str, str]:
        """The head of what is exported."""
        return about(self.config, self.frames, self.chain)


@st.cache_resource(show_spinner=False)
def _register(url: str, path: str, file: object) -> Register:
    return open_register(configuration.load(path), create=False)


def _opened(config: Config) -> Register:
    """The register, opened once for all who look; anew where its file was exchanged."""
    file = Path(config.register_url.removeprefix("sqlite:///"))
    found = file.stat() if file.is_file() else None
    return _register(config.register_url, str(config.path), found and (found.st_dev, found.st_ino))


def forget() -> None:
    """After an error: a register that was brought back is opened anew."""
    _register.clear()


def state() -> State:
    """The current state; raises RopewalkError where the configuration or the register cannot be read."""
    config = configuration.load(os.environ.get("ROPEWALK_CONFIG") or None)
    register = _opened(config)
    return _read(config.digest, (*_mark(register), *_moving(config)), config, register)


def opened() -> tuple[Config, Register]:
    """The configuration and the register, for what must be read fresh."""
    config = configuration.load(os.environ.get("ROPEWALK_CONFIG") or None)
    return config, _opened(config)


def running() -> pd.DataFrame:
    """The running scan as one row, read fresh; empty when nothing runs."""
    config = configuration.load(os.environ.get("ROPEWALK_CONFIG") or None)
    return views.progress(_opened(config).frame("scans"), datetime.now(UTC))


def running_sources(scan_id: object) -> pd.DataFrame:
    """How far each source of the running scan is, read fresh."""
    config = configuration.load(os.environ.get("ROPEWALK_CONFIG") or None)
    return views.progress_by_source(_opened(config).frame("units", scan_id=str(scan_id)), scan_id)


def _mark(register: Register) -> tuple[object, ...]:
    """Changes whenever a scan moved on or a check was recorded."""
    scans, results = register.frame("scans"), register.frame("results")
    last = scans.tail(1).to_dict("records")
    run = results["run_id"].iloc[0] if len(results) else ""
    return (len(scans), str(last), str(run), len(register.frame("attestations")), register.evidence_head()[0])


def _moving(config: Config) -> tuple[object, ...]:
    """What changes without a scan or a check: the hour, by which words and exceptions end, and the policy packs."""
    name = config.settings.policy
    files = [config.resolve(name)] if name.endswith((".yaml", ".yml")) else list(plugins_of(config).policies().values())
    return (f"{config.as_of:%Y-%m-%d %H}", *(f.stat().st_mtime_ns for f in files if f.is_file()))


@st.cache_data(show_spinner="Reading the register …", max_entries=4)
def _read(digest: str, mark: tuple[object, ...], _config: Config, _register: Register) -> State:
    frames = {name: _register.frame(name) for name in FRAMES}
    written = declared(_config)
    number, last, _ = _register.evidence_head()
    chain = pd.DataFrame({"sequence": [number], "hash": [last]}) if number else pd.DataFrame()
    activities = record(written, {**frames, "evidence": chain}, _config.as_of, sources=_config.sources())
    pack, now = load_policy(_config), _config.as_of
    policy, asked = views.policy_frame(pack), kinds(pack, plugins_of(_config).controls())
    frames["results"] = views.standing(frames["results"], policy, frames["exceptions"], now)
    given = attestations(_config, frames["attestations"])
    words = views.attestations(given, asked, now, _config.settings.alarms.expiry_days)
    return State(_config, frames, policy, activities, now, words, pack.notes, (number, last))
