"""Selling Partner API lineage: one field in its many spellings."""

from __future__ import annotations

import pytest
from verdicts import one

from ropewalk.model import Category


@pytest.mark.parametrize(
    "path",
    [
        ("details", "ShippingAddress", "PostalCode"),
        ("shippingAddress.postalCode",),
        ("shipping_address_postal_code",),
        ("shipping_address__postal_code",),
        ("SHIPPING-ADDRESS-POSTAL-CODE",),
        ("raw_order_ShippingAddressPostalCode",),
        ("lieferadresse_plz",),
        ("orders", "[]", "ShippingAddress", "PostalCode"),
    ],
)
def test_one_field_in_many_spellings(path: tuple[str, ...]) -> None:
    finding = one(path, ["98101", "10019"])
    assert finding.category is Category.POSTAL_CODE
    assert "Orders v0" in finding.lineage
    assert "ShippingAddress.PostalCode" in finding.lineage
    assert "shipping" in finding.lineage
    assert "lineage" in finding.evidence


@pytest.mark.parametrize(
    ("name", "category", "operation"),
    [
        ("buyer_info__buyer_email", Category.EMAIL, "Orders v0"),
        ("gift-message-text", Category.GIFT_MESSAGE, "Orders v0"),
        ("ship-postal-code", Category.POSTAL_CODE, "order reports"),
        ("ship-address-2", Category.ADDRESS, "order reports"),
        ("bill-address-1", Category.ADDRESS, "order reports"),
        ("buyer-phone-number", Category.PHONE, "order reports"),
        ("destinationAddress.addressLine1", Category.ADDRESS, "Fulfillment Outbound"),
        ("destination_postal_code", Category.POSTAL_CODE, "ORDER_CHANGE"),
        ("ship_to_party_name", Category.NAME, "Vendor Direct Fulfillment"),
        ("shippingaddressextendedfieldsstreetname", Category.ADDRESS, "Orders v0"),
        ("stg_amzn_buyer_info_purchase_order_number", Category.PURCHASES, "Orders v0"),
        ("BuyerInfo.BuyerTaxInfo.CompanyLegalName", Category.NAME, "Orders v0"),
        ("regulated_information_fields_field_value", Category.FREE_TEXT, "Orders v0"),
        ("signedforby", Category.NAME, "Fulfillment Outbound"),
        ("customerOrderNumber", Category.PURCHASES, "Vendor Direct Fulfillment"),
        ("Customer Bill To Gstid", Category.GOV_ID, "tax reports"),
        ("ARRIVAL_POST_CODE", Category.POSTAL_CODE, "tax reports"),
        ("bill-name", Category.NAME, "order reports"),
        ("printableDocumentsUrl", Category.FREE_TEXT, "EasyShip"),
        ("serviceLocation.address.postalCode", Category.POSTAL_CODE, "Services"),
        ("contactDetails.primary.phone", Category.PHONE, "Sellers"),
    ],
)
def test_operations(name: str, category: Category, operation: str) -> None:
    finding = one(name)
    assert finding.category is category
    assert finding.lineage.startswith(operation)


@pytest.mark.parametrize("name", ["postal_code", "city", "product_name", "warehouse_id"])
def test_one_common_word_is_no_lineage(name: str) -> None:
    assert one(name, ["98101"]).lineage == ""
