"""Every recogniser's examples are its tests; broken packs say file, line and mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from ropewalk import plugins
from ropewalk.detect.fieldnames import NameReader
from ropewalk.detect.packs import Negative, Packs, Recogniser
from ropewalk.detect.profile import Profiler
from ropewalk.errors import ConfigError
from ropewalk.model import Category, FieldRef, Sample

PACKS = Packs.read(plugins.Plugins.of().packs())
READER = NameReader(PACKS)
PROFILER = Profiler(PACKS)


def sample(values: list[str]) -> Sample:
    return Sample(FieldRef("s", "t", ("c1",)), dict.fromkeys(values, 1), len(values))


@pytest.mark.parametrize("recogniser", PACKS.recognisers, ids=lambda r: r.id)
def test_recogniser_knows_its_examples(recogniser: Recogniser) -> None:
    examples = recogniser.examples
    assert examples.names or examples.values, "a recogniser has examples"
    for name in examples.names:
        assert READER.says(READER.read((name,))).get(recogniser.id) in {"sure", "likely", "hint"}, name
    for name in examples.not_names:
        assert READER.says(READER.read((name,))).get(recogniser.id) not in {"sure", "likely"}, name
    for value in examples.values:
        share = PROFILER.measure(sample([value])).matches.get(recogniser.id)
        assert share is not None, value
        assert share.cells == 1, value
    for value in examples.not_values:
        share = PROFILER.measure(sample([value])).matches.get(recogniser.id)
        assert share is None or share.cells == 0, value


@pytest.mark.parametrize("negative", PACKS.negatives, ids=lambda n: n.id)
def test_negative_knows_its_examples(negative: Negative) -> None:
    for name in negative.examples.names:
        assert negative.id in READER.denies(READER.read((name,))), name
    for name in negative.examples.not_names:
        assert negative.id not in READER.denies(READER.read((name,))), name
    for value in negative.examples.values:
        assert negative.id in PROFILER.measure(sample([value])).negatives, value
    for value in negative.examples.not_values:
        assert negative.id not in PROFILER.measure(sample([value])).negatives, value


def test_the_whole_policy_is_covered() -> None:
    covered = {r.category for r in PACKS.recognisers}
    assert covered == set(Category)


def test_a_later_pack_replaces_a_recogniser(tmp_path: Path) -> None:
    pack = tmp_path / "own.yaml"
    pack.write_text(
        "pack: own\ntitle: own\nrecognisers:\n  - id: email\n    entity: OWN\n    category: email\n    reference: own\n    examples: {values: []}\n",
        encoding="utf-8",
    )
    packs = Packs.read([*plugins.Plugins.of().packs(), pack])
    assert next(r for r in packs.recognisers if r.id == "email").entity == "OWN"
    assert packs.digest != PACKS.digest


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("pack: x\ntitle: x\nrecognisers:\n  - id: a\n    entity: A\n    category: nonsense\n    reference: abc\n    examples: {}\n", 6, "category"),
        (
            "pack: x\ntitle: x\nrecognisers:\n  - {id: a, entity: A, category: name, reference: abc, examples: {}, value: {patterns: ['(']}}\n",
            4,
            "expression",
        ),
        ("pack: x\ntitle: x\nnegatives:\n  - {id: a, words: abc, reference: abc, validator: nope, examples: {}}\n", 4, "validator"),
        ("pack: x\ntitle: x\nextra: 1\n", 3, "extra"),
    ],
)
def test_errors_name_file_line_and_mend(tmp_path: Path, text: str, line: int, words: str) -> None:
    pack = tmp_path / "own.yaml"
    pack.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Packs.read([pack])
    assert caught.value.where == f"{pack}:{line}"
    assert words in caught.value.what
    assert caught.value.mend


def test_an_id_may_not_stand_twice(tmp_path: Path) -> None:
    one = "  - {id: a, entity: A, category: name, reference: abc, examples: {}}\n"
    pack = tmp_path / "own.yaml"
    pack.write_text("pack: x\ntitle: x\nrecognisers:\n" + one + one, encoding="utf-8")
    with pytest.raises(ConfigError, match="twice"):
        Packs.read([pack])


def test_an_unknown_set_is_named(tmp_path: Path) -> None:
    pack = tmp_path / "own.yaml"
    pack.write_text(
        "pack: x\ntitle: x\nrecognisers:\n  - {id: a, entity: A, category: name, reference: abc, names: {sure: ['{nobody} name']}, examples: {}}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="nobody"):
        Packs.read([pack])
