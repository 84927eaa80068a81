"""Tags in comments and among tags: what was there before comes back to the byte, whatever it was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.config import TagConfig
from ropewalk.reading.tables import origin_of
from ropewalk.tags.definitions import columns, commented
from ropewalk.tags.forms import InComment, InTags
from ropewalk.tags.nouns import Tag, TagError

TAG = Tag("amazon-sp-api", ("address", "email"), ("getOrders", "getOrder"))
TEXT = "[ropewalk origin=amazon-sp-api class=address,email op=getOrders,getOrder v=1]"
words = st.text(max_size=62)
tags = st.builds(Tag, words, st.lists(words, max_size=12).map(tuple), st.lists(words, max_size=5).map(tuple))


def test_a_tag_is_text_that_readers_of_origins_know() -> None:
    assert TAG.text == TEXT
    assert origin_of(TEXT) == "amazon-sp-api"
    assert InComment().put("of the buyer", TAG) == f"of the buyer {TEXT}"
    assert Tag().text == ""


@settings(deadline=None)
@given(st.none() | st.text() | st.just(f"copied {TEXT}").map(lambda t: t + " and edited"), tags, tags)
def test_a_comment_comes_back_to_the_byte(now: str | None, first: Tag, second: Tag) -> None:
    form = InComment()
    own = form.drop(now)
    once = form.put(own, first)
    assert form.drop(once) == own
    assert form.put(once, first) == once
    assert form.drop(form.put(once, second)) == own
    assert form.said(once) == first.text


@pytest.mark.parametrize(
    "now", [None, "", " ", "x", "x ", "origin=crm", "[ropewalk]", "ends in [brackets]", "[ropewalk class=email v=1", "a\nb 'c' \\"]
)
def test_comments_that_are_easily_spoiled(now: str | None) -> None:
    form = InComment()
    assert form.drop(form.put(now, TAG)) == now
    assert form.said(now) == ""


def test_what_was_written_after_the_tag_stays() -> None:
    assert InComment().drop(f"mine {TEXT}, seen by Bo") == "mine, seen by Bo"


def test_a_comment_too_long_is_refused_not_cut() -> None:
    with pytest.raises(TagError, match="takes 1024"):
        InComment(1024).put("x" * 1000, TAG)


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda k: k != "ropewalk"), st.text(max_size=8), max_size=5), tags)
def test_tags_of_others_come_back(now: dict[str, str], tag: Tag) -> None:
    form = InTags()
    once = form.put(now, tag)
    assert form.drop(once) == now
    assert form.put(once, tag) == once
    assert {k: v for k, v in once.items() if k in now} == now
    assert all(len(v) <= 256 for k, v in once.items() if k not in now)


def test_an_origin_of_others_is_kept_and_one_that_they_changed_later_too() -> None:
    form = InTags(10)
    assert form.put({"Origin": "crm"}, TAG) == {"Origin": "crm", "ropewalk": "class=address+email op=getOrders+getOrder v=1"}
    once = form.put({"team": "a"}, TAG)
    assert once["origin"] == "amazon-sp-api"
    assert form.said(once).startswith("[ropewalk origin=amazon-sp-api class=address,email")
    assert form.drop({**once, "origin": "erp"}) == {"team": "a", "origin": "erp"}
    with pytest.raises(TagError, match="11 tags"):
        form.put({f"k{i}": "" for i in range(9)}, TAG)


@pytest.mark.parametrize(
    ("definition", "tagged"),
    [
        ("int(11) NOT NULL AUTO_INCREMENT", "int(11) NOT NULL AUTO_INCREMENT COMMENT 'n'"),
        ("text DEFAULT 'COMMENT ''x' COMMENT 'it''s \\\\ (old'", "text DEFAULT 'COMMENT ''x' COMMENT 'n'"),
        ("longtext DEFAULT NULL CHECK (json_valid(`COMMENT`))", "longtext DEFAULT NULL COMMENT 'n' CHECK (json_valid(`COMMENT`))"),
        ("longtext COMMENT 'a' CHECK (`a` <> 'COMMENT')", "longtext COMMENT 'n' CHECK (`a` <> 'COMMENT')"),
        ("int GENERATED ALWAYS AS (concat('COMMENT ','b')) VIRTUAL", "int GENERATED ALWAYS AS (concat('COMMENT ','b')) VIRTUAL COMMENT 'n'"),
        ("int DEFAULT NULL COMMENT 'a' /*!80023 INVISIBLE */", "int DEFAULT NULL COMMENT 'n' /*!80023 INVISIBLE */"),
        ("enum('a','COMMENT ''q''') NOT NULL", "enum('a','COMMENT ''q''') NOT NULL COMMENT 'n'"),
    ],
)
def test_definitions_of_mysql(definition: str, tagged: str) -> None:
    assert commented(definition, "n") == tagged
    assert commented(tagged, "n") == tagged
    assert commented(commented(tagged, "n"), None) == commented(definition, None)
    create = f"CREATE TABLE `t` (\n  `a ``b, c` {definition},\n  `d` int,\n  PRIMARY KEY (`d`),\n  KEY `x` (`d`)\n) ENGINE=InnoDB"
    assert columns(create) == {"a `b, c": definition, "d": "int"}


def test_origins_are_stated_by_glob() -> None:
    config = TagConfig(origin={"shop.*": "amazon-sp-api", "*": "crm"})
    assert (config.origin_of("shop.orders"), config.origin_of("other")) == ("amazon-sp-api", "crm")
    assert (TagConfig(origin="x").origin_of("any"), TagConfig(origin={"a": "b"}).origin_of("c")) == ("x", "")
    with pytest.raises(ValueError, match="one word"):
        TagConfig(origin="two words")
