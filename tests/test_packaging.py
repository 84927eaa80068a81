"""The package as strangers get it: import, wheel, locks, layers, and the house rules that a machine can hold."""

from __future__ import annotations

import ast
import email
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import ropewalk as rw

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HEAVY = ("great_expectations", "pandas", "presidio_analyzer", "pyarrow", "spacy", "sqlalchemy", "streamlit", "torch", "onnxruntime", "plotly")
LOCKS = ("requirements.lock", "requirements-test.lock")
# Split, so that this file does not hold what it looks for.
REGISTRIES = ("pypi." + "org", "files.pythonhosted." + "org", "registry.npmjs." + "org", "astral." + "sh", "index-" + "url", "find-" + "links")
SIGNS = re.compile("|".join(re.escape(r) for r in REGISTRIES[:4]))


def tracked() -> list[Path]:
    """The files of the repository; in a checkout without git, all that .gitignore would not hide."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        hidden = {".venv", "dist", "build", ".ropewalk", "test-artifacts", "__pycache__", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
        return [p for p in ROOT.rglob("*") if p.is_file() and not hidden & set(p.relative_to(ROOT).parts)]
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def python(code: str, *arguments: str, at: Path = ROOT, executable: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run([executable, "-c", code, *arguments], cwd=at, capture_output=True, text=True, timeout=280, env=plain())


def plain() -> dict[str, str]:
    """The environment without what would lead Python back to this checkout."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}


def test_an_environment_elsewhere_is_the_one_that_is_filled(tmp_path: Path) -> None:
    """`make install VENV=…`: uv follows VIRTUAL_ENV, and must not fill the usual folder instead."""
    make = shutil.which("make")
    assert make, "no make here"
    command = [make, "-s", "--eval", "named: ; @echo $$VIRTUAL_ENV", "named"]
    for given, wanted in (([], ROOT / ".venv"), ([f"VENV={tmp_path}"], tmp_path), (["VENV=.venv-old"], ROOT / ".venv-old")):
        done = subprocess.run([*command, *given], cwd=ROOT, capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]})
        assert done.stdout.strip() == str(wanted)


@pytest.mark.parametrize("statement", ["import ropewalk", "import ropewalk as rw; rw.load_config", "import ropewalk.cli; import ropewalk.config"])
def test_import_is_light(statement: str) -> None:
    done = python(f"{statement}\nimport sys; print(*sorted(set({HEAVY!r}) & set(sys.modules)))")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_help_is_light() -> None:
    code = "import sys\nfrom ropewalk.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
    done = python(f"{code}print('LOADED', *sorted(set({HEAVY!r}) & set(sys.modules)))")
    assert done.stdout.splitlines()[-1] == "LOADED"


def test_public_names_are_exact() -> None:
    assert sorted(rw.__all__) == [
        "RopewalkError", "__version__", "check", "gx", "load_config", "load_policy", "open_register", "ropa", "sample", "scan", "views",
    ]  # fmt: skip
    assert dir(rw) == sorted(rw.__all__)
    for name in rw.__all__:
        assert getattr(rw, name) is not None
    with pytest.raises(AttributeError):
        _ = rw.nothing


