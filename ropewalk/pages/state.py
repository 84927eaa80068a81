"""What the pages look at: the configuration, the register's frames, the policy and the record, read once a change.

`ROPEWALK_CONFIG` names the configuration; without it, ropewalk.yaml of the current folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ropewalk import config as configuration
from ropewalk import views
from ropewalk.config import Config
from ropewalk.policy import load_policy
from ropewalk.register import open_register
from ropewalk.ropa import declared, record

if TYPE_CHECKING:
    from ropewalk.model import ProcessingActivity
    from ropewalk.register import Register

FRAMES = ("fields", "findings", "facts", "datasets", "skipped", "scans", "units", "results", "results_history", "attestations")


@dataclass(frozen=True)
class State:
    """One consistent look: frames by name, the policy as a frame, the record; `now` is the clock of the verdicts."""

    config: Config
    frames: dict[str, pd.DataFrame]
    policy: pd.DataFrame
    record: list[ProcessingActivity]
    now: datetime
    history: pd.DataFrame

    @property
    def scanned(self) -> bool:
        return bool(len(self.frames["scans"]))


@st.cache_resource(show_spinner=False)
def _register(url: str, path: str) -> Register:
    return open_register(configuration.load(path))


def state() -> State:
    """The current state; raises RopewalkError where the configuration or the register cannot be read."""
    config = configuration.load(os.environ.get("ROPEWALK_CONFIG") or None)
    register = _register(config.register_url, str(config.path))
    return _read(config.digest, _mark(register), config, register)


def running() -> pd.DataFrame:
    """The running scan as one row, read fresh; empty when nothing runs."""
    config = configuration.load(os.environ.get("ROPEWALK_CONFIG") or None)
    return views.progress(_register(config.register_url, str(config.path)).frame("scans"), datetime.now(UTC))


def _mark(register: Register) -> tuple[object, ...]:
    """Changes whenever a scan moved on or a check was recorded."""
    scans, results = register.frame("scans"), register.frame("results")
    last = scans.tail(1).to_dict("records")
    run = results["run_id"].iloc[0] if len(results) else ""
    return (len(scans), str(last), str(run), len(register.frame("attestations")))


@st.cache_data(show_spinner="Reading the register …", max_entries=4)
def _read(digest: str, mark: tuple[object, ...], _config: Config, _register: Register) -> State:
    frames = {name: _register.frame(name) for name in FRAMES}
    written = declared(_config)
    activities = record(written, frames, _config.as_of, sources=_config.sources())
    history = _register.frame("observations")
    return State(_config, frames, views.policy_frame(load_policy(_config)), activities, _config.as_of, history)
