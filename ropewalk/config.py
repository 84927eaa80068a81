"""`ropewalk.yaml`: what people write. Errors name the file, the line and the mend.

Secrets stay outside: `${ENV}` is replaced from the environment in memory only, and the expanded text is in no repr.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from ropewalk.duties import AlarmsConfig, CanaryConfig, EvidenceConfig, ScheduleConfig
from ropewalk.errors import ConfigError
from ropewalk.model import Environment, Source
from ropewalk.naming import installation_key
from ropewalk.yamllines import Lines, all_differ
from ropewalk.yamllines import Strict as Strict
from ropewalk.yamllines import line_of as line_of
from ropewalk.yamllines import parse as parse
from ropewalk.yamllines import validate as validate

NAMES = ("ropewalk.yaml", "ropewalk.yml")


class Limits(Strict):
    """Bounds on what a scan may cost a store and this machine."""

    mode: Literal["profile", "exhaustive"] = "profile"
    rows: int = Field(2_000, ge=1, description="rows of the first draw of a dataset")
    max_rows: int = Field(50_000, ge=1, description="rows looked at while a verdict is unsettled")
    frame_rows: int = Field(200_000, ge=1, description="rows a control may hold in RAM")
    statement_timeout: float = Field(30.0, gt=0, description="seconds a query may take")
    rate: float = Field(0.0, ge=0, description="queries or object reads a second, 0 is no limit")
    value_chars: int = Field(20_000, ge=100, description="longest value looked at, in characters")
    object_bytes: int = Field(256 * 2**20, ge=1024, description="bytes read of one file or object")
    expanded_bytes: int = Field(1 * 2**30, ge=1024, description="bytes an archive may expand to")
    nesting: int = Field(20, ge=1, description="depth of JSON and of archives")
    fields: int = Field(5_000, ge=1, description="fields of one dataset")
    datasets: int = Field(100_000, ge=1, description="datasets of one source")
    retries: int = Field(2, ge=0, description="attempts after a store failed")
    unchanged_days: float = Field(30.0, ge=0, description="days after which an unchanged dataset is read again all the same")


class Clock(Strict):
    """Where a dataset tells when an order was delivered and shipped (a column or JSON path, as `a.b`), and when a row was made (a column)."""

    created: str | None = None
    delivered: str | None = None
    shipped: str | None = None


class TagConfig(Strict):
    """How `ropewalk tag` writes to a source: an account of its own, never the one that scans, and the origin that people state."""

    uri: str = Field("", repr=False, description="the source's address with the account that may comment")
    storage: dict[str, Any] = Field(default_factory=dict, repr=False, description="of a bucket: the credential that may tag")
    origin: str | dict[str, str] = Field("", description="where the data comes from: one word, or a word for each dataset glob")

    @field_validator("origin")
    @classmethod
    def _words(cls, origin: str | dict[str, str]) -> str | dict[str, str]:
        for word in [origin] if isinstance(origin, str) else origin.values():
            if word and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,61}", word):
                raise ValueError("an origin is one word of letters, digits and . _ : / -, as amazon-sp-api")
        return origin

    def origin_of(self, dataset: str) -> str:
        """What people state of a dataset, "" where nothing; of several globs the first."""
        if isinstance(self.origin, str):
            return self.origin
        return next((word for glob, word in self.origin.items() if fnmatchcase(dataset, glob)), "")


class SourceConfig(Strict):
    """One store. `options` go to its connector; `clocks` maps a dataset name or glob to its retention clock."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$", description="at most 63 letters, digits and - _ .")
    uri: str = Field(repr=False)
    owner: str = Field(min_length=1)
    purpose: str = Field(min_length=1)
    environment: Environment = Environment.PRODUCTION
    location: str = ""
    options: dict[str, Any] = Field(default_factory=dict)
    include: list[str] = Field(default_factory=lambda: ["*"])
    exclude: list[str] = Field(default_factory=list)
    clocks: dict[str, Clock] = Field(default_factory=dict)
    separate_store: bool = False
    tag: TagConfig = TagConfig()
    enabled: bool = True

    def source(self) -> Source:
        return Source(
            self.name, self.uri, self.owner, self.environment, self.location, self.purpose,
            {**self.options, "include": self.include, "exclude": self.exclude, "clocks": {n: c.model_dump() for n, c in self.clocks.items()}},
        )  # fmt: skip


