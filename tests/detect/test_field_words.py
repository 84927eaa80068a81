"""Field names as other systems, other languages and hurried people write them, and cells as exports leave them."""

from __future__ import annotations

import pytest
from verdicts import judge, one, sample

from ropewalk.model import Category, Strength

DAYS = ["1984-05-17", "1979-01-30", "2001-12-02"]


@pytest.mark.parametrize(
    ("name", "values", "category", "strength"),
    [
        ("dt_nasc", DAYS, Category.DOB, Strength.DIRECT),
        ("fec_nac", DAYS, Category.DOB, Strength.DIRECT),
        ("geb_dat", DAYS, Category.DOB, Strength.DIRECT),
        ("data_ur", DAYS, Category.DOB, Strength.DIRECT),
        ("cp_liv", ["93400", "29280"], Category.POSTAL_CODE, Strength.DIRECT),
        ("posta_kodu", ["34710", "35220"], Category.POSTAL_CODE, Strength.DIRECT),
        ("zip", ["'02139", "'07055"], Category.POSTAL_CODE, Strength.DIRECT),
        ("zip", ['="02139"', '="07055"'], Category.POSTAL_CODE, Strength.DIRECT),
        ("fax_no", [], Category.PHONE, Strength.DIRECT),
        ("phone_night", [], Category.PHONE, Strength.DIRECT),
        ("telefono_entrega", [], Category.PHONE, Strength.DIRECT),
        ("addr_ln1", ["3316 Superior Ave", "811 Montana Ave"], Category.ADDRESS, Strength.DIRECT),
        ("straatnaam", ["Prinsengracht", "Stationsweg"], Category.ADDRESS, Strength.DIRECT),
        ("gift_msg_line1", ["Happy birthday"], Category.GIFT_MESSAGE, Strength.DIRECT),
        ("ギフトメッセージ", ["いつもありがとう"], Category.GIFT_MESSAGE, Strength.DIRECT),
        ("klantnaam", ["Femke Bakker", "Ruben Vink"], Category.NAME, Strength.DIRECT),
        ("Patient.name.family", ["Delacroix", "Mertens"], Category.NAME, Strength.DIRECT),
        ("customer_name", ["Anupama Deshpande", "Ann Miller", "Lakshmi Stores"], Category.NAME, Strength.DIRECT),
        ("driver_licence_no", ["B072RRE2I55"], Category.GOV_ID, Strength.DIRECT),
        ("UStID", ["DE136695976"], Category.GOV_ID, Strength.DIRECT),
        ("user", ["nadine45", "m.yoder", "root"], Category.USERNAME, Strength.DIRECT),
        ("ERNAM", ["MUELLERT"], Category.USERNAME, Strength.DIRECT),
        ("KUNNR", ["0000104711"], Category.PERSON_ID, Strength.WEAK),
        ("miejscowosc", ["Sopot"], Category.ADDRESS, Strength.WEAK),
        ("exp_month", ["9", "11"], Category.PAYMENT, Strength.WEAK),
        ("exp_dt", ["03/27", "11/25"], Category.PAYMENT, Strength.WEAK),
        ("notes", ["please ring the bell twice", "left a voicemail"], Category.FREE_TEXT, Strength.WEAK),
    ],
)
def test_personal_in_other_words(name: str, values: list[str], category: Category, strength: Strength) -> None:
    finding = one(name, values)
    assert (finding.category, finding.strength) == (category, strength), finding.explanation


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ADRNR", ["0000023117", "0000023118", "0000023122"]),
        ("c1", ["0080012345", "0080012346", "0080012349"]),
        ("c1", ["#1042", "#1043", "#1051"]),
        ("c1", ["A-10021", "A-10022", "A-10028"]),
        ("c1", ["Amber", "Ruby", "Jade", "Hazel", "Violet", "Ivory"]),
        ("make", ["Mercedes", "Ford", "Lincoln"]),
        ("storm_name", ["Isha", "Jocelyn", "Henk"]),
        ("license-plate-number", ["LPNRR12345678", "LPNRR12345679"]),
        ("q1_2024_revenue", ["120000", "130000"]),
    ],
)
def test_not_personal_in_other_words(name: str, values: list[str]) -> None:
    finding = one(name, values)
    assert finding.category is None, finding.explanation


def test_customers_who_are_all_companies_are_no_people() -> None:
    assert one("customer_name", ["Acme Trading Ltd", "Weber GmbH", "Baker Industries Inc", "Lakshmi Stores"]).category is None


@pytest.mark.parametrize(
    "values",
    [
        ["44051401359", "02070803628", "85030812346"],
        ["131052-308T"],
        ["756.9217.0769.85"],
        ["CHE-107.787.577"],
        ["85.07.30-033.28"],
        ["11010519491231002X"],
        ["770305-02-1234"],
    ],
)
def test_check_digits_tell_identity_numbers_without_a_name(values: list[str]) -> None:
    finding = one("c1", values)
    assert finding.category is Category.GOV_ID, finding.explanation
    assert "the check digits hold" in finding.explanation


def test_a_numbered_question_with_words_is_answered_by_people() -> None:
    why, score = judge(
        sample("Q2_why_this_score", ["Quick delivery", "Waited three weeks", "ok I guess"]), sample("Q1", ["9", "2", "7"]), dataset="nps_2024"
    )
    assert why.category is Category.SURVEY_RESPONSE
    assert score.category is None


def test_names_in_a_language_nobody_knows_speak_for_nothing_and_against_nothing() -> None:
    streets = ["12 Example Street", "7 Harbour Road", "44 Oak Lane", "9 Elm Ave"]
    street, code = judge(sample("qwyvetol", streets), sample("zkrt", ["98101", "10019", "60611", "30301"]))
    assert (street.category, code.category) == (Category.ADDRESS, Category.POSTAL_CODE)
    assert one("incident_id", ["K1A 0B1"]).category is None


def test_a_bare_account_number_beside_a_bank_is_payment() -> None:
    number, bank = judge(sample("Account Number", ["1234567", "00123456"]), sample("Bank Name", ["RBC", "Lloyds"]))
    assert (number.category, number.strength) == (Category.PAYMENT, Strength.DIRECT)
    assert one("Account Number", ["1234567", "00123456"]).category is None
    assert bank.strength is Strength.WEAK


def test_a_bare_name_beside_given_names_is_the_family_name() -> None:
    given, family = judge(sample("vorname", ["Anna", "Jens"]), sample("name", ["Ciobanu", "Lăcătuș"]))
    assert (given.category, family.category) == (Category.NAME, Category.NAME)
    assert one("name", ["Ciobanu", "Lăcătuș"]).category is None
