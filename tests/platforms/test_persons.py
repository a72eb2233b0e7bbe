"""Which fields of a record are about a person, by their names."""

import pytest

from returnsync.platforms.persons import Kind, holds_person, is_of_nobody, kind_of, texts_of_persons

OF_PERSONS = (
    *("firstName", "first_name", "lastname", "LAST-NAME", "from_name", "customer_name", "companyName", "iban"),
    *("shopper_email", "emails", "orderEmail", "phoneNumbers", "customer", "consumer", "recipient", "billingContact"),
    *("shippingAddress", "shipping_address", "shippingaddress", "address1", "addressLine1", "from_city"),
    *("house_number", "houseNumberExt", "zip_code", "postal-code"),
    *("birthDate", "date_of_birth", "dob", "bic", "bankAccountNumber", "account_number", "accountholder", "initials"),
    *("account_holder_name", "taxIdNumber", "tax_id_number", "taxid", "orderCustomerName", "order_customer"),
    *("dateofbirth", "bankaccountnumber", "phoneId", "email_id", "remote_addr"),
    *("receiver", "client", "user", "clientName", "refund_address", "ibanNumber", "customer_phone"),
)
OF_NOBODY = (
    *("status", "name", "capacity", "createdAt", "purchaseOrderNumbers", "consumerId", "customer_id", "sku", "gtin"),
    *("customer_order_number", "countryCode", "tracking_number", "productCode", "shipping_method", "addressType"),
    *("orderNumber", "consumerPrice", "order_id", "return_id", "returnNumber", "line_id", "userId", "title"),
    *("quantity", "reason", "reason_code", "created_at", "carrier", "shipped_by", "label_status", "label_id"),
    *("order_type", "zone", "description", "shipment", "company_id", "trip", "pinned", "tracking_code"),
)


@pytest.mark.parametrize("name", OF_PERSONS)
def test_a_field_that_tells_of_a_person_is_known_by_its_name(name):
    assert kind_of(name) is Kind.PERSON


@pytest.mark.parametrize("name", OF_NOBODY)
def test_a_field_that_tells_of_a_thing_is_shown(name):
    assert kind_of(name) in (Kind.PLAIN, Kind.NUMBER)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, Kind.WRITTEN) for name in ("returnReasonComment", "shopper_message", "merchant_notes", "answers")),
        *((name, Kind.WRITTEN) for name in ("instructions", "deliveryInstructions")),
        *((name, Kind.SECRET) for name in ("portal_token", "accessToken", "X-Signature", "api_secret")),
        *(
            (name, Kind.SECRET)
            for name in ("apiKey", "api_key", "apikey", "access_code", "pin", "session", "sessionId")
        ),
        *((name, Kind.AT_WORK) for name in ("clientIp", "ip", "deviceId", "user_agent", "created_by", "author")),
        *((name, Kind.LABEL) for name in ("labelUrl", "pdf_url", "label", "documents", "order_label_url", "qr_code")),
        *((name, Kind.LABEL) for name in ("images", "photo", "picture_url", "upload", "attachments", "file", "zpl")),
    ],
)
def test_what_somebody_wrote_and_what_opens_something_is_known_too(name, kind):
    assert kind_of(name) is kind


def test_a_name_is_a_persons_by_what_is_beside_it():
    assert holds_person("name", {"name": "J. Jansen", "postal_code": "1234 AB"})
    assert not holds_person("name", {"name": "Shirt", "sku": "S"})


def test_inside_a_person_countries_and_orders_are_of_nobody_and_their_own_id_is_theirs():
    assert all(map(is_of_nobody, ("country", "country_code", "locale", "createdAt", "order_id", "orderNumber")))
    assert not any(map(is_of_nobody, ("id", "customerId", "name", "first_name", "line1", "company", "note", "state")))


def test_names_and_addresses_are_found_and_words_of_everybody_are_not():
    address = {"name": "J. Jansen", "line1": "Kade 7", "country_code": "NL", "tags": ["Big"], "gender": "unknown"}
    record = {"customer": {"id": 7, "address": address}, "items": [{"name": "Shirt", "note": "too small"}]}
    assert sorted(texts_of_persons(record)) == ["Big", "J. Jansen", "Kade 7"]
