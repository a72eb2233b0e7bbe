"""When two barcodes are the same one. Pure."""


def folded(barcode: str) -> str:
    """A barcode without the zeros in front of it: the same text for all that are the same barcode.

    One article's number has 12 digits as a UPC, 13 as an EAN and 14 on a case, filled up with zeros, and a spreadsheet
    drops them all. What is no number is no such barcode: of that every sign counts.
    """
    bare = barcode.strip()
    if not (bare.isascii() and bare.isdigit()):
        return bare
    return bare.lstrip("0") or "0"
