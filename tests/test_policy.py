"""Policy packs: whole, sound, hashed, compared, overridden with a reason; their mistakes named by file and line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import ropewalk as rw
from ropewalk.config import Config
from ropewalk.errors import ConfigError
from ropewalk.plugins import Plugins
from ropewalk.policy import Pack, diff, lint, load_policy, read_pack

PLUGINS = Plugins.of()
CLAUSES = [*(f"1.{n}" for n in range(1, 9)), *(f"2.{n}" for n in range(1, 9)), "3"]
SMALL = """\
id: small
version: "1"
title: A small policy
clauses:
  - id: "7"
    title: Tidiness
    text: Things are put away where they belong.
    requirements:
      - id: 7.a
        text: Logs hold no personal data at all.
        control: no_pii_in_logs
        severity: high
        params: {days: 5}
        evidence: counts of each log
        mend: mask the field
"""


@pytest.fixture
def pack_of(tmp_path: Path) -> Callable[..., Pack]:
    def write(text: str = SMALL, name: str = "small.yaml") -> Pack:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return read_pack(file)

    return write


@pytest.fixture
def config_of(tmp_path: Path) -> Callable[..., Config]:
    def write(more: str = "") -> Config:
        file = tmp_path / "ropewalk.yaml"
        file.write_text(f"sources:\n  - {{name: s, uri: 'sqlite:///s.db', owner: me, purpose: test}}\n{more}", encoding="utf-8")
        return rw.load_config(file)

    return write


def test_every_clause_of_the_policy_is_there() -> None:
    pack = read_pack(PLUGINS.policies()["amazon-dpp"])
    assert list(pack.titles) == CLAUSES
    assert {r.clause for r in pack.requirements} == set(CLAUSES)
    assert all(r.mend and pack.evidence[r.id] for r in pack.requirements)


def test_packs_are_sound_and_no_control_is_dead() -> None:
    packs = [read_pack(p) for p in PLUGINS.policies().values()]
    assert lint(packs, PLUGINS.controls()) == []
    assert {r.control for r in packs[0].requirements} & {r.control for r in packs[1].requirements}


@pytest.mark.parametrize("control", PLUGINS.controls())
def test_every_control_has_its_page_and_its_file(control: str, root: Path) -> None:
    page = (root / "docs" / "controls" / f"{control}.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    assert f"`{control}`" in page
    assert (root / "expectations" / f"{control}.py").is_file()


def test_lint_names_what_is_unsound(pack_of: Callable[..., Pack]) -> None:
    broken = SMALL.replace("no_pii_in_logs", "nothing_like_it") + '  - {id: "8", title: Empty, text: Nothing is asked for here.}\n'
    assert lint([pack_of(broken)], ["attested"]) == [
        "small.yaml: clause 8 has no requirement",
        "small.yaml: requirement 7.a names the control nothing_like_it, which does not exist",
        "the control attested is used by no policy",
    ]


@pytest.mark.parametrize(
    ("was", "now", "told", "line"),
    [
        ("severity: high", "severity: huge", "severity", 12),
        ("id: 7.a", "id: 8.a", "must start with the id of its clause", 4),
        ("        mend: mask the field\n", "", "mend", 9),
        ("title: Tidiness", "titel: Tidiness", "did you mean title?", 6),
        ("version:", " version:", "not valid YAML", 2),
    ],
)
def test_mistakes_name_file_and_line(pack_of: Callable[..., Pack], was: str, now: str, told: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        pack_of(SMALL.replace(was, now))
    assert told in str(caught.value)
    assert caught.value.where.endswith(f"small.yaml:{line}")


def test_two_requirements_never_share_an_id(pack_of: Callable[..., Pack]) -> None:
    again = SMALL.split("    requirements:\n")[1]
    with pytest.raises(ConfigError, match=r"7\.a stands twice"):
        pack_of(SMALL + again)


def test_a_pack_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_pack("nowhere.yaml")


def test_hash_changes_with_any_word_and_not_with_a_comment(pack_of: Callable[..., Pack]) -> None:
    plain = pack_of().hash
    assert len(plain) == 64
    assert pack_of("# a comment\n" + SMALL).hash == plain
    assert pack_of(SMALL.replace("put away", "put back")).hash != plain
    assert pack_of(SMALL.replace("days: 5", "days: 6")).hash != plain


def test_lint_names_a_period_without_an_end(pack_of: Callable[..., Pack]) -> None:
    endless = pack_of(SMALL.replace("days: 5", "period_days: 0"))
    assert lint([endless], ["no_pii_in_logs"]) == ["small.yaml: period_days of requirement 7.a must be a number above 0, or nothing ever goes stale"]


def test_diff_tells_which_verdicts_go_stale(pack_of: Callable[..., Pack]) -> None:
    old = pack_of()
    new = pack_of(SMALL.replace("days: 5", "days: 3").replace("at all", "whatsoever").replace('version: "1"', 'version: "2"'), "new.yaml")
    assert [(c.requirement, c.what, c.before, c.stale) for c in diff(old, new)] == [
        ("7.a", "changed", "text: Logs hold no personal data at all.", False),
        ("7.a", "changed", "days: 5", True),
    ]
    other = pack_of(SMALL.replace("7.a", "7.b"), "other.yaml")
    assert [(c.requirement, c.what, c.stale) for c in diff(old, other)] == [("7.a", "removed", True), ("7.b", "added", False)]
    assert diff(old, old) == []


def test_overrides_change_limit_hash_and_say_why(config_of: Callable[..., Config]) -> None:
    plain = load_policy(config_of())
    pack = load_policy(config_of("overrides:\n  2.1.a: {days: 14, severity: high, reason: our contract asks for two weeks}\n"))
    need = next(r for r in pack.requirements if r.id == "2.1.a")
    assert (need.params["days"], need.severity) == (14, "high")
    assert pack.notes == {"2.1.a": "days 14 instead of 30, severity high instead of critical; reason: our contract asks for two weeks"}
    assert pack.hash != plain.hash


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("2.1.a: {days: 14}", "gives no reason"),
        ("2.1.a: {days: 14, reason: ' '}", "gives no reason"),
        ("9.9.z: {reason: because}", "no requirement '9.9.z'"),
        ("2.1.a: {weeks: 2, reason: because}", "no limit called 'weeks'"),
        ("2.1.a: {days: soon, reason: because}", "must be of the kind of 30"),
        ("2.1.a: {severity: mild, reason: because}", "no severity"),
        ("2.1.a: {days: -1, reason: because}", "cannot be -1"),
        ("2.1.a: {days: .inf, reason: because}", "cannot be inf"),
        ("2.1.a: {days: .nan, reason: because}", "cannot be nan"),
        ("1.2.d: {period_days: 0, reason: because}", "cannot be 0"),
        ("1.4.b: {pieces: mfa, reason: because}", "must be of the kind of ['mfa']"),
        ("1.5.a: {minimum: 1.3, reason: because}", "must be of the kind of '1.2'"),
    ],
)
def test_wrong_overrides(config_of: Callable[..., Config], override: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_policy(config_of(f"overrides:\n  {override}\n"))
    assert told in str(caught.value)
    assert caught.value.where.endswith("ropewalk.yaml:4")


def test_policy_by_name_by_path_and_unknown(config_of: Callable[..., Config], pack_of: Callable[..., Pack]) -> None:
    assert load_policy(config_of("policy: gdpr\n")).id == "gdpr"
    pack_of()
    assert load_policy(config_of("policy: small.yaml\n")).id == "small"
    with pytest.raises(ConfigError, match="amazon-dpp, gdpr"):
        load_policy(config_of("policy: none-such\n"))


def test_narrowing(pack_of: Callable[..., Pack]) -> None:
    pack = read_pack(PLUGINS.policies()["amazon-dpp"])
    assert {r.clause for r in pack.narrowed(["2.1", "2.4.a"])} == {"2.1", "2.4"}
    assert [r.id for r in pack.narrowed(["2.4.a"])] == ["2.4.a"]
    assert len(pack.narrowed(["1"])) > 20
    with pytest.raises(ConfigError, match=r"no clause '4\.2'"):
        pack.narrowed(["4.2"])


def test_the_page_on_packs_shows_what_works(root: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```(\w+)\n(.*?)```", (root / "docs" / "policy-packs.md").read_text(encoding="utf-8"), re.DOTALL)
    pack = next(text for kind, text in blocks if kind == "yaml" and "clauses:" in text)
    control = next(text for kind, text in blocks if kind == "python")
    (tmp_path / "backups_nearby.py").write_text(control, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(pack, encoding="utf-8")
    plugins = Plugins.of(expectations=[tmp_path])
    assert "backups_nearby" in plugins.controls()
    assert lint([read_pack(tmp_path / "mine.yaml"), *map(read_pack, PLUGINS.policies().values())], PLUGINS.controls()) == []
