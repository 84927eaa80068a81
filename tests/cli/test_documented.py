"""The documents against `--help`: every command and option they name exists, and every command and option is documented."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import typer.main
import yaml

from ropewalk.cli.program import app
from ropewalk.config import AttestationConfig, Clock, Detection, ExecutorConfig, Limits, Settings, SourceConfig, TagConfig
from ropewalk.duties import (
    AlarmsConfig,
    CanaryConfig,
    ChannelConfig,
    EvidenceConfig,
    MailConfig,
    ScheduleConfig,
    SlackConfig,
    SyslogConfig,
    TimestampConfig,
    WebhookConfig,
)

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
GROUP: Any = typer.main.get_command(app)
GLOBAL = {"--config", "-c", "--no-color", "--debug", "--version", "--help", "-h"}


def commands(group: Any = GROUP, name: str = "ropewalk") -> Iterator[tuple[str, Any]]:
    """(`ropewalk ropa drift`, command) for all that can be run."""
    for key, command in group.commands.items():
        full = f"{name} {key}"
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield full, command
            yield from commands(command, full)
        else:
            yield full, command


COMMANDS = dict(commands())


def options(command: Any) -> set[str]:
    return {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("-")} - {"--help"}


def mentioned(text: str) -> Iterator[str]:
    """Command lines in code spans and code blocks."""
    for block in re.findall(r"```(?!yaml|mermaid|python|sql)[a-z]*\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            for part in re.split(r"&&|\||;", line.split("  #")[0]):
                if re.match(r"\s*(\S+=\S+ )*(\.venv/bin/)?ropewalk\s+\S", part):
                    yield part.strip().split("ropewalk", 1)[1].strip()
    for span in re.findall(r"`(?:\.venv/bin/)?ropewalk ([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        first, *more = re.split(r"&&|\||;", span)
        yield first.strip()
        yield from (part.strip().removeprefix("ropewalk ") for part in more if part.strip().startswith("ropewalk "))


def problem(line: str) -> str:
    """What is wrong with a command line of a document, "" if nothing is."""
    at: Any = GROUP
    for word in line.split():
        if hasattr(at, "commands") and word in at.commands:
            at = at.commands[word]
        elif getattr(at, "default", None):
            at = at.commands[at.default]
        elif word.startswith("-") and not re.fullmatch(r"-\d+", word):
            option = word.split("=")[0].rstrip(".,")
            if option not in options(at) | GLOBAL:
                return f"no option {option}"
        elif hasattr(at, "commands") and not getattr(at, "invoke_without_command", False) and re.fullmatch(r"[a-z]+", word):
            return f"no command {word}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_documents_name_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("[--config FILE] [--no-color] [--debug] COMMAND", "").replace("COMMAND --help", "--help")
    wrong = {line: p for line in mentioned(text) if (p := problem(line))}
    assert not wrong


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented(name: str) -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert re.search(rf"`{name}`", text), f"docs/cli.md does not name `{name}`"
    assert COMMANDS[name].help, "no help text"
    for parameter in COMMANDS[name].params:
        assert parameter.name == "help" or parameter.help, f"{name}: {parameter.name} has no help"


def test_every_key_of_the_configuration_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    models = (
        Settings, SourceConfig, Limits, Clock, Detection, ExecutorConfig, EvidenceConfig, TimestampConfig, AttestationConfig, TagConfig,
        AlarmsConfig, ChannelConfig, SlackConfig, WebhookConfig, MailConfig, SyslogConfig, ScheduleConfig, CanaryConfig,
    )  # fmt: skip
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    missing = {key for key in keys if not re.search(rf"`{key}`|\b{key}:", text)}
    assert not missing


def configurations(page: Path) -> Iterator[dict[str, Any]]:
    """What a page shows of a `ropewalk.yaml`: the YAML blocks of which every key is one of the configuration's."""
    for block in re.findall(r"^ *```yaml\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        said = yaml.safe_load(dedent(block))
        if isinstance(said, list):
            said = {"sources": said}
        if set(said) <= {field.alias or name for name, field in Settings.model_fields.items()}:
            yield said


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_configurations_in_documents_are_taken(page: Path) -> None:
    for said in configurations(page):
        text = yaml.safe_dump(said, allow_unicode=True).replace("8c1f…", "0" * 64)
        whole = yaml.safe_load(re.sub(r"\$\{[A-Z_]+\}", "https://example.com/0123456789", text))
        needed = {"name": "shop", "uri": "file://shop", "owner": "o", "purpose": "p"}
        Settings.model_validate({**whole, "sources": [{**needed, **source} for source in whole.get("sources", [needed])]})


def test_documents_show_configurations() -> None:
    shown = {key for page in PAGES for said in configurations(page) for key in said}
    assert shown >= {"sources", "alarms", "schedule", "evidence", "executor", "overrides", "canaries", "detection", "register"}


def headings(page: Path) -> set[str]:
    """The headings as links name them: `## Have it stamped` is `have-it-stamped`."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_links_between_documents_lead_somewhere() -> None:
    dead = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)", page.read_text(encoding="utf-8")):
            file, _, heading = target.partition("#")
            there = page.parent / file if file else page
            if "://" not in target and not (there.exists() and (not heading or heading in headings(there))):
                dead.append(f"{page.relative_to(ROOT)} -> {target}")
    assert not dead


def test_help_is_answered_without_the_heavy_libraries() -> None:
    code = "import sys; from ropewalk.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint('\\n'.join(sys.modules))"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines())
    heavy = {"pandas", "numpy", "great_expectations", "spacy", "presidio_analyzer", "streamlit", "sqlalchemy", "pydantic", "plotly", "fsspec"}
    assert not heavy & loaded
