"""YAML that knows its lines: what people write, checked so that every mistake names file, line and mend, and quotes no value."""

from __future__ import annotations

from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ropewalk.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
Lines = dict[tuple[str | int, ...], int]


class Strict(BaseModel):
    """What people write: unknown keys are mistakes, and no error quotes what was written."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def parse(text: str, where: str) -> tuple[Any, Lines]:
    """YAML text -> (data, line of every key path). Duplicate keys and YAML mistakes are ConfigErrors."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines: Lines = {}
        if node is not None:
            _walk(node, (), lines, where)
        return yaml.safe_load(text), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"{where}:{mark.line + 1}" if mark else where
        raise ConfigError(f"not valid YAML: {error.problem}", where=at, mend="check the indentation and the quotes near this line") from None
    except yaml.YAMLError:
        raise ConfigError("not valid YAML", where=where, mend="save the file as UTF-8 text") from None


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


_WORDS = {"extra_forbidden": "there is no such key", "missing": "this key is needed"}


def validate(model: type[Model], data: Any, where: str, lines: Lines) -> Model:
    """Pydantic validation whose errors carry file, line and mend, and quote no input."""
    if not isinstance(data, dict):
        raise ConfigError("the file must hold keys and values", where=f"{where}:1", mend="see docs/configuration.md for a whole example")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = []
        for e in error.errors(include_input=False, include_url=False):
            loc = tuple(p for p in e["loc"])
            problems.append((line_of(lines, loc), ".".join(map(str, loc)) or "file", _WORDS.get(e["type"], e["msg"].removeprefix("Value error, "))))
        problems.sort()
        first = problems[0]
        what = f"{first[1]}: {first[2]}" + "".join(f"\n  also line {n}, {p}: {m}" for n, p, m in problems[1:])
        raise ConfigError(what, where=f"{where}:{first[0]}", mend=f"correct {first[1]} (every key: docs/configuration.md)") from None
