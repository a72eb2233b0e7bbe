"""What ends the reading of a listing that a server makes endless or does not give as it was asked for."""

MOST_PAGES = 100_000
"""More than any list has: one that goes on after these has no end."""


class ListingError(ValueError):
    """The server did not do what was asked (filter, order or page), so nothing read this way can be trusted."""
