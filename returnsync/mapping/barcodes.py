"""Whether two barcodes are the same. Pure."""


def folded(barcode: str) -> str:
    """A barcode without leading zeros: the same text for all spellings of one barcode.

    An article's number has 12 digits as a UPC, 13 as an EAN and 14 on a case, filled up with zeros, and spreadsheets
    drop the zeros. A text that is not a number is no such barcode: there, every character counts.
    """
    bare = barcode.strip()
    if not (bare.isascii() and bare.isdigit()):
        return bare
    return bare.lstrip("0") or "0"
