"""YAML that knows its lines: what people write, checked so that every mistake names file, line and mend, and quotes no value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ropewalk.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
Lines = dict[tuple[str | int, ...], int]


class Strict(BaseModel):
    """What people write: unknown keys are mistakes, and no error quotes what was written."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PlacedError(ValueError):
    """A mistake that a whole sees in one of its parts; at: the path of the part below the whole."""

    def __init__(self, words: str, at: tuple[str | int, ...]) -> None:
        super().__init__(words)
        self.at = at


def all_differ(names: Sequence[str], words: str, key: str = "name") -> None:
    """Raises PlacedError at the first name that stood before; words: what to say, `{}` for the name."""
    for i, name in enumerate(names):
        if name in names[:i]:
            raise PlacedError(words.format(name), at=(i, key))


def parse(text: str, where: str) -> tuple[Any, Lines]:
    """YAML text -> (data, line of every key path). Duplicate keys and YAML mistakes are ConfigErrors."""
    try:
        try:
            return _read(text, where, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.YAMLError:
            return _read(text, where, yaml.SafeLoader)  # the same mistake in plainer words than those of the library in C
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"{where}:{mark.line + 1}" if mark else where
        raise ConfigError(f"not valid YAML: {error.problem}", where=at, mend="check the indentation and the quotes near this line") from None
    except yaml.YAMLError:
        raise ConfigError("not valid YAML", where=where, mend="save the file as UTF-8 text") from None


def _read(text: str, where: str, kind: Any) -> tuple[Any, Lines]:
    loader = kind(text)
    try:
        node, lines = loader.get_single_node(), Lines()
        if node is None:
            return None, lines
        _walk(node, (), lines, where)
        return loader.construct_document(node), lines
    finally:
        loader.dispose()


def _walk(node: yaml.Node, path: tuple[str | int, ...], lines: Lines, where: str) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise ConfigError(f"the key {key.value!r} stands twice", where=f"{where}:{key.start_mark.line + 1}", mend="keep one of them")
            seen.add(key.value)
            lines[(*path, key.value)] = key.start_mark.line + 1
            _walk(value, (*path, key.value), lines, where)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _walk(value, (*path, i), lines, where)


def line_of(lines: Lines, path: tuple[str | int, ...]) -> int:
    """The line of the longest known prefix of `path`."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


_WORDS = {
    "extra_forbidden": "there is no such key",
    "missing": "this key is needed",
    "too_short": "at least one is needed",
    "string_too_short": "must not be empty",
    "string_type": "a text is needed",
    "int_parsing": "a whole number is needed",
    "float_parsing": "a number is needed",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
Place = tuple[str | int, ...]


def validate(model: type[Model], data: Any, where: str, lines: Lines, docs: str = "docs/configuration.md") -> Model:
    """Pydantic validation whose errors carry file, line and mend, and quote no input but names and keys. docs: where the keys are listed."""
    if not isinstance(data, dict):
        raise ConfigError("the file must hold keys and values", where=f"{where}:1", mend=f"see {docs} for a whole example")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = [_problem(e["type"], e["msg"], _loc(e), model) for e in error.errors(include_input=False, include_url=False)]
    meant = {(*loc[:-1], key) for loc, _, key in found if key}
    problems = sorted(
        (not key, line_of(lines, loc), _place(loc, data), words, key) for loc, words, key in found if loc not in meant or words != _WORDS["missing"]
    )
    _, line, place, words, key = problems[0]
    what = f"{place}: {words}" + "".join(f"\n  also line {n}, {p}: {w}" for _, n, p, w, _ in problems[1:])
    wanting = words in {_WORDS["missing"], _WORDS["too_short"]}
    mend = f"write {key} (every key: {docs})" if key else f"{'write' if wanting else 'correct'} {place} (every key: {docs})"
    raise ConfigError(what, where=f"{where}:{line}", mend=mend) from None


def _loc(error: ErrorDetails) -> Place:
    cause = error.get("ctx", {}).get("error")
    return (*error["loc"], *cause.at) if isinstance(cause, PlacedError) else error["loc"]


def _problem(kind: str, message: str, loc: Place, model: type[BaseModel]) -> tuple[Place, str, str]:
    """(place, what is wrong in plain words, the key that was probably meant)."""
    words = _WORDS.get(kind, message.removeprefix("Value error, "))
    fields = _fields(model, loc[:-1])
    if kind == "extra_forbidden":
        near = get_close_matches(str(loc[-1]), fields, 1, 0.6)
        return loc, f"{words}; did you mean {near[0]}?" if near else words, near[0] if near else ""
    if kind == "model_type" and (inner := _fields(model, loc)):
        return loc, f"must be keys with their values: {{{', '.join(inner)}}}, or some of them", ""
    if kind == "string_pattern_mismatch" and loc and (field := fields.get(str(loc[-1]))) and field.description:
        return loc, f"must be {field.description}", ""
    for start in ("Input should ", "String should ", "List should "):
        words = re.sub(f"^{start}", "must ", words)
    return loc, words, ""


def _fields(model: type[BaseModel], loc: Place) -> dict[str, FieldInfo]:
    """The keys that may stand at a place."""
    models = [model]
    for step in loc:
        models = [inner for m in models for inner in _inside(m, step)]
    return {f.alias or name: f for m in models for name, f in m.model_fields.items()}


def _inside(model: type[BaseModel], step: str | int) -> list[type[BaseModel]]:
    """The models below one key; a list's number, a mapping's key and a union's tag stay with the model."""
    field = next((f for name, f in model.model_fields.items() if step in {name, f.alias}), None)
    return list(_models(field.annotation)) if field else [model]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _place(loc: Place, data: Any) -> str:
    """`sources[shop].owner`: what stands in a list goes by its name, else by its number, the first being 1."""
    out, last = "", len(loc) - 1
    for i, step in enumerate(loc):
        inside = isinstance(data, dict | list) and (step in data if isinstance(data, dict) else isinstance(step, int) and step < len(data))
        if not inside and i < last:
            continue
        data = data[step] if inside else None
        if isinstance(step, int):
            names = (data.get(key) for key in ("name", "id", "kind")) if isinstance(data, dict) else ()
            out += f"[{next((n for n in names if isinstance(n, str) and _NAME.fullmatch(n)), step + 1)}]"
        else:
            out += f".{step}" if out else step
    return out or "file"