class AttestationConfig(Strict):
    """What a person declares where no connection can show it; the document's hash is computed when it is read."""

    kind: str
    subject: str
    by: str
    at: date
    valid_until: date
    statement: str = ""
    document: str = ""
    approver: str = ""
    met: bool = Field(True, description="false: the word says that it is not so")


class Detection(Strict):
    """How fields are judged."""

    threshold: float = Field(0.5, gt=0, lt=1, description="confidence from which a field counts as personal")
    language: str = "en"
    regions: list[str] = Field(default_factory=lambda: ["US", "GB", "CA", "DE", "FR", "IT", "ES", "JP", "MX", "BR", "IN", "AU"])
    spacy_model: str = "en_core_web_sm"
    ner: bool = True
    packs: list[str] = Field(default_factory=list, description="further recogniser packs, files or folders")
    allow: list[str] = Field(default_factory=list, description="field globs that are never personal: source/dataset#path")
    deny: list[str] = Field(default_factory=list, description="field globs that always are: source/dataset#path=category")


class ExecutorConfig(Strict):
    """A Dask cluster for large scans; without `dask`, processes on this machine. TLS files are PEM, relative to the configuration."""

    dask: str | None = Field(None, description="tcp://host:8786 or tls://host:8786")
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    timeout: float = Field(15.0, gt=0, description="seconds to reach the cluster")

    def resolved(self, resolve: Callable[[str], Path]) -> ExecutorConfig:
        """With absolute file names."""
        files = {name: getattr(self, name) for name in ("tls_ca", "tls_cert", "tls_key")}
        return self.model_copy(update={name: str(resolve(file)) for name, file in files.items() if file})


class Settings(Strict):
    """The whole of `ropewalk.yaml`."""

    version: Literal[1] = 1
    company: str = ""
    register_url: str = Field("sqlite:///.ropewalk/register.db", alias="register", repr=False)
    ropa: str = "ropa.yaml"
    policy: str = "amazon-dpp"
    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict)
    sources: list[SourceConfig] = Field(min_length=1)
    limits: Limits = Limits()
    detection: Detection = Detection()
    attestations: list[AttestationConfig] = Field(default_factory=list)
    scanners: list[str] = Field(default_factory=list, description="folders with connectors of your own")
    expectations: list[str] = Field(default_factory=list, description="folders with controls and policies of your own")
    workers: int = Field(0, ge=0, description="worker processes; 0 decides by the machine")
    executor: ExecutorConfig = ExecutorConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    alarms: AlarmsConfig = AlarmsConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    canaries: list[CanaryConfig] = Field(default_factory=list, description="made-up records that must show up nowhere but at home")
    as_of: datetime | None = Field(None, description="freezes the clock: for samples and tests, shown in every report")

    @field_validator("sources")
    @classmethod
    def _unique(cls, sources: list[SourceConfig]) -> list[SourceConfig]:
        all_differ([s.name for s in sources], "two sources are called {}; each name must be unique")
        return sources


