"""The files for other schedulers: they parse, their commands and options exist, and their exit codes are those of `ropewalk check`."""

from __future__ import annotations

import ast
import configparser
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml
from test_documented import ROOT, problem

from ropewalk.config import Settings

EXAMPLES = ROOT / "docs" / "examples"
FILES = sorted(p.name for p in EXAMPLES.iterdir() if p.is_file())
TASKS = ROOT / "docs" / "tasks"


def text(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


def test_every_file_is_named_by_the_guide() -> None:
    guide = (TASKS / "schedule.md").read_text(encoding="utf-8")
    assert not [name for name in FILES if f"../examples/{name}" not in guide]


@pytest.mark.parametrize("name", [n for n in FILES if not n.endswith(".timer")])
def test_its_command_exists(name: str) -> None:
    lines = "\n".join(line for line in text(name).splitlines() if not line.lstrip().startswith("#"))
    if name.endswith(".py"):
        tree = ast.parse(text(name))
        (words,) = [ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "COMMAND"]
        found = [" ".join(words[1:])]
    elif name.startswith("kubernetes"):
        (container,) = yaml.safe_load(text(name))["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        found = [" ".join(w for w in container["command"][1:] if not w.startswith("/"))]
    else:
        found = re.findall(r"(?:/|^\s+)ropewalk ([a-z][^>|&;\n]*)", lines, re.MULTILINE)
    assert found
    assert not [p for line in found if (p := problem(line))]
    assert all(line.split()[:2] in (["check", "--once"], ["schedule", "run"]) or "check --once" in line for line in found)


def test_kubernetes_tries_again_only_what_is_incomplete() -> None:
    job = yaml.safe_load(text("kubernetes-cronjob.yaml"))
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    (rule,) = job["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onExitCodes"]["values"]) == ("FailJob", [1, 2])
    assert job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never", "a podFailurePolicy needs it"


@pytest.mark.parametrize("name", [n for n in FILES if n.endswith((".service", ".timer"))])
def test_systemd_reads_it(name: str) -> None:
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text(name))
    if name.endswith(".timer"):
        assert unit["Timer"]["Persistent"] == "true"
        assert (EXAMPLES / name.replace(".timer", ".service")).exists()
    else:
        assert shlex.split(unit["Service"]["ExecStart"])[0].startswith("/")
        assert unit["Service"].get("SuccessExitStatus", "1") == "1"


def run(script: str, folder: Path, code: int) -> subprocess.CompletedProcess[str]:
    """A shell script whose `ropewalk` ends with this exit code."""
    fake = folder / ".venv" / "bin" / "ropewalk"
    fake.parent.mkdir(parents=True, exist_ok=True)
    fake.write_text(f"#!/bin/sh\necho words of a run\nexit {code}\n")
    fake.chmod(0o755)
    (folder / "secrets.env").write_text("SHOP_PASSWORD=x\n")
    paths = {**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"}
    return subprocess.run(["sh", "-e", "-c", script], cwd=folder, env=paths, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("code", "mailed"), [(0, ""), (1, ""), (2, "words of a run\n"), (3, "words of a run\n")])
def test_cron_mails_what_is_no_answer(tmp_path: Path, code: int, mailed: str) -> None:
    line = text("crontab").splitlines()[-1]
    assert line.startswith("0 3 * * *  ")
    assert "%" not in line, "cron takes it for the end of the line"
    ended = run(line[11:].replace("/srv/ropewalk", shlex.quote(str(tmp_path))).replace("set -a", "set +e; set -a"), tmp_path, code)
    assert ended.stdout == mailed


@pytest.mark.parametrize(("code", "ends", "words"), [(0, 0, ""), (1, 1, "control failed"), (2, 2, "wrong"), (3, 0, "::warning::incomplete")])
def test_github_stops_where_it_should(tmp_path: Path, code: int, ends: int, words: str) -> None:
    flow = yaml.safe_load(text("github-actions.yml"))
    assert flow["concurrency"]["cancel-in-progress"] is False
    (step,) = [s for s in flow["jobs"]["check"]["steps"] if "check --once" in s.get("run", "")]
    ended = run(step["run"], tmp_path, code)
    assert ended.returncode == ends
    assert words in ended.stdout


class Stop(Exception):
    pass


class Again(Exception):
    pass


def decorator(*given: Any, **_: Any) -> Any:
    return given[0] if given and callable(given[0]) else lambda function: function


def loaded(name: str, folder: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A file that is loaded beside stand-ins for what it imports, with a command that ends with this exit code."""
    for module, parts in {
        "airflow": {}, "airflow.decorators": {"dag": decorator, "task": decorator},
        "airflow.exceptions": {"AirflowException": Again, "AirflowFailException": Stop},
        "dagster": {
            "Definitions": SimpleNamespace, "Failure": lambda description, allow_retries: Stop(description), "OpExecutionContext": object,
            "RetryRequested": lambda **_: Again("again"), "ScheduleDefinition": SimpleNamespace, "job": decorator, "op": decorator,
        },
    }.items():  # fmt: skip
        made = ModuleType(module)
        vars(made).update(parts)
        monkeypatch.setitem(sys.modules, module, made)
    code_text = text(name).replace("/srv/ropewalk", str(folder))
    run("true", folder, code)
    space: dict[str, Any] = {"__name__": "example"}
    exec(compile(code_text.replace("\nropewalk()\n", "\n"), name, "exec"), space)
    return space


@pytest.mark.parametrize(("code", "error"), [(0, None), (1, Stop), (2, Stop), (3, Again)])
def test_airflow_and_dagster_try_again_only_what_is_incomplete(
    tmp_path: Path, code: int, error: type[Exception] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = loaded("airflow_dag.py", tmp_path, code, monkeypatch)["ropewalk"]
    op = loaded("dagster_job.py", tmp_path, code, monkeypatch)["check"]
    context = SimpleNamespace(log=SimpleNamespace(warning=lambda _: None))
    for does in (dag, lambda: op(context)):
        if error is None:
            does()
        else:
            with pytest.raises(error):
                does()


@pytest.mark.parametrize("page", ["alarms.md", "schedule.md", "canaries.md"])
def test_configurations_in_the_guides_are_read(page: str) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (TASKS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        filled = (
            block.replace("${SLACK_URL}", "https://hooks.example.com/x").replace("${WEBHOOK_SECRET}", "0123456789abcdef").replace("8c1f…", "0" * 64)
        )
        source = {"name": "shop", "uri": "file://shop", "owner": "o", "purpose": "p"}
        Settings.model_validate({"version": 1, "sources": [source], **yaml.safe_load(filled)})
