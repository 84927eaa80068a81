"""Text: names and places by agreement, addresses as one thing, labelled values, log lines by their format."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.detect.assembler import addresses
from ropewalk.detect.labelled import cards, phones, users
from ropewalk.detect.names import Names
from ropewalk.detect.rampart import FOLDER, PINNED, Rampart
from ropewalk.detect.text import TextReader
from ropewalk.errors import PluginError


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader(Names())


def seen(reader: TextReader, text: str) -> set[tuple[str, str]]:
    (hits,) = reader.read([text])
    return {(h.entity, text[h.start : h.end]) for h in hits}


def test_prose(reader: TextReader) -> None:
    text = "Please send it to Margaret Thornbury, 12 Harbour Lane, Plymouth PL1 2AB. Her mail is margaret@example.com, mobile: 07700 900 123."
    found = seen(reader, text)
    assert ("PERSON", "Margaret Thornbury") in found
    assert ("EMAIL_ADDRESS", "margaret@example.com") in found
    assert ("PHONE_NUMBER", "07700 900 123") in found
    places = [value for entity, value in found if entity == "LOCATION"]
    assert any("12 Harbour Lane" in p for p in places)
    assert any("Plymouth" in p for p in places)


@pytest.mark.parametrize(
    "line",
    [
        "Dec 10 06:55:46 gate sshd[24200]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.7",
        "Dec 10 06:55:48 gate sshd[24200]: Failed password for invalid user webadm from 198.51.100.7 port 38926 ssh2",
        "Dec 10 06:55:48 gate: Connection closed by 198.51.100.7 [preauth]",
    ],
)
def test_the_words_of_daemons_are_no_names(reader: TextReader, line: str) -> None:
    found = seen(reader, line)
    assert ("IP_ADDRESS", "198.51.100.7") in found
    assert {entity for entity, _ in found} <= {"IP_ADDRESS", "USERNAME"}
    assert ("webadm" in line) == (("USERNAME", "webadm") in found)


def test_an_access_line_gives_address_and_agent_only(reader: TextReader) -> None:
    agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0 Safari/537.36"
    line = f'203.0.113.9 - - [17/May/2026:10:05:03 +0000] "GET /presentations/logstash-paris/ HTTP/1.1" 200 7697 "-" "{agent}"'
    assert seen(reader, line) == {("IP_ADDRESS", "203.0.113.9"), ("USER_AGENT", agent)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            '198.51.100.7 - maria [03/Jan/2026:08:11:05 +0000] "PUT /a HTTP/1.1" 204 - "-" "okhttp/4.12.0"',
            {("IP_ADDRESS", "198.51.100.7"), ("USERNAME", "maria"), ("USER_AGENT", "okhttp/4.12.0")},
        ),
        (
            'level=info ts=2026-01-03T08:11:03Z msg="login ok" user=svc-backup remote=203.0.113.77 took=12ms',
            {("USERNAME", "svc-backup"), ("IP_ADDRESS", "203.0.113.77")},
        ),
        (
            "Jan  5 03:12:44 fw1 kernel: IN=eth0 MAC=00:1b:44:11:3a:b7:00:08 SRC=203.0.113.200 LEN=60",
            {("MAC_ADDRESS", "00:1b:44:11:3a:b7"), ("IP_ADDRESS", "203.0.113.200")},
        ),
        (
            "CRON[9911]: pam_unix(cron:session): session opened for user backup(uid=34) by (uid=0)",
            {("USERNAME", "backup")},
        ),
        ("I0517 10:05:12.118233    1 controller.go:211] Reconciling Deployment default/checkout generation=17", set()),
        (
            "2026-01-03 08:11:02.118 WARN [checkout-7] com.acme.LabelService - label refused for Hannah Brightwell, reason=postcode",
            {("PERSON", "Hannah Brightwell")},
        ),
    ],
)
def test_lines_of_logs_by_their_format(reader: TextReader, line: str, expected: set[tuple[str, str]]) -> None:
    assert seen(reader, line) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The part number is 212-555-0134-B.",
        "Order ref 02-2234-99817 is open.",
        "Timestamps run from 1715938503 to 1715941119.",
        "Amount 12.500044 on 05.06.2026",
        "It took [12345.678901] seconds.",
        "E0103 08:11:09.100000 12 reflector.go:138",
    ],
)
def test_numbers_that_are_valid_somewhere_and_no_telephones(reader: TextReader, text: str) -> None:
    assert not [h for h in seen(reader, text) if h[0] == "PHONE_NUMBER"]


def test_a_number_behind_a_word_for_telephone_stays_one(reader: TextReader) -> None:
    for text in ("Order 77, my phone is 212-555-0134.", "Reach me at 020 7946 0958 about the order", "Reference 12: call 212-555-0134-Office"):
        assert [h for h in seen(reader, text) if h[0] == "PHONE_NUMBER"], text


@pytest.mark.parametrize("text", ["Counts were 1203, 4410, 9981 and 12044 in the four quarters.", "Version 10.0.19045.4291 fixes build 22631."])
def test_bare_numbers_in_sentences_are_no_places(reader: TextReader, text: str) -> None:
    assert not [h for h in seen(reader, text) if h[0] == "LOCATION"]


def test_a_postal_code_stays_a_place(reader: TextReader) -> None:
    assert ("LOCATION", "35350") in seen(reader, "my zip code is 35350")


def test_firms_and_peoples_are_no_names(reader: TextReader) -> None:
    text = "Our supplier Martin Motors Ltd sells to American, Dutch and Polish shops."
    assert not [h for h in seen(reader, text) if h[0] in {"PERSON", "LOCATION"}]


def test_hits_never_overlap_and_lie_in_the_text(reader: TextReader) -> None:
    texts = ["Ann Lee Ann Lee, 5 High Street, 5 High Street London London", "", " ", "a" * 3000, "Ann " * 400]
    for text, hits in zip(texts, reader.read(texts), strict=True):
        assert all(0 <= h.start < h.end <= len(text) for h in hits)
        assert all(a.end <= b.start for a, b in itertools.pairwise(hits))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Ship to 4410 Orchard Hill Rd Apt. 12\nRivertown, OH 44107 please", "4410 Orchard Hill Rd Apt. 12\nRivertown, OH 44107"),
        ("ich wohne in der Lindenallee 14, 10115 Berlin", "Lindenallee 14, 10115 Berlin"),
        ("Unit 4410 Box 12\nAPO AE 09012", "Unit 4410 Box 12\nAPO AE 09012"),
    ],
)
def test_an_address_is_assembled_from_its_parts(text: str, whole: str) -> None:
    assert whole in [text[a:b] for a, b, kinds in addresses(text) if kinds >= 3]


def test_numbers_alone_are_no_address() -> None:
    assert not [a for a in addresses("Order 12345 has 3 items and 14 boxes since 2019.") if a[2] >= 3]


def test_labelled_values() -> None:
    assert [h.entity for h in phones("Desk: 432 03 163, (602) 555-0171 fax")] == ["PHONE_NUMBER", "PHONE_NUMBER"]
    assert not phones("order 432 03 163 has left")
    assert cards("my card number 4111 1111 1111 1111 is lost")
    assert not cards("tracking 4111 1111 1111 1112")
    text = "session opened for user deploy by (uid=0)"
    assert [text[h.start : h.end] for h in users(text)] == ["deploy"]


def test_a_changed_model_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    for name in PINNED:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setattr("ropewalk.detect.rampart.FOLDER", tmp_path)
    with pytest.raises(PluginError, match="missing or changed"):
        Rampart()


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=120))
def test_the_model_reads_any_text(text: str) -> None:
    (hits,) = MODEL.tag([text])
    assert all(0 <= h.start < h.end <= len(text) for h in hits)


MODEL = Rampart()
