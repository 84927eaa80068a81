"""Shared by all tests: the repository, the sample company, and what is planted in it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in a shell's background ignore it, and so would all that the tests start

ROOT = Path(__file__).resolve().parents[1]
COMPANY = ROOT / "data" / "samples" / "company"


def copy_company(folder: Path) -> Path:
    """The sample without truth.yaml, so that nothing can peep; returns its ropewalk.yaml."""
    shutil.copytree(COMPANY, folder, ignore=shutil.ignore_patterns("truth.yaml", ".ropewalk"))
    return folder / "ropewalk.yaml"


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def place_company() -> Callable[[Path], Path]:
    """Copies the sample into a folder and returns its ropewalk.yaml; for fixtures of a wider scope than a test."""
    return copy_company


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """A copy of the sample company of one's own."""
    return copy_company(tmp_path / "company")


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    """What is planted in the sample company."""
    planted: dict[str, Any] = yaml.safe_load((COMPANY / "truth.yaml").read_text(encoding="utf-8"))
    return planted


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ropewalk.yaml of a copy of the sample company with a finished scan and a check."""
    import ropewalk as rw

    path = copy_company(tmp_path_factory.mktemp("scanned") / "company")
    config = rw.load_config(path)
    rw.scan(config)
    rw.check(config)
    return path
