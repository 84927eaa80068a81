"""The sample company: copied from the checkout or the wheel into a folder of one's own, where it may be scanned and changed."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from ropewalk.errors import ConfigError
from ropewalk.plugins import PACKAGE

MARK = ".ropewalk-sample"
TRUTH = "truth.yaml"


def sample() -> Path:
    """The sample company that came with the package. Raises ConfigError."""
    for path in (PACKAGE / "_builtin" / "samples" / "company", PACKAGE.parent / "data" / "samples" / "company"):
        if path.is_dir():
            return path
    raise ConfigError("the sample company is missing", where=str(PACKAGE), mend="install ropewalk again, or `make` it from data/samples")


def place(folder: Path) -> Path:
    """Puts the sample into `folder` and returns its ropewalk.yaml. A copy of the same version is left as it is, so that a
    second scan finds everything unchanged; `truth.yaml`, which says what is planted, is never copied.

    Raises ConfigError for a folder that holds something else.
    """
    source = sample()
    version = _version(source)
    mark = folder / MARK
    config = folder / "ropewalk.yaml"
    try:
        if mark.is_file() and config.is_file() and mark.read_text(encoding="utf-8").strip() == version:
            return config
        if folder.exists() and not mark.is_file() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError("the folder holds something else", where=str(folder), mend="name another one with --dir")
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(TRUTH, ".ropewalk"))
        mark.write_text(version + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"the sample cannot be put here: {error.strerror}", where=str(folder), mend="name a folder of yours with --dir") from None
    return config


def _version(folder: Path) -> str:
    """Changes when a file of the sample changes."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and ".ropewalk" not in p.parts):
        total.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()