class Config:
    """Settings with the file they came from; relative paths in it are relative to that file's folder."""

    def __init__(self, settings: Settings, path: Path, digest: str) -> None:
        self.settings, self.path, self.digest = settings, path, digest

    def __repr__(self) -> str:
        return f"Config({str(self.path)!r}, sources={[s.name for s in self.settings.sources]})"

    @property
    def folder(self) -> Path:
        return self.path.parent

    def resolve(self, relative: str) -> Path:
        return (self.folder / Path(relative).expanduser()).resolve()

    @property
    def as_of(self) -> datetime:
        """The clock of this run: the frozen one, or now, in UTC."""
        frozen = self.settings.as_of
        if frozen is None:
            return datetime.now(UTC)
        return frozen if frozen.tzinfo else frozen.replace(tzinfo=UTC)

    @property
    def register_url(self) -> str:
        """The register's SQLAlchemy URL; a relative SQLite path is relative to the configuration."""
        url = self.settings.register_url
        if url.startswith("sqlite:///") and not url.startswith("sqlite:////") and ":memory:" not in url:
            return f"sqlite:///{self.resolve(url.removeprefix('sqlite:///'))}"
        return url

    def sources(self) -> list[Source]:
        """Enabled sources; relative file and SQLite paths made absolute."""
        return [self.absolute(s.source()) for s in self.settings.sources if s.enabled]

    @cached_property
    def names_key(self) -> bytes:
        return installation_key(self.folder / ".ropewalk", self.register_url)

    def source_config(self, name: str) -> SourceConfig:
        for source in self.settings.sources:
            if source.name == name:
                return source
        known = ", ".join(s.name for s in self.settings.sources)
        raise ConfigError(f"no source is called {name!r}", where=str(self.path), mend=f"use one of: {known}")

    def absolute(self, source: Source) -> Source:
        """The source with an absolute path where its uri names a file, and with the key of masked names."""
        scheme, sep, rest = source.uri.partition("://")
        if not sep:
            uri = str(self.resolve(source.uri))
        elif scheme.split("+")[0] in {"sqlite", "duckdb"} and rest.startswith("/") and not rest.startswith("//") and ":memory:" not in rest:
            path, mark, query = rest[1:].partition("?")
            uri = f"{scheme}:///{self.resolve(path)}{mark}{query}"
        elif scheme in {"file", "logs", "files"} and not rest.startswith("/"):
            uri = f"{scheme}://{self.resolve(rest)}"
        else:
            uri = source.uri
        return replace(source, uri=uri, key=self.names_key)


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def load(path: str | Path | None = None, *, env: Mapping[str, str] | None = None) -> Config:
    """Reads the configuration from `path` or the current folder. Raises ConfigError with file, line and mend."""
    file = _find(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError("the file is not UTF-8 text", where=f"{file}:{line}", mend="save it as UTF-8") from None
    except OSError:
        raise ConfigError("the file cannot be read", where=str(file), mend="grant this account the right to read it") from None
    data, lines = parse(text, str(file))
    expanded = _expand(data, os.environ if env is None else env, str(file), lines, ())
    return Config(validate(Settings, expanded, str(file), lines), file, hashlib.sha256(text.encode()).hexdigest())


def _find(path: str | Path | None) -> Path:
    if path is not None:
        file = Path(path).expanduser()
        if file.is_dir():
            file = next((file / n for n in NAMES if (file / n).is_file()), file / NAMES[0])
        if not file.is_file():
            raise ConfigError("there is no such file", where=str(file), mend="name your ropewalk.yaml with --config")
        return file.resolve()
    for name in NAMES:
        if Path(name).is_file():
            return Path(name).resolve()
    raise ConfigError(
        "no ropewalk.yaml here", where=str(Path.cwd()), mend="write one (docs/configuration.md), name it with --config, or try `ropewalk demo`"
    )


def _expand(data: Any, env: Mapping[str, str], where: str, lines: Lines, path: tuple[str | int, ...]) -> Any:
    if isinstance(data, dict):
        return {k: _expand(v, env, where, lines, (*path, k)) for k, v in data.items()}
    if isinstance(data, list):
        return [_expand(v, env, where, lines, (*path, i)) for i, v in enumerate(data)]
    if not isinstance(data, str):
        return data

    def value(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        if name in env:
            return env[name]
        if default is not None:
            return default
        raise ConfigError(
            f"the environment variable {name} is not set",
            where=f"{where}:{line_of(lines, path)}",
            mend=f"export {name}, or write ${{{name}:-default}}",
        )

    return _VARIABLE.sub(value, data)
