"""How people and systems write names, days and numbers: tickets, titles, relatives, counterparties, days of logs; and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdicts import judge, one, sample

from ropewalk.detect import gazetteer, validators
from ropewalk.model import Category, Strength

NAMES = ["Anna Weber", "Maria Gomez", "John Baker", "Susan Clark", "Peter Schmidt", "Laura Rossi", "Paul Martin", "Emma Wilson"]


@pytest.mark.parametrize(
    ("cell", "bare"),
    [
        ("BAKER/JOHN MR", "BAKER, JOHN MR"),
        ("Anna Weber (anna7)", "Anna Weber"),
        ("S/o Peter Schmidt", "Peter Schmidt"),
        ("Mr & Mrs K. Baker", "Mrs K. Baker"),
        ("Anna Weber", "Anna Weber"),
        ("a/b/c", "a/b/c"),
        ("(unknown)", ""),
    ],
)
def test_names_without_what_is_written_around_them(cell: str, bare: str) -> None:
    assert gazetteer.bare(cell) == bare


@pytest.mark.parametrize("cell", ["Dhr. J.W. Xyzzymans", "Mw. Qwertzova", "MISS G XYZZYBERG", "Smt. Xyzzymati Devi"])
def test_a_title_makes_an_unknown_name_one(cell: str) -> None:
    assert gazetteer.person(cell) >= 0.9


@pytest.mark.parametrize("cell", ["TCP/IP", "Men/Women", "and/or", "MS Access 97", "Sr 500", "Mr 12", "Red/Blue"])
def test_what_only_has_a_stroke_or_a_title_is_no_name(cell: str) -> None:
    assert gazetteer.person(cell) < 0.5


@given(st.text(max_size=60))
def test_any_text_may_be_asked_whether_it_is_a_person(cell: str) -> None:
    assert 0.0 <= gazetteer.person(cell) <= 1.0
    assert len(gazetteer.bare(cell)) <= len(cell) + 1


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("04MAR81", "1981-03-04"), ("28/Sep/2023:14:26:53 +0000", "2023-09-28"), ("07102003", "2003-10-07"), ("03151987", "1987-03-15"),
        ("20031007", "2003-10-07"), ("2 May 1999", "1999-05-02"), ("19SEP15", "2015-09-19"),
    ],
)  # fmt: skip
def test_days_in_the_notations_of_tickets_logs_and_ledgers(cell: str, day: str) -> None:
    assert str(validators.date_of(cell)) == day


@pytest.mark.parametrize("cell", ["04MAX81", "99999999", "31122", "12/34", "MAR 04 ship"])
def test_what_is_no_day(cell: str) -> None:
    assert validators.date_of(cell) is None


def test_a_birthday_needs_no_year_where_the_name_says_one() -> None:
    days = ["01/21", "02/08", "05/21", "--11-24", "12/31"]
    assert one("birthday", days).category is Category.DOB
    assert one("c1", days).category is None
    assert one("score", ["13/45", "20/80"]).category is None


@pytest.mark.parametrize("name", ["opened_on", "hired_at", "bookings_from"])
def test_days_long_ago_under_a_name_that_says_something_else_are_no_birth_dates(name: str) -> None:
    days = ["1978-09-01", "1989-06-05", "1995-04-17", "2004-01-12", "2015-03-23", "2020-09-28", "1999-02-03"]
    assert one("c1", days).category is Category.DOB
    assert one(name, days).category is None


def test_times_of_an_access_log_are_no_telephones() -> None:
    times = [f"{d:02d}/Sep/2023:14:{d + 10}:53 +0000" for d in range(1, 25)]
    assert one("time_local", times).category is None
    assert one("c1", times).category is None


def test_a_contact_with_its_telephone_in_one_cell_is_one() -> None:
    cells = ["Anna (wife) 07700 900113", "Mum: 028 9018 0112", "John Baker, 07700 900156", "Paul Martin 07700900178"]
    assert one("emergency_contact", cells).category is Category.PHONE


def test_numbers_that_are_surely_something_else_are_no_telephones_in_a_text() -> None:
    finding = one("notes", [f"Her social is 078-05-11{i:02d}, please check that again today." for i in range(20, 32)])
    assert finding.category is Category.GOV_ID
    assert all(category is not Category.PHONE for _, category, _ in finding.also)


def test_words_that_come_again_in_mail_addresses_are_names_known_or_not() -> None:
    names = ["Zyxwana", "Qorblin", "Vexhurst", "Trundlow", "Plimsauer", "Grobbeldink"]
    mails = [f"{n.lower()}{i}@shop.example" for i, n in enumerate(names)]
    beside, _ = judge(sample("c1", names), sample("c2", mails))
    assert beside.category is Category.NAME
    assert "come again in the dataset's e-mail addresses" in beside.explanation
    assert one("c1", names).category is None
    logins, _ = judge(sample("c1", [n.lower() for n in names]), sample("c2", mails))
    assert logins.category is not Category.NAME
    product, _ = judge(sample("product", names), sample("c2", mails))
    assert product.category is None


def test_among_counterparties_some_are_people() -> None:
    mixed = [*NAMES, "Beispiel GmbH", "Sample Trading Ltd", "Muster Systems Inc"]
    assert one("payee", mixed).category is Category.NAME
    assert one("payee", [*NAMES[:1], *(f"{w} Trading Ltd" for w in "Alpha Beta Gamma Delta Zeta Eta Theta".split())]).category is None


def test_names_in_a_script_of_which_there_is_no_list() -> None:
    assert one("nachname", ["Сейткали", "Ковальчук", "Абдуллаева", "Чижикова"]).category is Category.NAME


@pytest.mark.parametrize(
    ("name", "values", "category"),
    [
        ("form_of_payment", ["CCVI411111XXXXXX1111/0926", "CCMC555555XXXXXX4444/1125", "CASH"], Category.PAYMENT),
        ("c1", ["GA1.2.177194514.1695908017", "GA1.2.580050147.1710808850", "GA1.2.995317061.1706553643"], Category.COOKIE),
        ("c1", ["20-11-45 73829104", "40-22-09 11203388", "60-83-71 00912837", "09-01-28 55120933"], Category.PAYMENT),
        ("upi_id", ["ann44@okexample", "ben@examplebank"], Category.PAYMENT),
        ("Kund", NAMES, Category.NAME),
        ("CPHON1", ["6165550144", "9855550171", "3135550109", "5595550163"], Category.PHONE),
        ("CFAX", ["6165550144", "9855550171"], Category.PHONE),
        ("addr_l2", ["Apt 4B", "c/o Berg", "2. OG links"], Category.ADDRESS),
        ("Achternaam verzending", ["Op de Beeck", "ter Braak", "Vandenbussche", "Pinas"], Category.NAME),
    ],
)
def test_kinds_that_were_missed(name: str, values: list[str], category: Category) -> None:
    finding = one(name, values)
    assert (finding.category, finding.strength) == (category, Strength.DIRECT), finding.explanation


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("impressions", ["66362", "12683", "76341", "74888", "26713", "31814"]),
        ("bag_tags", ["0125448812", "0331144812", "0441144813", "0551144814"]),
        ("customer", ["Acme Ltd", "Beta GmbH", "Gamma Inc"]),
        ("properties.creator", ["cairo 1.16.0 (https://cairographics.org)", "Writer/7.3 (LibreOffice)"]),
        ("iphone", ["12", "13 mini", "14 Pro"]),
        ("gzip", ["1", "9", "6"]),
        ("engagement_ms", ["39670", "13135", "24544", "68226", "81615"]),
        ("cap", ["26", "19", "11", "25"]),
        ("version_affected", ["9.8.0.108", "13.14.4.109", "11.7.2.77", "15.18.4.174"]),
        ("ProductNDC", ["42161-4898", "23802-2119", "42070-8847", "62571-4034"]),
        ("reference", ["EREF370821818", "EREF895770364", "EREF120450118"]),
        ("product_handle", ["salt-pig", "linen-tea-towel", "marcel-chef-knife", "the-agatha-apron"]),
        ("Animal's Name", ["Luna", "Bella", "Max", "Ruth", "Charlie"]),
        ("veh1", ["03 HONDA ACCORD", "10 TOYOTA PRIUS", "10 FORD FUSION", "04 CHEV SILVERADO"]),
        ("en", ["Email address", "you@example.com", "First name", "Hello, {{name}}!", "Save", "Cancel"]),
    ],
)
def test_kinds_that_were_false_alarms(name: str, values: list[str]) -> None:
    finding = one(name, values)
    assert finding.category is None or finding.strength is Strength.WEAK, finding.explanation


def test_numbers_as_long_as_telephones_under_a_name_that_suggests_them() -> None:
    assert one("mobile", [str(4_670_000_000 + i * 7_919) for i in range(40)], kind="bigint").category is Category.PHONE
    assert one("mobile", ["0", "1"], kind="bigint").category is None


def test_zeros_and_test_rows_say_nothing() -> None:
    few = one("c1", ["ann@example.com", "0000000000", "TEST", "00/00/00", "ben@example.com"])
    assert (few.category, few.sampled) == (Category.EMAIL, 2)
