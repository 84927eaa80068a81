"""Canaries: made-up records that must show up nowhere but at home. Kept as a name and a keyed HMAC-SHA256, never the value.

Looked for in every sample of a scan: whole values, and words or runs of words in longer ones (a line of a log, a note). Compared
folded (case and white space do not count). The key is in the environment (ROPEWALK_CANARY_KEY) or in a file that only its user reads.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ropewalk.encodings import written_out
from ropewalk.errors import ConfigError
from ropewalk.model import Fact, Sample

if TYPE_CHECKING:
    from ropewalk.config import Config
    from ropewalk.register import Register

VARIABLE = "ROPEWALK_CANARY_KEY"
FACT = "canary_seen"
"""Its value: cells by name of the canary. One fact a field: a later fact of the same name takes the place of an earlier one."""
LEAST_KEY, LEAST_VALUE, MOST_WORDS = 16, 8, 12
MOST_LOOKED = 200_000
_EDGE = re.compile(r"[\s,;|&?\"'<>()\[\]{}=]+")
"""Where words end; `.`, `@`, `-`, `+`, `/`, `:` belong to addresses and numbers."""
_INNER = re.compile(r"[/:\\#]+")
"""Where the parts of a web address or of a path end."""


@dataclass(frozen=True)
class Watch:
    """What a scan looks for. by_words: words in the canary -> HMAC -> (name, home sources). Empty where no canary is known."""

    key: bytes = field(default=b"", repr=False)
    by_words: Mapping[int, Mapping[bytes, tuple[str, tuple[str, ...]]]] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.by_words)

    @property
    def tag(self) -> str:
        """Changes with the canaries, so that unchanged datasets are looked at again; "" without any."""
        known = sorted((mac.hex(), name, *home) for macs in self.by_words.values() for mac, (name, home) in macs.items())
        return hashlib.sha256(repr(known).encode()).hexdigest()[:8] if known else ""

    def facts(self, samples: Iterable[Sample], at: datetime) -> list[Fact]:
        """A fact for each field with canaries away from their home: in how many cells, by name."""
        if not self:
            return []
        out = []
        for sample in samples:
            cells: dict[str, int] = {}
            looked: dict[str, tuple[str, tuple[str, ...]] | None] = {}
            for value, count in sample.values.items():
                for name in {n for n, home in self._met(value, looked) if sample.field.source not in home}:
                    cells[name] = cells.get(name, 0) + count
            how = f"keyed HMAC of {len(sample.values)} distinct values ({sample.method})"
            if cells:
                out.append(Fact(str(sample.field), FACT, dict(sorted(cells.items())), at, how))
        return out

    def _met(self, value: str, looked: dict[str, tuple[str, tuple[str, ...]] | None]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """looked: what is known of runs of words already, for the words of one log are few."""
        if len(looked) > MOST_LOOKED:
            looked.clear()
        for run in {run for words in _readings(value) for many in self.by_words for run in _runs(words, many)}:
            if run not in looked:
                looked[run] = self.by_words[run.count(" ") + 1].get(_mac(self.key, run))
            found = looked[run]
            if found:
                yield found


def watch(config: Config, register: Register) -> Watch:
    """The canaries of the configuration and of the register. Raises ConfigError where their key is missing."""
    given = [(c.name, c.hmac, tuple(c.home)) for c in config.settings.canaries] + register.duties.canaries()
    if not given:
        return Watch()
    by_words: dict[int, dict[bytes, tuple[str, tuple[str, ...]]]] = {}
    for name, written, home in given:
        _, many, mac = written.split(":")
        by_words.setdefault(int(many), {})[bytes.fromhex(mac)] = (name, home)
    return Watch(read_key(config), by_words)


def digest_of(key: bytes, value: str) -> str:
    """`hmac-sha256:<words>:<hex>`. Raises ConfigError for a value too short to be one's own."""
    words = _words(value)
    if len("".join(words)) < LEAST_VALUE or len(words) > MOST_WORDS:
        mend = f"take a made-up value of at least {LEAST_VALUE} letters or digits and at most {MOST_WORDS} words that occurs nowhere else"
        raise ConfigError("this value would be met by chance, or never", where="canary", mend=mend)
    return f"hmac-sha256:{len(words)}:{_mac(key, ' '.join(words)).hex()}"


def key_file(config: Config) -> Path:
    return config.folder / ".ropewalk" / "canary.key"


def read_key(config: Config) -> bytes:
    """Raises ConfigError where there is none, or where others may read the file."""
    if given := os.environ.get(VARIABLE):
        return _long_enough(given.encode(), VARIABLE)
    file = key_file(config)
    try:
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise ConfigError("others may read the key of the canaries", where=str(file), mend=f"chmod 600 {file}")
        return _long_enough(file.read_bytes().strip(), str(file))
    except OSError:
        mend = f"export {VARIABLE}, or copy the file from where the canaries were registered"
        raise ConfigError("canaries are known, but their key is not here", where=str(file), mend=mend) from None


def read_or_make_key(config: Config) -> bytes:
    """The key; a new one, in a file for this user alone, where there is none."""
    file = key_file(config)
    if VARIABLE not in os.environ and not file.exists():
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as stream:
                stream.write(secrets.token_hex(32) + "\n")
        except OSError as error:
            raise ConfigError(f"the key cannot be kept: {error.strerror}", where=str(file), mend=f"export {VARIABLE} instead") from None
    return read_key(config)


def _long_enough(key: bytes, where: str) -> bytes:
    if len(key) < LEAST_KEY:
        raise ConfigError("the key of the canaries is too short", where=where, mend=f"take at least {LEAST_KEY} characters, made by chance")
    return key


def _words(value: str) -> list[str]:
    return [w for w in (part.strip(".:/") for part in _EDGE.split(value.casefold())) if w]


def _readings(value: str) -> Iterator[list[str]]:
    """The words of a value, also as encodings and web addresses hide them: `/buyers/ann%40example.com/orders`, `name=Ann+Example`."""
    for text in written_out(value):
        words = _words(text)
        yield words
        parts = _words(_INNER.sub(" ", text))
        if parts != words:
            yield parts


def made_up(domain: str) -> dict[str, str]:
    """A person who does not exist, by field: no two calls agree, and no part is a word or an address of anyone."""

    def word(syllables: int) -> str:
        return "".join(secrets.choice("bdfghjklmnprstvwz") + secrets.choice("aeiou") for _ in range(syllables)).capitalize()

    first, last = word(4), word(5)
    number, street = 1000 + secrets.randbelow(9000), word(5)
    return {"name": f"{first} {last}", "email": f"{first}.{last}{number}@{domain}".lower(), "address": f"{number} {street} Street"}


def _runs(words: Sequence[str], many: int) -> Iterator[str]:
    """Each `many` words that follow each other, where they are long enough to be a canary."""
    if many == 1:
        yield from (w for w in words if len(w) >= LEAST_VALUE)
        return
    for at in range(len(words) - many + 1):
        run = " ".join(words[at : at + many])
        if len(run) >= LEAST_VALUE + many - 1:
            yield run


def _mac(key: bytes, run: str) -> bytes:
    """Of words with one space between them."""
    return hmac.digest(key, run.encode("utf-8", "surrogatepass"), "sha256")
