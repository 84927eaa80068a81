"""The exception tree. Every error names the thing, the place and the mend, and never quotes a value.

RopewalkError
├── ConfigError        the user's files or flags: exit code 2
├── PluginError        an extension could not be loaded, or breaks its contract: exit code 2
├── MissingExtraError  an optional dependency is needed: exit code 2
├── SourceError        a store cannot be reached or read: the source is Skipped
│   └── ReadOnlyError  a store could not be opened read-only, so it was not opened
├── LostClusterError   the cluster went away; the scan can be taken up: exit code 3
├── RegisterError      the register is missing, locked, newer than this program or damaged
└── EvidenceError      the hash chain does not hold
"""

from __future__ import annotations


class RopewalkError(Exception):
    """What went wrong (`what`), where (`where`) and how to mend it (`mend`)."""

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(what, where, mend)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  mend: {self.mend}" if self.mend else text


class ConfigError(RopewalkError):
    """The user's configuration, flags or input files are wrong."""


class PluginError(RopewalkError):
    """An extension file could not be loaded or does not keep its contract."""


class MissingExtraError(RopewalkError):
    """An optional dependency is needed; `extra` names the install extra that brings it."""

    def __init__(self, what: str, *, extra: str, where: str = "") -> None:
        super().__init__(what, where=where, mend=f"pip install 'ropewalk[{extra}]'")
        self.extra = extra


class SourceError(RopewalkError):
    """A store cannot be reached or read. A scan turns it into a Skipped and goes on."""

    exit_code = 3


class ReadOnlyError(SourceError):
    """A store could not be opened read-only, and therefore was not opened."""


class LostClusterError(RopewalkError):
    """The cluster went away during a scan, which can be taken up."""

    exit_code = 3


class RegisterError(RopewalkError):
    """The register is missing, locked, damaged, or written by a newer version."""


class NoRegisterError(RegisterError):
    """There is no register yet: nothing was ever scanned here."""


class EvidenceError(RopewalkError):
    """The evidence chain does not hold."""

    exit_code = 1
