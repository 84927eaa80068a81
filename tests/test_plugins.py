"""Extensions are found by folder and loaded under a private name; built-ins have no privileges."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from ropewalk.errors import MissingExtraError, PluginError
from ropewalk.plugins import Plugins, builtin, load

HERE = Path(__file__).parent
CONNECTOR = "class Mine:\n    schemes = ('{}',)\n    def __init__(self, source, limits): ...\n"


def test_a_users_connector_is_found_by_its_scheme() -> None:
    plugins = Plugins.of([HERE / "extensions" / "scanners"])
    assert plugins.connector("folder", "test").__name__ == "FolderConnector"
    assert {"sqlite", "file", "logs", "folder"} <= plugins.connectors().keys()


def test_a_later_folder_overrides_an_earlier_one_and_a_built_in(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.py").write_text(CONNECTOR.format("logs"))
    own = Plugins.of([tmp_path / "one", tmp_path / "two"]).connector("logs", "test")
    assert own is load(tmp_path / "two" / "mine.py").Mine
    assert own is not load(tmp_path / "one" / "mine.py").Mine


def test_names_are_private_and_the_current_folder_is_never_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scanners").mkdir()
    (tmp_path / "scanners" / "evil.py").write_text(CONNECTOR.format("evil") + "raise SystemExit\n")
    monkeypatch.chdir(tmp_path)
    assert "evil" not in Plugins.of().connectors()
    assert not {"sql", "logs", "scanners", "expectations"} & set(sys.modules)
    assert load(builtin("scanners") / "logs.py").__name__.startswith("_ropewalk_ext_")


def test_private_files_and_imported_classes_are_no_extensions(tmp_path: Path) -> None:
    (tmp_path / "_part.py").write_text("raise RuntimeError")
    (tmp_path / "mine.py").write_text("from pathlib import Path\n" + CONNECTOR.format("mine") + "class Plain: ...\n")
    assert "mine" in Plugins.of([tmp_path]).connectors()


def test_a_file_that_breaks_is_named_and_loaded_anew_when_mended(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import nothing_of_that_name\n")
    plugins = Plugins.of([tmp_path])
    with pytest.raises(PluginError, match="ModuleNotFoundError") as caught:
        plugins.connector("mine", "test")
    assert caught.value.where == str(file)
    assert "sqlite" in plugins.connectors()
    file.write_text(CONNECTOR.format("mine"))
    assert plugins.connector("mine", "test").__name__ == "Mine"


def test_an_extension_may_ask_for_an_extra(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from ropewalk.errors import MissingExtraError\nraise MissingExtraError('needs more', extra='mongo')\n")
    with pytest.raises(MissingExtraError, match="needs more") as caught:
        Plugins.of([tmp_path]).connector("mine", "test")
    assert caught.value.mend == "pip install 'ropewalk[mongo]'"


def test_unknown_schemes_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="no connector reads 'gopher'") as caught:
        Plugins.of().connector("gopher", "source a")
    assert "sqlite" in caught.value.mend
    with pytest.raises(PluginError, match="no such extension folder"):
        Plugins.of([tmp_path / "none"])


def test_packs_and_policies_of_all_folders(tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "own.yaml").touch()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "own.yaml").touch()
    plugins = Plugins.of([tmp_path], [tmp_path])
    assert plugins.packs()[-1] == tmp_path / "packs" / "own.yaml"
    assert {"amazon-dpp", "own"} <= plugins.policies().keys()
    assert plugins.controls()


def test_plugins_travel_to_a_worker_that_loads_for_itself() -> None:
    plugins = Plugins.of([HERE / "extensions" / "scanners"])
    assert pickle.loads(pickle.dumps(plugins)) == plugins
    code = "import pickle, sys; p = pickle.loads(bytes.fromhex(sys.argv[1])); print(p.connector('folder', 'x').__name__)"
    done = subprocess.run([sys.executable, "-c", code, pickle.dumps(plugins).hex()], capture_output=True, text=True, cwd="/", check=True)
    assert done.stdout.strip() == "FolderConnector"


def test_an_installed_package_brings_a_connector(tmp_path: Path) -> None:
    (tmp_path / "their_package.py").write_text(CONNECTOR.format("theirs"))
    told = tmp_path / "their_package-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[ropewalk.connectors]\ntheirs = their_package:Mine\n")
    code = "import sys; sys.path.insert(0, sys.argv[1]); from ropewalk.plugins import Plugins; print(Plugins.of().connector('theirs', 'x').__name__)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "Mine", done.stderr
