"""What may be kept and shown of a name: of a file, folder, key, column, sheet, member or table. The one place that masks names.

People put data into names (`orders_ann@example.com.csv`, `customer=Ann Lee/`, a column for each buyer, an object keyed by
telephone numbers). Such a part is masked. A key becomes `*`; where a thing must stay apart from its neighbours, `*` and
eight digits of a keyed HMAC, so that nobody without the key can try out addresses. What was masked is judged as values.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path as File
from urllib.parse import unquote

from ropewalk.model import FieldRef, Path, Sample
from ropewalk.wordlists import fold, words

KEY, NAMED = "{key}", "{label}"
"""Last segments of fields that hold no cells: the keys behind a `*`, and what was masked in the labels of a dataset."""
VARIABLE = "ROPEWALK_NAMES_KEY"
MASKED = re.compile(r"\*[0-9a-f]{8}")

PARTITION = re.compile(r"([A-Za-z_][\w-]{0,63})=([^/]*)")
"""A folder that names a column and its value, as Hive, Spark and Athena write them."""

_OURS = secrets.token_bytes(32)
"""For names met without a key of the installation: never guessed, and different in every process."""
_EMAIL = re.compile(r"[^\s@/\\=:;,&?|\"'<>()\[\]{}]+(?:@(?!\dx)|%40)[^\s@/\\=:;,&?|\"'<>()\[\]{}]*[^\W_]")
_NUMBERS = re.compile(
    r"(?<!\d)(?:\+\d(?:[ ().-]{0,2}\d){7,14}|\(?[2-9]\d\d\)?[ .-]{1,2}[2-9]\d\d[ .-]\d{4}|\d{3}-\d\d-\d{4}|\d{4}(?:[ -]\d{4}){3}"
    r"|(?<![A-Za-z])[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z]))(?!\d)"
)
_DIGITS = re.compile(r"\d(?:.{0,3}?\d){7}")
_TWO_WORDS = re.compile(r"[^\W\d_]{3}.*?[^\W\d_]{3}", re.S)
"""What the searches for numbers and for people need at least: both are costly, and most names have neither."""
_OF_PERSON = re.compile(
    r"(?i)(?:^|[_.-])(?:(?:first|last|full|user|customer|buyer|client)?_?name|e-?mail|phone|mobile|customer|client|buyer|user|username|login|recipient|"
    r"contact|person|patient|employee|member|address|street)(?:_?(?:id|no|number))?=(?!__HIVE)([^/]+)$"
)
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|(?:Mc|Mac|O'|D')?[A-Z]?[a-zà-öø-ÿ'’]+|[^\W\d_]+")
_BETWEEN = re.compile(r"(?:[\s_.,+-]|%20){0,3}(?:[A-Z]\.?[\s_.+-]+|[a-z][_.])?")
_TECHNICAL = frozenset(
    "char len var dash dot core meta trace skip valid server mark link bias hash cloud date session fields unique atlas blas sys handler octave "
    "mask button val marker hook doc stack comment math rand pointer bounds press branch via conn lines parts constant reader refs mock sha lower "
    "delta zero cross keys lang beta arch gelu wan poll state store prime wise lex sem ver cal nan con sans tri dict pack fix job amber santa "
    "sierra mariana moon solver newton trader field table ring marketing region campaign season holiday valentine lead deal dealer agent channel "
    "vendor partner brand model make vintage cash bond share stock fund bull bear tier gold silver summer spring winter autumn".split()
)
"""Given and family names that stand in names of things: two of them side by side are no person."""
_DATA_KEY = re.compile(r"[^\s@]@(?!\dx)[^\s@]|[^\s@]%40|\d{5,}|[0-9a-fA-F]{8}-|^\d+$|\s\S+\s\S+\s\S+")
SUFFIX = re.compile(r"(?:\.[A-Za-z][A-Za-z0-9]{0,7})?(?:\.(?:gz|bz2|xz|zst))?$")
_SUFFIXES = frozenset(
    "csv tsv txt json jsonl ndjson parquet avro orc xlsx xls ods zip tar tgz gz bz2 xz zst xml html htm md log eml mbox pdf docx pptx bin dat".split()
)
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@lru_cache(maxsize=65_536)
def is_data_key(key: str) -> bool:
    """Whether a key or a column's name looks like data rather than structure (an e-mail, an id, a number, a person)."""
    return len(key) > 128 or _DATA_KEY.search(key) is not None or bool(spans(key))


