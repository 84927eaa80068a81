"""How errors are told: what, where, mend, the exit code; never a traceback, never a value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ropewalk.cli import main, program
from ropewalk.cli.render import Out, cell, clean, seconds

CANARY = "zz-canary-value-4711"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return int(end.value.code or 0)


@pytest.mark.parametrize("arguments", [(), ("scan",), ("findings",), ("check",), ("ropa",), ("sources", "list"), ("verify",)])
def test_without_a_configuration_every_command_says_what_to_do(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code = run(*arguments)
    told = capsys.readouterr()
    assert code == 2
    if arguments:
        assert "no ropewalk.yaml here" in told.err
        assert "mend:" in told.err
        assert not told.out
    assert "Traceback" not in told.err


def test_a_mistake_in_the_configuration_names_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ropewalk.yaml"
    file.write_text("version: 1\nsources:\n  - name: shop\n    uri: sqlite:///x.db\n    owner: me\n    purpos: typo\n", encoding="utf-8")
    assert run("scan", "--config", str(file)) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "ropewalk.yaml:" in told
    assert "purpos" in told


BROKEN = """
from ropewalk.errors import SourceError

class Broken:
    schemes = ("broken",)

    def __init__(self, source, limits):
        self.source = source

    def test(self):
        if "unexpected" in self.source.uri:
            raise KeyError(self.source.uri)
        raise SourceError("cannot be reached", where="source shop", mend="start it")
        yield

    def datasets(self): ...
    def samples(self, dataset, *, rows, fields=None, turn=0): ...
    def facts(self, as_of): ...
    def table(self, dataset, paths): ...
    def close(self): ...
"""


def configured(folder: Path, uri: str) -> str:
    """A configuration with a connector of one's own, that fails."""
    (folder / "mine").mkdir()
    (folder / "mine" / "broken.py").write_text(BROKEN, encoding="utf-8")
    text = f"version: 1\nscanners: [mine]\nsources: [{{name: shop, uri: '{uri}', owner: me, purpose: tests}}]\n"
    (folder / "ropewalk.yaml").write_text(text, encoding="utf-8")
    return str(folder)


def test_a_store_that_cannot_be_reached_is_a_line_and_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sources", "test", "--config", configured(tmp_path, "broken://x"), "--format", "json") == 3
    row = json.loads(capsys.readouterr().out)["rows"][0]
    assert row == {"source": "shop", "check": "open", "ok": False, "detail": "cannot be reached", "mend": "start it"}


@pytest.mark.parametrize("debug", [False, True])
def test_an_unexpected_error_never_shows_its_message(debug: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = configured(tmp_path, f"broken://unexpected/{CANARY}")
    assert run("sources", "test", "--config", config, *(["--debug"] if debug else [])) == 3
    told = capsys.readouterr()
    assert "KeyError" in told.err
    assert CANARY not in told.err + told.out
    assert ("broken.py:" in told.err) is debug


@pytest.mark.parametrize("wrong", [("nonsense",), ("scan", "--nonsense"), ("findings", "--min-confidence", "2"), ("export",)])
def test_usage_errors_are_the_users(wrong: tuple[str, ...]) -> None:
    assert run(*wrong) == 2


def test_global_options_may_stand_anywhere() -> None:
    move = program._globals_first
    assert move(["scan", "--config", "x", "--source", "y", "--no-color"]) == ["--config", "x", "--no-color", "scan", "--source", "y"]
    assert move(["scan", "--", "--debug"]) == ["scan", "--", "--debug"]
    assert move(["scan", "--config=x"]) == ["--config=x", "scan"]
    assert move(["scan", "--config"]) == ["--config", "scan"]


def test_hostile_names_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert clean("a\x1b[31mb\x07\u202ec") == "a·[31mb·" + "·c"
    Out().say("x\x1b[2Jy")
    assert "\x1b[2J" not in capsys.readouterr().err


def test_cells_are_readable() -> None:
    assert cell("fail", "status").plain == "✗ fail"
    assert cell(0.5).plain == "0.50"
    assert cell(3.0).plain == "3"
    assert cell(None).plain == cell(float("nan")).plain == ""
    assert cell("[red]x[/red]").plain == "[red]x[/red]"
    assert [seconds(v) for v in (None, 1.234, 75, 7300)] == ["unknown", "1.2 s", "1 min 15 s", "2 h 1 min"]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("ropewalk ")
