"""Field names in other languages, in other scripts and without their vowels: what they say, and what they do not."""

from __future__ import annotations

from collections import Counter

import pytest

from ropewalk.detect.fieldnames import NameReader
from ropewalk.detect.packs import Packs
from ropewalk.plugins import Plugins

PACKS = Packs.read(Plugins.of().packs())
READER = NameReader(PACKS)
PERSONAL = {
    "person_name": [
        "nom_jf", "pers_a_prevenir", "Mädchenname", "SACHB", "nombre_madre", "ape_pat", "nome_mae", "cognome_nubile", "naam_ouder1",
        "nazwisko_panienskie",
        "imie_matki", "zakonny_zastupce", "priezvisko", "anyja_neve", "persoana_de_contact", "efternamn", "köpare", "läkare", "vastaanottaja",
        "anne_kizlik_soyadi", "müşteri_adı", "Отчество", "Имя клиента", "Контактное лицо", "Прізвище", "По батькові", "Επώνυμο", "ΕΠΩΝΥΜΟ", "laqab",
        "اسم المستلم", "نام خانوادگی", "שם משפחה", "पिता का नाम", "পিতার নাম", "นามสกุล", "ho_ten_me", "người_nhận", "nama_ibu_kandung",
        "担当者", "注文者名", "宛名", "chumonsha", "收货人", "紧急联系人", "訂購人", "lianxiren", "받는사람", "주문자명",
        "LSTNAM", "CUSNAM", "GSTNM", "SHPNAM", "CONSGN", "Player (Last, First)",
    ],
    "street_address": [
        "ZUSATZ", "str_hausnr", "boite_postale", "adr_livr", "apartado_postal", "morada", "casella_postale", "bezorgadres", "skrytka_pocztowa",
        "trvale_bydliste", "utca_hazszam", "casuta_postala", "fakturaadress", "toimitusosoite", "teslimat_adresi", "unwan", "Вулиця",
        "ที่อยู่", "địa_chỉ",
        "배송지", "详细地址", "RMTAD2",
    ],
    "postal_code": ["ramz_baridi", "Почтовый индекс", "पिन कोड", "邮政编码", "kode_pos", "ZIPCDE"],
    "phone": ["tel_kom", "tel_port", "tel_casa", "tel_thuis", "nr_telefonu", "ev_telefonu",
        "Домашний телефон", "注文者電話番号", "연락처", "HMPHN", "EMGPHN"],
    "email": ["e_mailadres", "adr_mail", "Эл. почта", "البريد الإلكتروني", "電子郵件", "EMLADR"],
    "birth_date": ["f_nac", "d_nascita", "dogum_trh", "data_urodz", "datum_narodenia", "tarikh_milad", "ngày_sinh", "วันเกิด", "BRTHDT"],
    "national_id": [
        "nr_dowodu", "cislo_op", "fuehrerschein_nr", "no_permis", "carta_identita", "rijbewijsnr", "körkort", "ehliyet_no", "raqm_hawiya", "no_ktp",
        "תעודת זהות", "旅券番号", "身分證字號", "주민등록번호", "DRVR_LIC", "DLNO",
    ],
    "eu_vat": ["num_tva", "btw_nr", "dič", "adoazonosito_jel", "ИНН", "ma_so_thue"],
    "bank_account": ["num_compte", "nr_konta", "cislo_uctu", "tilinumero", "no_rekening", "شماره حساب", "BNKACT", "DDACCT"],
    "card_number": ["num_carta", "kaartnummer", "nr_karty", "kart_no", "卡号"],
    "gift_message": ["のしメッセージ", "texte_cadeau", "dedicatoria", "cadeautekst", "hediye_notu", "선물메시지"],
    "free_text": ["opmerkingen", "uwagi", "megjegyzes", "Примечание", "備考欄", "ghi_chu"],
}  # fmt: skip
IMPERSONAL = [
    "bestellnr", "menge", "erstellt_am", "eintrittsdatum", "qte", "prix_ht", "libelle_produit", "fecha_contratacion", "situacao", "ragione_sociale",
    "indiensttreding", "nr_zamowienia", "nazwa_produktu", "nazev_firmy", "mnozstvi", "cegnev", "datum_nastupu", "urun_adi", "siparis_no", "varenavn",
    "tuotteen_nimi", "Номер заказа", "Наименование", "Материал", "Название компании", "Όνομα Προϊόντος", "اسم المنتج", "שם החברה", "उत्पाद का नाम",
    "ชื่อสินค้า", "ten_san_pham", "nama_produk", "商品名", "店舗名", "产品名称", "회사명", "HIREDT", "TRMDT", "STATCD", "ITMDSC",
    "mst_id", "stk_qty", "mae", "grad_norm", "gate_no", "ad_id", "end_date", "cap_rate", "via_channel", "sort_order", "fixed_price", "arts_budget",
    "type_voie", "compte_rendu", "koper_prijs", "prix_fixe", "pk", "dir_path", "bp_systolic", "is_sim_locked",
]  # fmt: skip


@pytest.mark.parametrize(("recogniser", "name"), [(r, n) for r, names in PERSONAL.items() for n in names])
def test_a_name_in_other_words_says_what_it_holds(recogniser: str, name: str) -> None:
    assert READER.says(READER.read((name,))).get(recogniser) in {"sure", "likely"}, READER.read((name,))


@pytest.mark.parametrize("name", IMPERSONAL)
def test_an_impersonal_name_says_nothing_of_a_person(name: str) -> None:
    said = {r: level for r, level in READER.says(READER.read((name,))).items() if level != "never"}
    assert not said, READER.read((name,))


def test_a_word_stands_in_one_pack_once() -> None:
    words = Counter(
        line.split(": ")[0].strip()
        for path in Plugins.of().packs()
        if path.stem.startswith("dictionary")
        for line in path.read_text(encoding="utf-8").splitlines()[3:]
        if not line.lstrip().startswith("#")
    )
    assert [w for w, n in words.items() if n > 1] == []
