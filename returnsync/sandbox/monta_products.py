"""Monta's products, one for each SKU that is ordered, and its channels: the shapes in which they may be answered.

Sections are those of docs/warehouses/monta.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from returnsync.sandbox import wire
from returnsync.sandbox.records import digits_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from returnsync.sandbox.wire import Answer, Record

Shape: TypeAlias = Literal["bare", "wrapped", "list", "array"]


def known_products(orders: Mapping[str, Sequence[Record]], barcodes: Mapping[str, Sequence[str]]) -> dict[str, Record]:
    """Give a product for each SKU on any order, and for each further SKU that has barcodes."""
    lines = (line for same_number in orders.values() for order in same_number for line in order["Lines"])
    descriptions = {line["Sku"]: line["Description"] for line in lines if line["Sku"]}
    return {sku: _product(sku, descriptions.get(sku, sku), barcodes.get(sku, ())) for sku in (*descriptions, *barcodes)}


def matching(known: Mapping[str, Record], barcode: str | None, sku: str | None) -> list[Record]:
    """Give the products with a barcode; if none is asked for, the product with a SKU."""
    if barcode:
        return [product for product in known.values() if barcode in product["Barcodes"]]
    return [product for name, product in known.items() if name == sku]


def in_shape(found: Sequence[Record], shape: Shape) -> object:
    """Write products in one of the shapes that the answer may have; no source says which is right (section 4)."""
    wrapped = [{"Product": product} for product in found]
    shapes = {"bare": found[0], "wrapped": wrapped[0], "list": {"Products": wrapped}, "array": found}
    return shapes[shape]


def origins(channels: Mapping[str, Sequence[str]], carriers: Mapping[str, str], name_field: str | None) -> list[Record]:
    """Give the shippers of each channel (section 4); its name is only in the field that a test sets."""
    return [
        {
            **({name_field: name} if name_field else {}),
            "ShipperOptions": [{"ShipperCode": code, "ShipperDescription": carriers.get(code, code)} for code in codes],
        }
        for name, codes in channels.items()
    ]


def no_product(asked: str) -> Answer:
    """Answer that no product was found, which has a form of its own (section 2)."""
    return wire.json_answer({"Message": f"Zero products found with {asked}"}, 404)


def _product(sku: str, description: str, more_barcodes: Sequence[str]) -> Record:
    sizes = {"WeightGrammes": 350, "LengthMm": 300, "WidthMm": 200, "HeightMm": 40}
    barcodes = ["87" + digits_of("barcode", sku)[1:12], *more_barcodes]
    known = {"Sku": sku, "Description": description, "Barcodes": barcodes}
    return {**known, **sizes, "ProductId": int(digits_of("product", sku)[:6])}