def _printable(text: str) -> str:
    """Without codes for a terminal, marks of direction and what is no text."""
    if text.isprintable() and (text.isascii() or text.encode("utf-8", "replace").decode("utf-8") == text):
        return text
    return "".join(c if c.isprintable() else "?" for c in text.encode("utf-8", "replace").decode("utf-8"))


def is_identifier(key: str) -> bool:
    """Whether a key is written as programs name things: without blanks, and with nothing but letters, digits and `_ $ . : -`."""
    return re.fullmatch(r"[A-Za-z_$@][\w$.:-]*", key, re.ASCII) is not None


def fits(path: Path, wanted: Path) -> bool:
    """Whether a path that was read is the one asked for: `*` stands for any key that is data, also one that only its siblings told."""
    return len(path) == len(wanted) and all(p == w or (w == "*" and _nameless(p)) for p, w in zip(path, wanted, strict=True))


def _nameless(key: str) -> bool:
    return key not in ("[]", KEY) and not is_identifier(key)


def segment(key: str) -> str:
    """The key as a segment of a path: `*` where it is data, or nothing; what cannot be printed (codes for a terminal) becomes `?`."""
    if not key or is_data_key(key):
        return "*"
    return _printable(key)


@lru_cache(maxsize=65_536)
def spans(name: str) -> tuple[tuple[int, int], ...]:
    """Where personal data stands in a name: e-mail addresses, telephone and card numbers, people. In order, without overlap."""
    found = [m.span() for m in _EMAIL.finditer(name)] if "@" in name or "%40" in name else []
    if _DIGITS.search(name):
        found += [m.span() for m in _NUMBERS.finditer(name)]
    if "=" in name:
        found += [m.span(1) for m in _OF_PERSON.finditer(name)]
    if _TWO_WORDS.search(name):
        found += _people(name)
    if not found:
        return ()
    out: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)


def _people(name: str) -> Iterator[tuple[int, int]]:
    """A given name beside a family name, in either order, neither of them an everyday or a technical word, nor both a town."""
    before: re.Match[str] | None = None
    for token in _TOKEN.finditer(name):
        if len(token[0]) < 3:
            if len(token[0]) > 1:
                before = None
            continue
        if before is not None and _BETWEEN.fullmatch(name, before.end(), token.start()) and _pair(fold(before[0]), fold(token[0])):
            yield before.start(), token.end()
        before = token


@lru_cache(maxsize=65_536)
def _pair(one: str, other: str) -> bool:
    if any(t in _TECHNICAL or t in words("common") or t in words("countries") for t in (one, other)) or f"{one} {other}" in words("cities"):
        return False
    given, family = words("given"), words("family")
    return (one in given and other in family) or (one in family and other in given)


def masked_words(text: str) -> str:
    """Free text that is kept (a comment in a catalogue, a reason) with the personal data in it as `*`."""
    for start, end in reversed(spans(text)):
        text = f"{text[:start]}*{text[end:]}"
    return text


@dataclass(frozen=True, slots=True)
class Names:
    """Masks names with the key of the installation: the same name gives the same eight digits in every scan and worker."""

    key: bytes = field(default=b"", repr=False)

    def token(self, text: str) -> str:
        return "*" + hmac.digest(self.key or _OURS, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:8]

    def sealed(self, fingerprint: str) -> str:
        """A fingerprint that is kept: without the key it cannot be tried whether a guessed name or definition is the one. "" stays ""."""
        return hmac.digest(self.key or b"-", fingerprint.encode("utf-8", "surrogatepass"), "sha256").hex()[:32] if fingerprint else ""

    def label(self, name: str) -> str:
        """A table's or column's name: `sales_ann_lee` -> `sales_*1f0c22ab`; what cannot be printed becomes `?`."""
        if re.fullmatch(r"\+?\d{7,}", name):
            return self.token(name)
        plain = _printable(name)
        out = self._without(plain)
        return out if plain == name or out != plain else f"{plain}{self.token(name)}"

    def shown(self, name: str) -> str:
        """A path of a file, object or member: every part that holds data is masked and keeps its ending."""
        return "/".join([_shown_part(self, part) for part in name.split("/")])

    def read(self, name: str) -> tuple[str, tuple[str, ...]]:
        """The path as it may be shown, and what was masked in it."""
        shown = self.shown(name)
        return shown, told(name) if "*" in shown else ()

    def part(self, part: str) -> str:
        plain = _printable(part)
        suffix = _suffix(plain)
        stem = plain.partition(".")[0]
        if found := PARTITION.fullmatch(plain):
            value = unquote(found[2])
            data = is_data_key(value) and not _dated(f"x{value}")
            return f"{found[1]}={self.token(part)}" if data or _OF_PERSON.search(plain) else plain
        if _EMAIL.search(plain) or (_opaque(stem) and not re.fullmatch(r"[\d_.T:-]*Z?", stem) and not UUID.fullmatch(stem) and not _dated(stem)):
            return f"{self.token(part)}{suffix}"
        inner = plain[: len(plain) - len(suffix)] if suffix else plain
        out = self._without(inner)
        if out == inner and "%" in inner and spans(unquote(inner)):
            return f"{self.token(part)}{suffix}"
        if len(out) > 128:
            return f"{out[:40]}{self.token(part)}{suffix}"
        return f"{out}{suffix}" if out != inner or plain == part else f"{plain}{self.token(part)}"

    def _without(self, name: str) -> str:
        """Again until nothing is found: what was hidden beside a part may show once that is gone. Tokens are covered by bars of their length."""
        while found := spans(MASKED.sub("|" * 9, name) if "*" in name else name):
            for start, end in reversed(found):
                name = f"{name[:start]}{self.token(name[start:end])}{name[end:]}"
        return name