def test_imports_flow_one_way() -> None:
    done = subprocess.run([Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_extensions_are_imported_by_nobody() -> None:
    guilty = []
    for path in (p for p in tracked() if p.suffix == ".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            guilty += [f"{path.relative_to(ROOT)}:{node.lineno}" for n in names if n.split(".")[0] in {"scanners", "expectations"}]  # type: ignore[attr-defined]
    assert guilty == []


def test_no_file_holds_two_concepts() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in tracked()
        if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in {"ropewalk", "scanners", "expectations", "data"}
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}


def test_no_tracked_file_names_a_registry() -> None:
    found = [str(p.relative_to(ROOT)) for p in tracked() if SIGNS.search(p.read_bytes().decode("utf-8", "ignore"))]
    assert found == []
    banned = re.compile(r"(^|/)(uv\.lock|pylock.*\.toml|.*\.cdx\.json|.*\.spdx(\.json)?|package-lock\.json)$")
    assert [str(p.relative_to(ROOT)) for p in tracked() if banned.search(p.as_posix())] == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_is_hashed_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*--?(index|extra|find|trusted|i|f)\b|^\s*#|@", text, re.MULTILINE)
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*==\S+", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]


def test_lock_covers_what_the_project_needs() -> None:
    pinned = {m.lower() for m in re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)}
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["build"], *PROJECT["build-system"]["requires"]]
    asked += [r for name, extra in PROJECT["project"]["optional-dependencies"].items() if name != "all" for r in extra]
    names = {re.split(r"[\[<>=!~; ]", r)[0].lower().replace("_", "-") for r in asked}
    assert names <= pinned
    test = {re.split(r"[\[<>=!~; ]", r)[0].lower().replace("_", "-") for r in PROJECT["dependency-groups"]["test"]}
    both = {m.lower() for m in re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements-test.lock").read_text(encoding="utf-8"), re.MULTILINE)}
    assert test | pinned <= both


def test_locks_agree() -> None:
    first, second = ({*re.findall(r"^(\S+==\S+.*?) ?\\?$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)} for name in LOCKS)
    assert {e.split(";")[0].strip() for e in first} <= {e.split(";")[0].strip() for e in second}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    # Built from the tracked files alone, as a release is.
    source = tmp_path_factory.mktemp("source")
    for path in tracked():
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    done = subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def test_wheel_holds_everything(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        about = email.message_from_bytes(archive.read(next(n for n in names if n.endswith(".dist-info/METADATA"))))
    builtin = [p for p in tracked() if p.relative_to(ROOT).parts[0] in {"scanners", "expectations"}]
    assert builtin
    for path in builtin:
        assert f"ropewalk/_builtin/{path.relative_to(ROOT).as_posix()}" in names
    for path in (p for p in tracked() if p.relative_to(ROOT).parts[0] == "ropewalk"):
        assert path.relative_to(ROOT).as_posix() in names
    assert "ropewalk/_builtin/app.py" in names
    assert "ropewalk/_builtin/samples/company/ropewalk.yaml" in names
    assert not [n for n in names if "/.ropewalk/" in n or "__pycache__" in n or n.startswith(("tests/", "benchmarks/"))]
    assert about["License-Expression"] == "Apache-2.0"
    assert [n for n in names if n.endswith("licenses/LICENSE")]
    assert wheel.stat().st_size < 20_000_000


@pytest.fixture(scope="module")
def stranger(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of an empty environment with the wheel; the dependencies are those of this one, without its editable ropewalk."""
    home = tmp_path_factory.mktemp("stranger")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "venv")], check=True)
    executable = home / "venv" / "bin" / "python"
    site = Path(python("import sysconfig; print(sysconfig.get_path('purelib'))", executable=str(executable)).stdout.strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    here = python("import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    # A plain path line: .pth files of that folder, such as the one of the editable install, are not followed from here.
    (site / "dependencies.pth").write_text(here + "\n")
    return executable


LOAD = """
import ropewalk as rw
from pathlib import Path
from ropewalk.plugins import PACKAGE, Plugins
assert "site-packages" in rw.__file__, rw.__file__
plugins = Plugins.of()
assert all(PACKAGE / "_builtin" in p.parents for p in (*plugins.scanners, *plugins.expectations)), plugins
print(len(plugins.connectors()), len(plugins.controls()), len(plugins.packs()), len(plugins.policies()))
"""


def test_wheel_loads_its_extensions_from_an_unrelated_folder(stranger: Path, tmp_path: Path) -> None:
    done = python(LOAD, at=tmp_path, executable=str(stranger))
    assert done.returncode == 0, done.stderr
    connectors, controls, packs, policies = map(int, done.stdout.split())
    assert connectors >= 3
    assert controls >= 6
    assert packs >= 1
    assert policies >= 1


def test_wheel_answers_help(stranger: Path, tmp_path: Path) -> None:
    done = python("from ropewalk.cli import main; main(['--help'])", at=tmp_path, executable=str(stranger))
    assert done.returncode == 0, done.stderr
    for command in ("scan", "findings", "check", "ropa", "sources", "app", "demo"):
        assert re.search(rf"\b{command}\b", done.stdout), command


@pytest.mark.timeout(400)
def test_wheel_runs_the_demo(stranger: Path, tmp_path: Path) -> None:
    code = "from ropewalk.cli import main; main(['demo', '--no-serve', '--no-color'])"
    done = subprocess.run(
        [stranger, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=380, env={**plain(), "COLUMNS": "200"}
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for clause in ("1.8", "2.1", "2.4", "2.6"):
        assert re.search(rf"(?m)^.*\b{re.escape(clause)}\b.*$", done.stdout), clause
    assert "sample" in (done.stdout + done.stderr).lower()
    assert list(tmp_path.rglob("register.db"))
    assert not list(tmp_path.rglob("truth.yaml"))


def test_venv_script_is_plain_bash() -> None:
    for script in (*(ROOT / "scripts").glob("*.sh"), ROOT / ".ci" / "run"):
        assert subprocess.run(["bash", "-n", str(script)]).returncode == 0, script
        assert os.access(script, os.X_OK), script


def test_venv_is_made_where_ensurepip_is_missing(tmp_path: Path) -> None:
    """A python whose `venv` cannot bring pip, as in Debian: the script takes another pip on this machine."""
    real = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    fake = tmp_path / "python-without-ensurepip"
    fake.write_text(
        f'#!/bin/sh\ncase "$*" in *--without-pip*) ;; "-m venv"*) echo "ensurepip is not available" >&2; exit 1;; esac\nexec "{real}" "$@"\n'
    )
    fake.chmod(0o755)
    done = subprocess.run(
        ["bash", str(ROOT / "scripts" / "venv.sh"), str(tmp_path / "venv")], capture_output=True, text=True, timeout=250,
        env={**os.environ, "PYTHON": str(fake)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    version = subprocess.run([tmp_path / "venv" / "bin" / "uv", "--version"], capture_output=True, text=True).stdout
    assert version.split()[1] in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_venv_script_names_the_mend_where_there_is_no_python(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", str(ROOT / "scripts" / "venv.sh"), str(tmp_path / "venv")], capture_output=True, text=True,
        env={**os.environ, "PYTHON": "no-such-python"},
    )  # fmt: skip
    assert done.returncode == 2
    assert "mend:" in done.stderr
    assert not (tmp_path / "venv").exists()