UNKEYED = Names()


@lru_cache(maxsize=65_536)
def _shown_part(names: Names, part: str) -> str:
    """Folders come again with every file in them."""
    return names.part(part)


def told(*names: str) -> tuple[str, ...]:
    """What `shown` and `label` mask in names: values, for RAM only."""
    out: list[str] = []
    for name in names:
        for part in name.split("/"):
            text = unquote(part) if "%" in part else part
            suffix = _suffix(text)
            inner = text[: len(text) - len(suffix)] if suffix else text
            out += [_read(inner[a:b]) for a, b in spans(inner)]
    return tuple(out)


def _read(found: str) -> str:
    """`ann_lee` -> `Ann Lee`, as people write it and recognisers know it."""
    if any(c.isdigit() for c in found) or "@" in found or "%40" in found:
        return found
    spaced = " ".join(re.sub(r"[\s_.+%-]+|(?<=[a-z])(?=[A-Z])", " ", found).split())
    return spaced.title() if spaced.islower() else spaced


def sample(source: str, dataset: str, found: Iterable[tuple[str, ...]], total: int | None) -> Iterator[Sample]:
    """The field of what stands in the labels of a dataset (of each file, or of each column): nothing where nothing does."""
    rows, values = 0, Counter[str]()
    for parts in found:
        rows += max(len(parts), 1)
        values.update(parts)
    if values:
        yield Sample(FieldRef(source, dataset, (NAMED,)), dict(values), rows, rows - values.total(), total, "full", "text")


def in_names(path: Path) -> bool:
    """Whether a field is the labels of its dataset: no row holds it, and it goes when the thing is renamed."""
    return path == (NAMED,)


def _opaque(stem: str) -> bool:
    return len(stem) > 128 or _DATA_KEY.search(stem) is not None


def _dated(stem: str) -> bool:
    """`orders_20261101`, `part-00000`: structure and a number, of which a date or a counter is no person's."""
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z_.=-]{0,40}(?:\d{1,8}|\d{4}-\d\d-\d\d)(?:[-_T]\d{1,6})?", stem))


def _suffix(name: str) -> str:
    found = SUFFIX.search(name)
    parts = [p for p in found.group(0).split(".") if p.lower() in _SUFFIXES] if found else []
    return "".join(f".{p}" for p in parts)


def installation_key(folder: File, otherwise: str) -> bytes:
    """The key of masked names: of the environment, else of `names.key` in the folder, which is made for this user alone.

    otherwise: what a key is made from where nothing can be written (the register's address, which holds a password).
    """
    if given := os.environ.get(VARIABLE):
        return given.encode()
    file = folder / "names.key"
    try:
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = file.with_name(f"names.key.{secrets.token_hex(4)}")
            try:
                with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as stream:
                    stream.write(secrets.token_hex(32) + "\n")
                os.link(new, file)  # whole or not at all, and the first of two wins
            except FileExistsError:
                pass
            finally:
                new.unlink(missing_ok=True)
        return file.read_bytes().strip()
    except OSError:
        return hashlib.sha256(otherwise.encode("utf-8", "surrogatepass")).digest()
